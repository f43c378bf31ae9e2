package maskinporten

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// European businesses, which Digdir knows nothing of, get tokens with an electronic
// seal: a certificate of theirs in x5c. There is no client, and what grants access
// is that the scope is open to them. Digdir tries this out, and documents it under
// "European eSeals".

// sealLifetime is how long a token lives at most that was asked for with a seal.
const sealLifetime = 120 // seconds

// The statements of a certificate for electronic seals (ETSI EN 319 412-5, sections
// 4.2.1 and 4.2.3): that it is qualified, and what it is for.
var (
	qcStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3} // RFC 3739, section 3.2.6
	qcCompliance = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 1}
	qcType       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}
	qcTypeSeal   = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 2}
)

// qcStatement is one of a certificate's statements. What it says in Info depends on
// its ID.
type qcStatement struct {
	ID   asn1.ObjectIdentifier
	Info asn1.RawValue `asn1:"optional"`
}

// isForSeals reports whether the statement says that a certificate is for seals.
func (q qcStatement) isForSeals() bool {
	var types []asn1.ObjectIdentifier
	_, err := asn1.Unmarshal(q.Info.FullBytes, &types)
	return q.ID.Equal(qcType) && err == nil && slices.ContainsFunc(types, qcTypeSeal.Equal)
}

// sealOwner names the business that has a seal, in a token.
type sealOwner struct {
	CommonName string `json:"commonName,omitempty"`
	Name       string `json:"organizationName,omitempty"`
	Unit       string `json:"organizationalUnitName,omitempty"`
	Authority  string `json:"authority"`
	ID         string `json:"ID"`
	Country    string `json:"countryName,omitempty"`
}

// isSeal reports whether a certificate is one for electronic seals, and whether it
// is qualified.
func isSeal(certificate *x509.Certificate) (seal, qualified bool) {
	for _, extension := range certificate.Extensions {
		var statements []qcStatement
		if !extension.Id.Equal(qcStatements) {
			continue
		}
		if rest, err := asn1.Unmarshal(extension.Value, &statements); err != nil || len(rest) > 0 {
			return false, false
		}
		for _, statement := range statements {
			qualified = qualified || statement.ID.Equal(qcCompliance)
			seal = seal || statement.isForSeals()
		}
	}
	return seal, qualified
}

// authenticateSeal is authenticate for a grant that is signed with a seal; sealed is
// false for others. Of its claims, iss must be there and says nothing.
func (s *Server) authenticateSeal(a *assertion, now time.Time) (by *authenticated, sealed bool, _ *refusal) {
	if a.keyID != "" || len(a.x5c) == 0 {
		return nil, false, nil
	}
	leaf, err := parseCertificate(a.x5c[0])
	if err != nil {
		return nil, false, nil // what it is instead, others tell
	}
	sealed, qualified := isSeal(leaf)
	if !sealed {
		return nil, false, nil
	}
	var key *rsa.PublicKey
	leaf, key, refused := s.verifyChain(a.x5c, now)
	identifier, known := "", false
	if refused == nil {
		identifier, known = identifierOf(leaf)
	}
	_, hasIssuer := a.stringClaim("iss")
	switch {
	case refused != nil:
		return nil, true, refused
	case !known:
		return nil, true, errCertificate
	case !hasIssuer:
		return nil, true, errUnknownClient
	case !a.verify(key):
		return nil, true, errSignature
	}
	by = &authenticated{
		client: selfservice.Client{
			ClientID: "eidas-" + leaf.SerialNumber.String(), IntegrationType: selfservice.IntegrationMaskinporten, AccessTokenLifetime: sealLifetime,
		},
		method: "CForESeal",
		seal: &sealOwner{
			CommonName: leaf.Subject.CommonName, Name: first(leaf.Subject.Organization), Unit: first(leaf.Subject.OrganizationalUnit),
			Authority: "etsi-en-319-412", ID: identifier, Country: first(leaf.Subject.Country),
		},
	}
	if qualified {
		by.method = "QCForESeal"
	}
	return by, true, nil
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// checkSealed requires that the scopes are open to European businesses. Nobody can
// have delegated anything to one.
func (s *Server) checkSealed(a *assertion, g *grant) *refusal {
	if _, delegated := a.claims["consumer_org"]; delegated {
		return errInvalidAssertion
	}
	for scope := range strings.SplitSeq(g.scope, " ") {
		if registered, _ := s.registry.ScopeAsOf(scope, g.known); !registered.EuropeanBusinesses {
			return errNoAccess(scope)
		}
	}
	g.consumer = g.seal.ID
	return nil
}
