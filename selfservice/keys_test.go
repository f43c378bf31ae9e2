package selfservice_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/jwk"
)

const keySetJSON = `{
  "created": "2026-02-03T09:16:02.440+01:00",
  "last_updated": "2026-02-03T09:16:02.440+01:00",
  "keys": [
    {"kty":"RSA","use":"sig","alg":"RS512","kid":"studio-1","n":"AQAB","e":"AQAB","exp":1801556162,"key_ops":["verify"]}
  ]
}`

func TestKeys(t *testing.T) {
	t.Parallel()
	client, a := newClient(t, answer(http.StatusOK, keySetJSON), answer(http.StatusOK, `{"created":"2026-02-03T09:16:02.440+01:00"}`))
	set, err := client.Keys(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "keys.golden", a.wire())
	if len(set.Keys) != 1 || set.Keys[0].KeyID != "studio-1" || *set.Keys[0].Expires != 1801556162 {
		t.Errorf("%+v", set)
	}
	if empty, err := client.Keys(t.Context(), id); err != nil || len(empty.Keys) != 0 {
		t.Errorf("without keys: %+v, %v", empty, err)
	}
}

// Appending a key must send the others back as they came.
func TestReplaceKeysKeepsOtherKeys(t *testing.T) {
	t.Parallel()
	added := jwk.Public{KeyType: "RSA", Use: "sig", Algorithm: "RS256", KeyID: "fts-tt02-1", Modulus: "AQAB", Exponent: "AQAB"}
	stored := strings.Replace(keySetJSON, "}\n  ]", `},{"kty":"RSA","use":"sig","alg":"RS256","kid":"fts-tt02-1","n":"AQAB","e":"AQAB","exp":1801556999}]`, 1)
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"the set comes back", answer(http.StatusOK, stored)},
		{"a text comes back", answer(http.StatusCreated, `"created"`)},
		{"nothing comes back", answer(http.StatusNoContent, "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, a := newClient(t, answer(http.StatusOK, keySetJSON), test.answer, answer(http.StatusOK, stored))
			set, err := client.Keys(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			set.Keys = append(set.Keys, added)
			got, err := client.ReplaceKeys(t.Context(), id, set)
			if err != nil {
				t.Fatal(err)
			}
			if test.name == "the set comes back" {
				golden(t, "replace-keys.golden", a.wire())
			}
			if key, found := got.Find("fts-tt02-1"); !found || key.Expires == nil || *key.Expires != 1801556999 {
				t.Errorf("what Digdir has is %+v", got)
			}
		})
	}
}

func TestReplaceKeysRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	client, a := newClient(t)
	keys := func(ids ...string) jwk.Set {
		var set jwk.Set
		for _, id := range ids {
			set.Keys = append(set.Keys, jwk.Public{KeyType: "RSA", Use: "sig", KeyID: id, Modulus: "AQAB", Exponent: "AQAB"})
		}
		return set
	}
	for _, test := range []struct {
		set  jwk.Set
		want string
	}{
		{jwk.Set{}, "empty"},
		{keys("a", "b", "c", "d", "e", "f"), "6 keys, and an integration may have 5"},
		{keys("a", "b", "a"), `"a" twice`},
		{keys("a", ""), "no key id"},
	} {
		_, err := client.ReplaceKeys(t.Context(), id, test.set)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
	if wire := a.wire(); wire != "" {
		t.Errorf("sent %s", wire)
	}
}

// A private key cannot get as far as the wire: the type has no place for it.
func TestNoPrivateMemberIsSent(t *testing.T) {
	t.Parallel()
	key, err := jwk.Generate("fts-tt02-1", jwk.DefaultBits)
	if err != nil {
		t.Fatal(err)
	}
	client, a := newClient(t, answer(http.StatusOK, keySetJSON))
	if _, err := client.ReplaceKeys(t.Context(), id, jwk.Set{Keys: []jwk.Public{key.Public()}}); err != nil {
		t.Fatal(err)
	}
	wire := a.wire()
	var sent struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(wire[strings.Index(wire, "{"):]), &sent); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range sent.Keys[0] {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"alg", "e", "kid", "kty", "n", "use"}) {
		t.Errorf("members %v are sent", names)
	}
}
