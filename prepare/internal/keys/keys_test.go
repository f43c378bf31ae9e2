package keys_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/internal/keys"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func key(id, modulus string, end time.Duration) jwk.Public {
	public := jwk.Public{KeyType: "RSA", KeyID: id, Modulus: modulus, Exponent: "AQAB"}
	if end != 0 {
		at := now.Add(end).Unix()
		public.Expires = &at
	}
	return public
}

// A key has expired from the second on that its end names, and one without an end
// never.
func TestLiving(t *testing.T) {
	t.Parallel()
	over := key("over", "AQAC", -time.Second)
	at := now.Unix()
	ending := key("ending", "AQAD", 0)
	ending.Expires = &at
	set := jwk.Set{Keys: []jwk.Public{over, key("endless", "AQAB", 0), ending, key("young", "AQAE", time.Second)}}
	if got := keys.IDs(keys.Living(set, now)); !slices.Equal(got, []string{"endless", "young"}) {
		t.Errorf("living are %v", got)
	}
	if len(set.Keys) != 4 || set.Keys[0].KeyID != "over" {
		t.Errorf("the set itself was changed: %v", keys.IDs(set))
	}
	thumbprint, err := over.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	for but, want := range map[string][]string{"": {"over", "ending"}, thumbprint: {"ending"}} {
		if got := keys.LeftOut(set, now, but); !slices.Equal(got, want) {
			t.Errorf("left out but %q are %v", but, got)
		}
	}
	if !keys.Holds(set, thumbprint) || keys.Holds(keys.Living(set, now), thumbprint) {
		t.Error("the expired key is looked for in vain, or found among the living")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"the new key":                          keys.Text("", ""),
		"thumbprint t":                         keys.Text("", "t"),
		"key k (thumbprint t)":                 keys.Text("k", "t"),
		"":                                     keys.LeftOutText(nil),
		", leaving out what has expired: a, b": keys.LeftOutText([]string{"a", "b"}),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
