package authentication

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined as a SHA-1 thumbprint (RFC 7515, 4.1.7)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// signingKey is the platform's key with its certificate, by whose thumbprint
// verifiers find it.
type signingKey struct {
	private *rsa.PrivateKey
	kid     string // SHA-1 thumbprint of the certificate, 40 upper-case hex digits
	public  jose.JSONWebKey
	signer  jose.Signer
}

func newSigningKey(private *rsa.PrivateKey, now time.Time) (*signingKey, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "local platform, token signing"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("make signing certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make signing certificate: %w", err)
	}
	thumbprint := sha1.Sum(der) //nolint:gosec // a key id, which x5t defines as SHA-1
	kid := strings.ToUpper(hex.EncodeToString(thumbprint[:]))
	options := (&jose.SignerOptions{}).WithType("JWT").
		WithHeader("kid", kid).
		WithHeader("x5t", base64.RawURLEncoding.EncodeToString(thumbprint[:]))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, options)
	if err != nil {
		return nil, fmt.Errorf("make token signer: %w", err)
	}
	return &signingKey{
		private: private,
		kid:     kid,
		signer:  signer,
		public: jose.JSONWebKey{
			Key: private.Public(), KeyID: kid, Use: "sig",
			Certificates: []*x509.Certificate{cert}, CertificateThumbprintSHA1: thumbprint[:],
		},
	}, nil
}

// sign gives the compact form of a token whose claims are payload.
func (k *signingKey) sign(payload []byte) (string, error) {
	signed, err := k.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed.CompactSerialize()
}

// verified returns the claims of a token signed with this key.
func (k *signingKey) verified(token string) (map[string]any, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, errors.New("verify token: not a JWT signed with RS256")
	}
	if kid := signed.Signatures[0].Protected.KeyID; kid != k.kid {
		return nil, errors.New("verify token: not signed by Altinn Authentication (unknown key id)")
	}
	payload, err := signed.Verify(k.private.Public())
	if err != nil {
		return nil, errors.New("verify token: the signature does not match")
	}
	return decodeClaims(payload)
}

func decodeClaims(payload []byte) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(string(payload)))
	d.UseNumber()
	claims := map[string]any{}
	if err := d.Decode(&claims); err != nil {
		return nil, errors.New("verify token: the claims are not a JSON object")
	}
	return claims, nil
}
