package front

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// AuthorityLifetime is how long an [Authority] and its certificates are valid.
const AuthorityLifetime = 3 * 24 * time.Hour

// clockAllowance moves the start of validity back, for programs in virtual
// machines and containers whose clock is a little behind.
const clockAllowance = time.Hour

// Authority is a certificate authority that lives as long as the process: its
// key is never written anywhere. It is name-constrained (RFC 5280 §4.2.1.10) to
// the names given to [NewAuthority], so that a program that trusts it trusts it
// for those names only. An Authority is safe for concurrent use.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	names       map[string]bool

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// NewAuthority makes an authority for exactly these host names.
func NewAuthority(names []string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority key: %w", err)
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:                serial,
		Subject:                     pkix.Name{CommonName: "Stafett local platform", Organization: []string{"Stafett (this machine only)"}},
		NotBefore:                   now.Add(-clockAllowance),
		NotAfter:                    now.Add(AuthorityLifetime),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         names,
		// Without these, a constraint on names alone would leave certificates
		// for IP addresses unconstrained.
		ExcludedIPRanges: []*net.IPNet{
			{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
			{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign authority certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back authority certificate: %w", err)
	}
	a := &Authority{certificate: certificate, key: key, names: make(map[string]bool, len(names)), leaves: make(map[string]*tls.Certificate)}
	for _, name := range names {
		a.names[name] = true
	}
	return a, nil
}

// PEM returns the authority's certificate, the file that other programs are
// told to trust. It holds no key.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
}

// Pool returns a pool that trusts this authority and nothing else.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Certificate returns the authority's certificate; it must not be changed.
func (a *Authority) Certificate() *x509.Certificate { return a.certificate }

// leaf returns the certificate for one served name; it is made at first use.
func (a *Authority) leaf(name string) (*tls.Certificate, error) {
	if !a.names[name] {
		return nil, &NotServedError{Name: name}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if leaf := a.leaves[name]; leaf != nil {
		return leaf, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key for %s: %w", name, err)
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		DNSNames:              []string{name},
		NotBefore:             a.certificate.NotBefore,
		NotAfter:              a.certificate.NotAfter,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		Subject:               pkix.Name{Organization: []string{"Stafett local platform"}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate for %s: %w", name, err)
	}
	leaf := &tls.Certificate{Certificate: [][]byte{der, a.certificate.Raw}, PrivateKey: key}
	a.leaves[name] = leaf
	return leaf, nil
}

func serialNumber() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	return serial, nil
}
