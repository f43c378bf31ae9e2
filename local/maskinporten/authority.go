package maskinporten

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// BusinessAuthority issues business certificates (virksomhetssertifikat) of the
// local platform, as Buypass and Commfides issue those of their test chains, and
// electronic seals as European issuers do. It is safe for concurrent use.
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

// Seal is a certificate for electronic seals to be issued to a European business.
type Seal struct {
	// Owner is the subject; Identifier is its organizationIdentifier, such as
	// VATSE-556000000001 (ETSI EN 319 412-1, section 5.1.4).
	Owner      pkix.Name
	Identifier string
	Qualified  bool
}

// IssueSeal is [BusinessAuthority.Issue] for a seal.
func (a *BusinessAuthority) IssueSeal(seal Seal, key *rsa.PublicKey, from, until time.Time) ([][]byte, error) {
	var encoded []byte
	types, err := asn1.Marshal([]asn1.ObjectIdentifier{qcTypeSeal})
	if err == nil {
		statements := []qcStatement{{ID: qcType, Info: asn1.RawValue{FullBytes: types}}}
		if seal.Qualified {
			statements = append(statements, qcStatement{ID: qcCompliance})
		}
		encoded, err = asn1.Marshal(statements)
	}
	if err != nil {
		return nil, fmt.Errorf("issue seal to %s: %w", seal.Identifier, err)
	}
	subject := seal.Owner
	subject.ExtraNames = append(slices.Clone(subject.ExtraNames), pkix.AttributeTypeAndValue{Type: organizationIdentifier, Value: seal.Identifier})
	leaf, err := a.sign(&x509.Certificate{
		SerialNumber: serialNumber(), Subject: subject, NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageContentCommitment,
		ExtraExtensions: []pkix.Extension{{Id: qcStatements, Value: encoded}},
	}, a.root, key)
	if err != nil {
		return nil, fmt.Errorf("issue seal to %s: %w", seal.Identifier, err)
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
