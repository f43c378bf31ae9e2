package maskinporten

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

// metadata is the issuer's description of itself (RFC 8414), its members in the
// order of the real one.
type metadata struct {
	Details       []string `json:"authorization_details_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	TokenEndpoint string   `json:"token_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	Algorithms    []string `json:"token_endpoint_auth_signing_alg_values_supported"`
}

func newMetadata(issuer string) metadata {
	return metadata{
		Details:       []string{detailsSystemUser, detailsConsent},
		GrantTypes:    []string{grantType},
		Issuer:        issuer,
		JWKSURI:       issuer + "jwk",
		TokenEndpoint: issuer + "token",
		AuthMethods:   []string{"private_key_jwt"},
		Algorithms:    []string{"RS256", "RS384", "RS512"},
	}
}

// publicKey is the issuer's key as jwks_uri shows it, with its certificate.
type publicKey struct {
	KeyType      string   `json:"kty"`
	Exponent     string   `json:"e"`
	Use          string   `json:"use"`
	KeyID        string   `json:"kid"`
	Certificates []string `json:"x5c"`
	Algorithm    string   `json:"alg"`
	Modulus      string   `json:"n"`
}

// publish names the key by its thumbprint (RFC 7638), which has the 43
// characters that the real service's key ids have.
func publish(private *rsa.PrivateKey, now time.Time) (publicKey, error) {
	key := &private.PublicKey
	n := base64.RawURLEncoding.EncodeToString(key.N.Bytes())
	e := base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())
	thumbprint := sha256.Sum256([]byte(`{"e":"` + e + `","kty":"RSA","n":"` + n + `"}`))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Local platform: token signing"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key, private)
	if err != nil {
		return publicKey{}, fmt.Errorf("make certificate of the signing key: %w", err)
	}
	return publicKey{
		KeyType: "RSA", Use: "sig", Algorithm: "RS256",
		KeyID: base64.RawURLEncoding.EncodeToString(thumbprint[:]), Modulus: n, Exponent: e,
		Certificates: []string{base64.StdEncoding.EncodeToString(certificate)},
	}, nil
}
