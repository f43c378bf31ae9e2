package maskinporten_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

const certificateRefused = authenticationFailed + " The JWT is signed with an invalid certificate."

// encoded is a chain as x5c has it.
func encoded(chain ...[]byte) []string {
	texts := make([]string, len(chain))
	for n, der := range chain {
		texts[n] = base64.StdEncoding.EncodeToString(der)
	}
	return texts
}

// decoded is one certificate of such a chain.
func decoded(t *testing.T, text string) []byte {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// certify signs a certificate of the older form (SEID 1), with the number of the
// organisation as its serial number, unless it is to sign others itself.
func (w *world) certify(number string, issuer *x509.Certificate, signer, key any) *x509.Certificate {
	w.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "Test", SerialNumber: number},
		NotBefore: w.clock.now().Add(-time.Hour), NotAfter: w.clock.now().Add(time.Hour),
	}
	if number == "" {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	}
	if issuer == nil {
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key, signer)
	w.must(err)
	certificate, err := x509.ParseCertificate(der)
	w.must(err)
	return certificate
}

func TestBusinessCertificates(t *testing.T) {
	t.Parallel()
	var trusted *x509.CertPool
	w := newWorld(t, func(cfg *maskinporten.Config) {
		trusted = x509.NewCertPool()
		cfg.CertificateRoots = trusted
	})
	now := w.clock.now()
	authority, err := maskinporten.NewBusinessAuthority(now)
	w.must(err)
	stranger, err := maskinporten.NewBusinessAuthority(now)
	w.must(err)
	issue := func(by *maskinporten.BusinessAuthority, to string, from, until time.Time) [][]byte {
		chain, err := by.Issue(selfservice.Organisation{Number: to, Name: "Test"}, &clientKey().PublicKey, from, until)
		w.must(err)
		return chain
	}
	good := issue(authority, agency, now.Add(-time.Hour), now.Add(time.Hour))
	root, err := x509.ParseCertificate(good[1])
	w.must(err)
	trusted.AddCert(root)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	oldRoot := w.certify("", nil, key, &key.PublicKey)
	trusted.AddCert(oldRoot)
	between, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	middle := w.certify("", oldRoot, key, &between.PublicKey)
	old := w.certify(agency, middle, between, &clientKey().PublicKey)

	client := w.addClient(selfservice.Client{Scopes: []string{readScope}})
	ask := func(x5c []string, key *rsa.PrivateKey) string {
		return sign(object{"alg": "RS256", "x5c": x5c}, w.claims().with(object{"iss": client.ClientID}), key)
	}
	for name, chain := range map[string][]string{
		"whole chain": encoded(good...), "leaf alone": encoded(good[0]), "older form": encoded(old.Raw, middle.Raw, oldRoot.Raw),
	} {
		_, claims := w.verified(w.granted(name, w.grant(ask(chain, clientKey()))).AccessToken)
		if !strings.Contains(claims, `"client_amr":"virksomhetssertifikat"`) {
			t.Errorf("%s: claims are %s", name, claims)
		}
	}
	if got := w.server.Issued()[0]; got.KeyID != "" || got.ClientID != client.ClientID {
		t.Errorf("issued %v", got)
	}
	for name, c := range map[string]struct {
		chain []string
		key   *rsa.PrivateKey
		want  string
	}{
		"another organisation's": {encoded(issue(authority, club, now, now.Add(time.Hour))...), clientKey(),
			invalidGrant(authenticationFailed+" Invalid JWT. Invalid organization number for client. Does not match certificate orgno", "MP-122")},
		"another issuer":    {encoded(issue(stranger, agency, now, now.Add(time.Hour))...), clientKey(), invalidGrant(certificateRefused, "MP-120")},
		"expired":           {encoded(issue(authority, agency, now.Add(-time.Hour), now.Add(-time.Second))...), clientKey(), invalidGrant(certificateRefused, "MP-120")},
		"not yet":           {encoded(issue(authority, agency, now.Add(time.Hour), now.Add(2*time.Hour))...), clientKey(), invalidGrant(certificateRefused, "MP-120")},
		"issuer is missing": {encoded(old.Raw), clientKey(), invalidGrant(certificateRefused, "MP-120")},
		"not an RSA key":    {encoded(oldRoot.Raw), clientKey(), invalidGrant(certificateRefused, "MP-120")},
		"not base64":        {[]string{"MIIF-_"}, clientKey(), invalidGrant(certificateRefused, "MP-120")},
		"another key":       {encoded(good...), otherKey(), invalidGrant(authenticationFailed+" Invalid JWT signature.", "MP-124")},
	} {
		w.refused(name, w.grant(ask(c.chain, c.key)), 400, c.want)
	}
}

// A registered key that is bound to a certificate is named by its kid, and is of
// use only while the certificate is in force.
func TestKeyBoundToACertificate(t *testing.T) {
	t.Parallel()
	authority, err := maskinporten.NewBusinessAuthority(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.CertificateRoots = authority.Roots() })
	chain, err := authority.Issue(selfservice.Organisation{Number: agency}, &otherKey().PublicKey, w.clock.now(), w.clock.now().Add(time.Hour))
	w.must(err)
	key := selfservice.NewKey("bound", &otherKey().PublicKey)
	key.Certificates = encoded(chain...)
	client := w.addClient(selfservice.Client{Scopes: []string{readScope}}, key)
	ask := func(header object) string {
		return sign(header, w.claims().with(object{"iss": client.ClientID}), otherKey())
	}
	_, claims := w.verified(w.granted("in force", w.grant(ask(object{"alg": "RS256", "kid": "bound"}))).AccessToken)
	if !strings.Contains(claims, `"client_amr":"private_key_jwt"`) {
		t.Errorf("claims are %s", claims)
	}
	w.refused("by the certificate", w.grant(ask(object{"alg": "RS256", "x5c": encoded(chain...)})), 400, needsKeyID)
	w.clock.advance(2 * time.Hour)
	w.refused("expired", w.grant(ask(object{"alg": "RS256", "kid": "bound"})), 400, invalidGrant(certificateRefused, "MP-120"))
}
