package jwk_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/secret"
)

// A key that is read must be the key that is written; anything else must be
// refused with a *FormatError whose text is short enough to hold no key.
func check(t *testing.T, key *jwk.Key, err error) {
	t.Helper()
	if err != nil {
		format, ok := errors.AsType[*jwk.FormatError](err)
		if !ok || format.Problem == "" || len(err.Error()) > 300 || format.Remedy() == "" {
			t.Fatalf("%T: %v", err, err)
		}
		return
	}
	again, err := jwk.ParseEncoded(key.Encoded())
	if err != nil {
		t.Fatalf("the key that was read cannot be written and read: %v", err)
	}
	if !again.PrivateKey().Equal(key.PrivateKey()) || again.KeyID() != key.KeyID() {
		t.Fatal("the key changed on its way")
	}
	if _, err := key.Public().Thumbprint(); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseEncoded(f *testing.F) {
	f.Add(aKey().Encoded().Reveal())
	f.Fuzz(func(t *testing.T, encoded string) {
		key, err := jwk.ParseEncoded(secret.New(encoded))
		check(t, key, err)
	})
}

func FuzzParsePrivate(f *testing.F) {
	f.Add(aKey().JSON().Reveal())
	f.Fuzz(func(t *testing.T, text string) {
		key, err := jwk.ParsePrivate(secret.New(text))
		check(t, key, err)
	})
}

func FuzzPublicSet(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		var set jwk.Set
		if err := json.Unmarshal([]byte(text), &set); err != nil {
			return
		}
		written, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		var again jwk.Set
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s cannot be read again: %v", written, err)
		}
		var members struct{ Keys []map[string]any }
		if err := json.Unmarshal(written, &members); err != nil {
			t.Fatal(err)
		}
		for _, key := range members.Keys {
			for name := range key {
				switch strings.ToLower(name) {
				case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
					t.Fatalf("the private member %q is written", name)
				}
			}
		}
	})
}
