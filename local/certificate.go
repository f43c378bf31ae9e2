package local

import (
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

// BusinessCertificate issues a business certificate (virksomhetssertifikat) to an
// organisation that Samarbeidsportalen knows, for a key, in force for a year. It
// returns the chain as the header x5c of a grant has it: in standard base64, leaf
// first. A client without registered keys can sign its grants with it.
func (p *Platform) BusinessCertificate(orgNumber string, key *rsa.PublicKey) ([]string, error) {
	organisations := p.registry.Organisations()
	at := slices.IndexFunc(organisations, func(o selfservice.Organisation) bool { return o.Number == orgNumber })
	if at < 0 {
		return nil, fmt.Errorf("issue business certificate: no organisation %s", orgNumber)
	}
	now := time.Now()
	chain, err := p.business.Issue(organisations[at], key, now.Add(-time.Minute), now.AddDate(1, 0, 0))
	if err != nil {
		return nil, err
	}
	return encodeChain(chain), nil
}

// EuropeanSeal issues an electronic seal for a key, in force for a year, to a
// business that Digdir knows nothing of, and returns the chain as
// [Platform.BusinessCertificate] does. Any grant can be signed with it whose scopes
// are open to European businesses.
func (p *Platform) EuropeanSeal(seal maskinporten.Seal, key *rsa.PublicKey) ([]string, error) {
	now := time.Now()
	chain, err := p.business.IssueSeal(seal, key, now.Add(-time.Minute), now.AddDate(1, 0, 0))
	if err != nil {
		return nil, err
	}
	return encodeChain(chain), nil
}

func encodeChain(chain [][]byte) []string {
	x5c := make([]string, len(chain))
	for n, der := range chain {
		x5c[n] = base64.StdEncoding.EncodeToString(der)
	}
	return x5c
}
