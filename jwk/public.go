package jwk

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Public is the public part of an RSA key, as a member of the key set of an
// integration. It has no place for a private number. The zero value is no key.
type Public struct {
	KeyType   string // kty, "RSA"
	Use       string // use, "sig"
	Algorithm string // alg, such as "RS256"
	KeyID     string // kid
	Modulus   string // n, base64url
	Exponent  string // e, base64url

	// Expires (exp) is when Maskinporten stops accepting the key, in seconds
	// since 1970. Digdir sets it to a year after the key was posted when it is
	// left out; it must be kept when a set is posted again for another key's sake.
	Expires *int64

	// further holds the public members that have no field (x5c, key_ops, …), so
	// that another tool's key goes back as it came. Only UnmarshalJSON fills it.
	further map[string]json.RawMessage
}

// fields returns the members that have a field of their own.
func (p *Public) fields() map[string]any {
	return map[string]any{
		"kty": &p.KeyType, "use": &p.Use, "alg": &p.Algorithm, "kid": &p.KeyID,
		"n": &p.Modulus, "e": &p.Exponent, "exp": &p.Expires,
	}
}

// MarshalJSON implements json.Marshaler. Members that are empty are left out;
// they come in the order kty, use, alg, kid, n, e, exp, then the rest by name.
func (p Public) MarshalJSON() ([]byte, error) {
	known, err := json.Marshal(struct {
		KeyType   string `json:"kty,omitempty"`
		Use       string `json:"use,omitempty"`
		Algorithm string `json:"alg,omitempty"`
		KeyID     string `json:"kid,omitempty"`
		Modulus   string `json:"n,omitempty"`
		Exponent  string `json:"e,omitempty"`
		Expires   *int64 `json:"exp,omitempty"`
	}{p.KeyType, p.Use, p.Algorithm, p.KeyID, p.Modulus, p.Exponent, p.Expires})
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	if len(p.further) == 0 {
		return known, nil
	}
	further, err := json.Marshal(p.further)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	if len(known) == len("{}") {
		return further, nil
	}
	return append(append(known[:len(known)-1], ','), further[1:]...), nil
}

// UnmarshalJSON implements json.Unmarshaler. It refuses JSON with a private
// member (d, p, q, dp, dq, qi, oth or k, in either case), so that a private key
// pasted where a public one belongs goes no further. Members that it does not
// know are kept and written back.
func (p *Public) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("decode public key: not a JSON object")
	}
	for name := range members {
		if slices.Contains(privateMembers, strings.ToLower(name)) {
			return fmt.Errorf("decode public key: it has the private member %q", name)
		}
	}
	var read Public
	for name, target := range read.fields() {
		raw, present := members[name]
		if !present {
			continue
		}
		if err := json.Unmarshal(raw, target); err != nil {
			return fmt.Errorf("decode public key: member %s is of the wrong kind", name)
		}
		delete(members, name)
	}
	if len(members) > 0 {
		read.further = maps.Clone(members)
	}
	*p = read
	return nil
}

// Thumbprint returns the key's RFC 7638 thumbprint: base64url of SHA-256 over
// its required members. Two keys with the same numbers have the same thumbprint
// whatever their key ids are.
func (p Public) Thumbprint() (string, error) {
	if p.KeyType != "RSA" {
		return "", fmt.Errorf("compute thumbprint: kty is %q, not RSA", shorten(p.KeyType))
	}
	for name, value := range map[string]string{"n": p.Modulus, "e": p.Exponent} {
		if octets, err := decodeMember(value); err != nil || len(octets) == 0 {
			return "", fmt.Errorf("compute thumbprint: member %s is not base64url", name)
		}
	}
	sum := sha256.Sum256([]byte(`{"e":"` + p.Exponent + `","kty":"RSA","n":"` + p.Modulus + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// Set is a JSON Web Key Set of public keys (RFC 7517 section 5), such as the
// key set of an integration. Digdir leaves "keys" out of an empty set.
type Set struct {
	Keys []Public `json:"keys"`
}

// Find returns the key with that key id.
func (s Set) Find(keyID string) (Public, bool) {
	for _, key := range s.Keys {
		if key.KeyID == keyID {
			return key, true
		}
	}
	return Public{}, false
}
