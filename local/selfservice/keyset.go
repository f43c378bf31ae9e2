package selfservice

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"time"
)

// errNoSuchKey says that the client is there, but not the key.
const errNoSuchKey notFoundError = "No such key"

const (
	maxKeys    = 5
	minKeyBits = 2048
)

// Key is one public key of a client: an RSA signature key in the form of RFC
// 7517. Expires is in Unix seconds; zero means one year from now.
type Key struct {
	KeyType   string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Exponent  string `json:"e"`
	Modulus   string `json:"n"`
	Expires   int64  `json:"exp,omitempty"`
	// Certificates bind the key to a business certificate: the chain, leaf first,
	// in standard base64. Maskinporten takes the key only while it is in force.
	Certificates []string `json:"x5c,omitempty"`

	public *rsa.PublicKey // set when the key is registered
}

// NewKey returns the public key in the form in which it is registered.
func NewKey(kid string, public *rsa.PublicKey) Key {
	return Key{
		KeyType: "RSA", Use: "sig", Algorithm: "RS256", KeyID: kid,
		Modulus:  base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}
}

// PublicKey returns the key to verify with. It is parsed once, when the key is
// registered, and is nil before that.
func (k Key) PublicKey() *rsa.PublicKey { return k.public }

// KeySet is what is registered on a client. Its keys are shared and must not
// be changed. With no keys the API leaves the member out.
type KeySet struct {
	Created     *Timestamp `json:"created,omitempty"`
	LastUpdated *Timestamp `json:"last_updated,omitempty"`
	Keys        []Key      `json:"keys,omitempty"`
}

// Key returns the key with the given id.
func (s KeySet) Key(kid string) (Key, bool) {
	i := slices.IndexFunc(s.Keys, func(k Key) bool { return k.KeyID == kid })
	if i < 0 {
		return Key{}, false
	}
	return s.Keys[i], true
}

// UnmarshalJSON implements [json.Unmarshaler]; a key that has any private
// member (RFC 7518, section 6.3.2) is refused.
func (k *Key) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return errors.New("must be a JSON object")
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := members[private]; ok {
			return fmt.Errorf("has the private member %s: only the public key may be uploaded, and this key pair must now be replaced", private)
		}
	}
	type plain Key
	if err := json.Unmarshal(data, (*plain)(k)); err != nil {
		return errors.New("must have text in every member, whole seconds in exp, and a list of texts in x5c")
	}
	return nil
}

var keyIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// newKeySet checks keys, gives them their expiry and parses them. The old set's
// time of creation is kept.
func newKeySet(keys []Key, now time.Time, old KeySet, rules Rules) (KeySet, error) {
	problems := newValidation("jwks")
	problems.require(len(keys) <= maxKeys, "keys", fmt.Sprintf("must have at most %d keys", maxKeys))
	registered := make([]Key, 0, len(keys))
	for i, k := range keys {
		member := func(name string) string { return fmt.Sprintf("keys[%d].%s", i, name) }
		problems.require(k.KeyType == "RSA", member("kty"), "kty must be RSA")
		problems.require(k.Use == "sig", member("use"), "use must be sig")
		problems.require(k.Algorithm == "RS256" || k.Algorithm == "RS512", member("alg"), "alg must be RS256 or RS512")
		problems.require(keyIDForm.MatchString(k.KeyID), member("kid"), "kid must be letters, digits, dots, underscores and hyphens")
		public, fault := parsePublic(k)
		if fault != nil {
			problems.add(member(fault.member), fault.problem)
		} else if len(k.Certificates) > 0 {
			problems.require(certifies(k.Certificates[0], public), member("x5c"), "x5c must begin with the certificate of the key, in base64")
		}
		k.public = public
		before, again := old.Key(k.KeyID)
		switch limit := now.AddDate(1, 0, 0).Unix(); {
		case k.Expires == 0 && rules.KeepExpiryOnRepost && again && before.Modulus == k.Modulus:
			k.Expires = before.Expires
		case k.Expires == 0 || k.Expires > limit:
			k.Expires = limit
		case k.Expires <= now.Unix():
			problems.add(member("exp"), "exp must be in the future")
		}
		registered = append(registered, k)
	}
	if err := problems.err(); err != nil {
		return KeySet{}, err
	}
	for i, k := range registered {
		if slices.ContainsFunc(registered[:i], func(other Key) bool { return other.KeyID == k.KeyID }) {
			return KeySet{}, &ConflictError{"the kid " + k.KeyID + " is given twice"}
		}
	}
	created := old.Created
	if created == nil {
		created = &Timestamp{now}
	}
	return KeySet{Created: created, LastUpdated: &Timestamp{now}, Keys: registered}, nil
}

// keyFault says what is wrong with one member of a key.
type keyFault struct{ member, problem string }

func parsePublic(k Key) (*rsa.PublicKey, *keyFault) {
	n, err := base64.RawURLEncoding.Strict().DecodeString(k.Modulus)
	if err != nil || len(n) == 0 {
		return nil, &keyFault{"n", "n must be base64url without padding"}
	}
	e, err := base64.RawURLEncoding.Strict().DecodeString(k.Exponent)
	if err != nil || len(e) == 0 {
		return nil, &keyFault{"e", "e must be base64url without padding"}
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if modulus.BitLen() < minKeyBits || modulus.Bit(0) == 0 {
		return nil, &keyFault{"n", fmt.Sprintf("n must be an RSA modulus of at least %d bits", minKeyBits)}
	}
	if exponent.BitLen() > 31 || exponent.Int64() < 3 || exponent.Bit(0) == 0 {
		return nil, &keyFault{"e", "e must be an odd RSA exponent from 3 to 2147483647"}
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

// certifies reports whether a certificate in base64 is that of a key.
func certifies(text string, key *rsa.PublicKey) bool {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	certificate, err := x509.ParseCertificate(der)
	return err == nil && key.Equal(certificate.PublicKey)
}

// checkKeyIDsAreFree refuses a kid that another client in use has, unless the
// rules allow it: Digdir's documentation says in one place that a kid is unique
// across all customers. The caller holds the lock.
func (r *Registry) checkKeyIDsAreFree(clientID string, keys []Key) error {
	if r.rules.KeyIDsPerClient {
		return nil
	}
	for id, h := range r.clients {
		other, _ := h.latest()
		if id == clientID || !other.Client.Active {
			continue
		}
		for _, k := range keys {
			if _, taken := other.Keys.Key(k.KeyID); taken {
				return &ConflictError{"the kid " + k.KeyID + " is in use by another client"}
			}
		}
	}
	return nil
}

// ReplaceKeys makes keys (one to five) the whole key set of a client. The
// error is a *[ValidationError] or a *[ConflictError], or wraps [ErrNotFound].
func (r *Registry) ReplaceKeys(clientID string, keys []Key) (KeySet, error) {
	if len(keys) == 0 {
		problems := newValidation("jwks")
		problems.add("keys", "must not be empty; DELETE removes all keys")
		return KeySet{}, fmt.Errorf("replace keys: %w", problems.err())
	}
	changed, err := r.change(clientID, func(next *Registration) error {
		set, err := newKeySet(keys, r.now(), next.Keys, r.rules)
		if err != nil {
			return err
		}
		if err := r.checkKeyIDsAreFree(clientID, set.Keys); err != nil {
			return err
		}
		next.Keys = set
		return nil
	})
	if err != nil {
		return KeySet{}, err
	}
	return changed.Keys, nil
}

// PutKey adds one key to a client's set, or replaces the one with its kid; the
// others stay as they are. The error is a *[ValidationError] or a
// *[ConflictError], or wraps [ErrNotFound].
func (r *Registry) PutKey(clientID string, key Key) (KeySet, error) {
	changed, err := r.change(clientID, func(next *Registration) error {
		set, err := newKeySet([]Key{key}, r.now(), next.Keys, r.rules)
		if err != nil {
			return err
		}
		if err := r.checkKeyIDsAreFree(clientID, set.Keys); err != nil {
			return err
		}
		keys := slices.Clone(next.Keys.Keys)
		if at := slices.IndexFunc(keys, func(k Key) bool { return k.KeyID == key.KeyID }); at >= 0 {
			keys[at] = set.Keys[0]
		} else {
			keys = append(keys, set.Keys[0])
		}
		problems := newValidation("jwks")
		problems.require(len(keys) <= maxKeys, "keys", fmt.Sprintf("must have at most %d keys", maxKeys))
		if err := problems.err(); err != nil {
			return err
		}
		set.Keys = keys
		next.Keys = set
		return nil
	})
	if err != nil {
		return KeySet{}, err
	}
	return changed.Keys, nil
}

// RemoveKey takes one key out of a client's set. The error is a
// *[ConflictError] or wraps [ErrNotFound], also where there is no such key.
func (r *Registry) RemoveKey(clientID, kid string) error {
	_, err := r.change(clientID, func(next *Registration) error {
		if _, ok := next.Keys.Key(kid); !ok {
			return fmt.Errorf("remove key %s: %w", kid, errNoSuchKey)
		}
		next.Keys.Keys = slices.DeleteFunc(slices.Clone(next.Keys.Keys), func(k Key) bool { return k.KeyID == kid })
		next.Keys.LastUpdated = &Timestamp{r.now()}
		return nil
	})
	return err
}

// RemoveKeys empties the key set of a client. The error is a *[ConflictError]
// or wraps [ErrNotFound].
func (r *Registry) RemoveKeys(clientID string) error {
	_, err := r.change(clientID, func(next *Registration) error {
		next.Keys.Keys = nil
		next.Keys.LastUpdated = &Timestamp{r.now()}
		return nil
	})
	return err
}

// SetKeyExpiry moves the end of a key's life, also into the past, which the
// API does not allow: it is how the local platform shows what an old key does.
// Maskinporten knows it at once.
func (r *Registry) SetKeyExpiry(clientID, kid string, expires time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	latest, ok := r.clients[clientID].latest()
	if !ok {
		return fmt.Errorf("set expiry of key %s: %w", kid, ErrNotFound)
	}
	next := *latest
	i := slices.IndexFunc(next.Keys.Keys, func(k Key) bool { return k.KeyID == kid })
	if i < 0 {
		return fmt.Errorf("set expiry of key %s: client %s has no such key", kid, clientID)
	}
	next.Keys.Keys = slices.Clone(next.Keys.Keys)
	next.Keys.Keys[i].Expires = expires.Unix()
	r.clients[clientID] = always(&next)
	return nil
}
