package maskinporten

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// BusinessAuthority issues business certificates (virksomhetssertifikat) of the
// local platform, as Buypass and Commfides issue those of their test chains. It
// is safe for concurrent use.
type BusinessAuthority struct {
	key  *ecdsa.PrivateKey
	root *x509.Certificate
}

// NewBusinessAuthority makes an authority that is in force for ten years around
// now. Nothing outside the local platform trusts it.
func NewBusinessAuthority(now time.Time) (*BusinessAuthority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the issuer of business certificates: %w", err)
	}
	a := &BusinessAuthority{key: key}
	template := &x509.Certificate{
		SerialNumber: serialNumber(), Subject: pkix.Name{Country: []string{"NO"}, CommonName: "Local platform: business certificates"},
		NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	if a.root, err = a.sign(template, template, &key.PublicKey); err != nil {
		return nil, fmt.Errorf("make the issuer of business certificates: %w", err)
	}
	return a, nil
}

// Roots returns what trusts the authority: for [Config.CertificateRoots].
func (a *BusinessAuthority) Roots() *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(a.root)
	return roots
}

// Issue makes the certificate of an organisation for a key, in force from one
// time to another, and returns the chain as DER, leaf first: what x5c has, each
// part in standard base64. The subject is of today's form (SEID 2.0), with the
// number in organizationIdentifier.
func (a *BusinessAuthority) Issue(to selfservice.Organisation, key *rsa.PublicKey, from, until time.Time) ([][]byte, error) {
	leaf, err := a.sign(&x509.Certificate{
		SerialNumber: serialNumber(),
		Subject: pkix.Name{
			Country: []string{"NO"}, Organization: []string{to.Name}, CommonName: to.Name,
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: organizationIdentifier, Value: "NTRNO-" + to.Number}},
		},
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
	}, a.root, key)
	if err != nil {
		return nil, fmt.Errorf("issue business certificate to %s: %w", to.Number, err)
	}
	return [][]byte{leaf.Raw, a.root.Raw}, nil
}

func (a *BusinessAuthority) sign(template, issuer *x509.Certificate, key any) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func serialNumber() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	return new(big.Int).SetBytes(b[:])
}
