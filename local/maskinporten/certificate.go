package maskinporten

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"regexp"
	"slices"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// organizationIdentifier is the attribute of a subject that holds the number of
// its organisation (ETSI EN 319 412-1, section 5.1.4).
var organizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}

var norwegianIdentifier = regexp.MustCompile(`^NTRNO-([0-9]{9})$`)

// checkCertificate requires that a chain, leaf first, is of a trusted issuer and
// in force, and that its leaf is a client's owner's. It returns the leaf's key.
func (s *Server) checkCertificate(chain []string, client *selfservice.Client, now time.Time) (*rsa.PublicKey, *refusal) {
	var leaf *x509.Certificate
	issuers := x509.NewCertPool()
	for n, text := range chain {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, errCertificate
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, errCertificate
		}
		if n == 0 {
			leaf = certificate
		} else {
			issuers.AddCert(certificate)
		}
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: s.roots, Intermediates: issuers, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	key, ok := leaf.PublicKey.(*rsa.PublicKey)
	if err != nil || !ok {
		return nil, errCertificate
	}
	if organisationOf(leaf) != client.OrgNumber {
		return nil, errCertificateOwner
	}
	return key, nil
}

// organisationOf reads the number of the organisation that a certificate is
// issued to: from the organisation identifier of today's certificates, or the
// serial number of older ones.
func organisationOf(certificate *x509.Certificate) string {
	names := certificate.Subject.Names
	at := slices.IndexFunc(names, func(name pkix.AttributeTypeAndValue) bool { return name.Type.Equal(organizationIdentifier) })
	if at < 0 {
		return certificate.Subject.SerialNumber
	}
	identifier, _ := names[at].Value.(string)
	if found := norwegianIdentifier.FindStringSubmatch(identifier); found != nil {
		return found[1]
	}
	return ""
}
