package jwk

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"github.com/stafett/stafett/secret"
)

// Sizes of the modulus, in bits. 2048 is the size that each of Digdir's pages
// names as accepted; 3072 and 4096 work too, and cost time at each signature.
const (
	MinimumBits = 2048
	DefaultBits = 2048
	MaximumBits = 8192
)

// validKeyID is what Digdir's self-service API accepts as a key id.
var validKeyID = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// Key is a private RSA key pair with its key id. It prints as "[redacted]" by
// every way in which Go prints or encodes a value. Make one with [Generate],
// [ParseEncoded] or [ParsePrivate]; the zero value holds no key, and can
// only be printed and compared. A Key is immutable and safe for concurrent use.
type Key struct {
	// One pointer keeps the material out of reflection-based printers that walk
	// the unexported fields of an enclosing struct.
	pair *pair
}

type pair struct {
	private *rsa.PrivateKey
	public  Public
	notes   []string
}

// NewKeyID returns an identifier for a new key: "<org>-<environment>-<uuid>".
// Digdir's pages disagree on whether key ids are unique within one integration
// or among all customers; this form is unique among all.
func NewKeyID(org, environment string) string {
	return org + "-" + environment + "-" + uuid.NewString()
}

// Generate makes a new RSA key pair from the operating system's random source.
// bits is the size of the modulus, from [MinimumBits] to [MaximumBits]; keyID
// may hold letters, digits, ".", "_" and "-". The key is meant for signatures
// with RS256.
func Generate(keyID string, bits int) (*Key, error) {
	if !validKeyID.MatchString(keyID) {
		return nil, fmt.Errorf("make key: key id %q may hold only letters, digits, dot, underscore and hyphen", keyID)
	}
	if bits < MinimumBits || bits > MaximumBits {
		return nil, fmt.Errorf("make key: %d bits is outside %d to %d", bits, MinimumBits, MaximumBits)
	}
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return newKey(private, "sig", "RS256", keyID, nil), nil
}

func newKey(private *rsa.PrivateKey, use, algorithm, keyID string, notes []string) *Key {
	return &Key{pair: &pair{
		private: private,
		public: Public{
			KeyType:   "RSA",
			Use:       use,
			Algorithm: algorithm,
			KeyID:     keyID,
			Modulus:   encodeInteger(private.N, 0),
			Exponent:  encodeInteger(big.NewInt(int64(private.E)), 0),
		},
		notes: notes,
	}}
}

// KeyID returns the identifier (kid) under which the public part is registered.
func (k Key) KeyID() string { return k.pair.public.KeyID }

// WithKeyID returns the same key under another identifier, which must be one that
// Digdir's self-service takes: letters, digits, dot, underscore and hyphen.
func (k Key) WithKeyID(keyID string) (*Key, error) {
	if !validKeyID.MatchString(keyID) {
		return nil, fmt.Errorf("rename key: key id %q may hold only letters, digits, dot, underscore and hyphen", keyID)
	}
	public := k.pair.public
	return newKey(k.pair.private, public.Use, public.Algorithm, keyID, nil), nil
}

// Public returns the part of the key that may be shown and sent.
func (k Key) Public() Public { return k.pair.public }

// PrivateKey returns the key for a signer. Callers must not change or print it.
func (k Key) PrivateKey() *rsa.PrivateKey { return k.pair.private }

// Notes returns what some readers may stumble over in the text that the key was
// read from, though the key itself is whole: for example a member that is a
// number where Altinn Broker wants strings only. Writing the key again with
// [Key.Encoded] removes each cause. A key made by [Generate] has none.
func (k Key) Notes() []string { return slices.Clone(k.pair.notes) }

// privateJSON has the twelve members that every library of Altinn reads, each a
// string, in the order in which they are written.
type privateJSON struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	KeyID     string `json:"kid"`
	Algorithm string `json:"alg"`
	N         string `json:"n"`
	E         string `json:"e"`
	D         string `json:"d"`
	P         string `json:"p"`
	Q         string `json:"q"`
	DP        string `json:"dp"`
	DQ        string `json:"dq"`
	QI        string `json:"qi"`
}

// JSON returns the private key as a JSON Web Key with exactly the twelve string
// members kty, use, kid, alg, n, e, d, p, q, dp, dq and qi. Numbers are written
// with their full count of octets, leading zeros kept, as .NET wants them.
func (k Key) JSON() secret.String {
	private, public := k.pair.private, k.pair.public
	size := private.Size()
	half := (size + 1) / 2
	text, err := json.Marshal(privateJSON{
		KeyType:   public.KeyType,
		Use:       public.Use,
		KeyID:     public.KeyID,
		Algorithm: public.Algorithm,
		N:         public.Modulus,
		E:         public.Exponent,
		D:         encodeInteger(private.D, size),
		P:         encodeInteger(private.Primes[0], half),
		Q:         encodeInteger(private.Primes[1], half),
		DP:        encodeInteger(private.Precomputed.Dp, half),
		DQ:        encodeInteger(private.Precomputed.Dq, half),
		QI:        encodeInteger(private.Precomputed.Qinv, half),
	})
	if err != nil {
		panic("jwk: a struct of strings did not encode: " + err.Error())
	}
	return secret.New(string(text))
}

// Encoded returns the value of the setting EncodedJwk: [Key.JSON] in standard
// base64 with padding.
func (k Key) Encoded() secret.String {
	return secret.New(base64.StdEncoding.EncodeToString([]byte(k.JSON().Reveal())))
}

// encodeInteger writes v as base64url without padding, in at least size octets.
func encodeInteger(v *big.Int, size int) string {
	size = max(size, (v.BitLen()+7)/8, 1)
	return base64.RawURLEncoding.EncodeToString(v.FillBytes(make([]byte, size)))
}

// String implements [fmt.Stringer]; it returns [secret.Redacted].
func (k Key) String() string { return secret.Redacted }

// GoString implements [fmt.GoStringer]; it returns [secret.Redacted].
func (k Key) GoString() string { return secret.Redacted }

// Format implements [fmt.Formatter]: every verb prints [secret.Redacted].
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Redacted) }

// MarshalJSON implements json.Marshaler; the value is the JSON string of
// [secret.Redacted]. [Key.JSON] is the deliberate way to the key's own JSON.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + secret.Redacted + `"`), nil }

// UnmarshalJSON implements json.Unmarshaler by refusing, so that a private key
// is not read past the checks of [ParsePrivate].
func (k *Key) UnmarshalJSON([]byte) error {
	return errors.New("decode private key: use jwk.ParsePrivate")
}

// MarshalText implements encoding.TextMarshaler; it returns [secret.Redacted].
func (k Key) MarshalText() ([]byte, error) { return []byte(secret.Redacted), nil }

// LogValue implements [slog.LogValuer]; it returns [secret.Redacted].
func (k Key) LogValue() slog.Value { return slog.StringValue(secret.Redacted) }
