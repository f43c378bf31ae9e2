package keys

import (
	"slices"
	"time"

	"github.com/stafett/stafett/jwk"
)

// Find returns the key of the set with an RFC 7638 thumbprint, under whatever key
// id.
func Find(set jwk.Set, thumbprint string) (jwk.Public, bool) {
	for _, key := range set.Keys {
		if got, err := key.Thumbprint(); err == nil && got == thumbprint {
			return key, true
		}
	}
	return jwk.Public{}, false
}

// Holds reports whether the set has the key with a thumbprint.
func Holds(set jwk.Set, thumbprint string) bool {
	_, found := Find(set, thumbprint)
	return found
}

// End is when Maskinporten stops accepting a registered key; zero when it has no
// end.
func End(key jwk.Public) time.Time {
	if key.Expires == nil {
		return time.Time{}
	}
	return time.Unix(*key.Expires, 0).UTC()
}

// Expired reports whether a registered key has passed its end.
func Expired(key jwk.Public, now time.Time) bool {
	end := End(key)
	return !end.IsZero() && !end.After(now)
}

// Living is the set without what has expired. It is what a changed set is made
// from: Digdir's API refuses a whole set for one end that is past, and an expired
// key is of no use to anybody.
func Living(set jwk.Set, now time.Time) jwk.Set {
	return jwk.Set{Keys: slices.DeleteFunc(slices.Clone(set.Keys), func(key jwk.Public) bool { return Expired(key, now) })}
}

// LeftOut are the ids of those that [Living] leaves out, without the key with a
// thumbprint, which is dealt with itself; nil for none.
func LeftOut(set jwk.Set, now time.Time, but string) []string {
	var ids []string
	for _, key := range set.Keys {
		if thumbprint, err := key.Thumbprint(); Expired(key, now) && (err != nil || thumbprint != but) {
			ids = append(ids, key.KeyID)
		}
	}
	return ids
}

// IDs are the key ids of the set, in its order.
func IDs(set jwk.Set) []string {
	var ids []string
	for _, key := range set.Keys {
		ids = append(ids, key.KeyID)
	}
	return ids
}
