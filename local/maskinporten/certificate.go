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
	leaf, key, refused := s.verifyChain(chain, now)
	if refused == nil && organisationOf(leaf) != client.OrgNumber {
		refused = errCertificateOwner
	}
	if refused != nil {
		return nil, refused
	}
	return key, nil
}

// verifyChain requires that a chain, leaf first, is of a trusted issuer and in
// force, and returns its leaf, with the key of that.
func (s *Server) verifyChain(chain []string, now time.Time) (*x509.Certificate, *rsa.PublicKey, *refusal) {
	var leaf *x509.Certificate
	issuers := x509.NewCertPool()
	for n, text := range chain {
		certificate, err := parseCertificate(text)
		if err != nil {
			return nil, nil, errCertificate
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
		return nil, nil, errCertificate
	}
	return leaf, key, nil
}

// parseCertificate reads a certificate as x5c has it: DER in standard base64.
func parseCertificate(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// organisationOf reads the number of the organisation that a certificate is
// issued to: from the organisation identifier of today's certificates, or the
// serial number of older ones.
func organisationOf(certificate *x509.Certificate) string {
	identifier, ok := identifierOf(certificate)
	if !ok {
		return certificate.Subject.SerialNumber
	}
	if found := norwegianIdentifier.FindStringSubmatch(identifier); found != nil {
		return found[1]
	}
	return ""
}

// identifierOf returns the organisation identifier of a certificate's subject.
func identifierOf(certificate *x509.Certificate) (identifier string, ok bool) {
	names := certificate.Subject.Names
	at := slices.IndexFunc(names, func(name pkix.AttributeTypeAndValue) bool { return name.Type.Equal(organizationIdentifier) })
	if at < 0 {
		return "", false
	}
	identifier, _ = names[at].Value.(string)
	return identifier, true
}
