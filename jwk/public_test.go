package jwk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stafett/stafett/jwk"
)

// The key and the thumbprint of RFC 7638 section 3.1.
const (
	rfcModulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
		"tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI" +
		"SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	rfcThumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
)

func TestThumbprintOfTheStandardsExample(t *testing.T) {
	t.Parallel()
	key := jwk.Public{KeyType: "RSA", KeyID: "2011-04-29", Algorithm: "RS256", Modulus: rfcModulus, Exponent: "AQAB"}
	got, err := key.Thumbprint()
	if err != nil || got != rfcThumbprint {
		t.Errorf("thumbprint %q (%v), want %q", got, err, rfcThumbprint)
	}
}

func TestThumbprintRefusesWhatIsNoKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]jwk.Public{
		"zero":       {},
		"other type": {KeyType: "EC", Modulus: "AQAB", Exponent: "AQAB"},
		"no modulus": {KeyType: "RSA", Exponent: "AQAB"},
		"injection":  {KeyType: "RSA", Modulus: `AQ","x":"AQ`, Exponent: "AQAB"},
	} {
		if got, err := key.Thumbprint(); err == nil {
			t.Errorf("%s: thumbprint %q", name, got)
		}
	}
}

func TestPublicIsWrittenInDigdirsForm(t *testing.T) {
	t.Parallel()
	expires := int64(1801556162)
	for _, test := range []struct {
		key  jwk.Public
		want string
	}{
		{
			jwk.Public{KeyType: "RSA", Use: "sig", Algorithm: "RS256", KeyID: "fts-1", Modulus: "AQAB", Exponent: "AQAB"},
			`{"kty":"RSA","use":"sig","alg":"RS256","kid":"fts-1","n":"AQAB","e":"AQAB"}`,
		},
		{
			jwk.Public{KeyType: "RSA", Use: "sig", Algorithm: "RS256", KeyID: "fts-1", Modulus: "AQAB", Exponent: "AQAB", Expires: &expires},
			`{"kty":"RSA","use":"sig","alg":"RS256","kid":"fts-1","n":"AQAB","e":"AQAB","exp":1801556162}`,
		},
		{jwk.Public{}, `{}`},
	} {
		got, err := json.Marshal(test.key)
		if err != nil || string(got) != test.want {
			t.Errorf("%s (%v), want %s", got, err, test.want)
		}
	}
}

// Another tool's key must go back as it came when the set is posted again.
func TestPublicKeepsMembersItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"kty":"RSA","use":"sig","kid":"a","n":"AQAB","e":"AQAB","exp":1801556162,"key_ops":["verify"],"x5c":["MIIB"]}`,
		`{"x5c":["MIIB"]}`,
		`{}`,
	} {
		var key jwk.Public
		if err := json.Unmarshal([]byte(text), &key); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(key)
		if err != nil || string(got) != text {
			t.Errorf("%s (%v), want %s", got, err, text)
		}
	}
}

func TestPublicRefusesPrivateMembers(t *testing.T) {
	t.Parallel()
	private := aKey().JSON().Reveal()
	for _, text := range []string{
		private,
		`{"kty":"RSA","n":"AQAB","e":"AQAB","d":""}`,
		`{"kty":"RSA","n":"AQAB","e":"AQAB","QI":"AQAB"}`,
		`{"kty":"oct","k":"AQAB"}`,
	} {
		var key jwk.Public
		err := json.Unmarshal([]byte(text), &key)
		if err == nil || !strings.Contains(err.Error(), "private member") {
			t.Errorf("%v, want a refusal", err)
		}
		if key.KeyType != "" {
			t.Error("a part of the key was kept")
		}
		var set jwk.Set
		if err := json.Unmarshal([]byte(`{"keys":[`+text+`]}`), &set); err == nil {
			t.Error("a set takes a private key")
		}
	}
}

func TestPublicRefusesOtherJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `"AQAB"`, `{"kty":5}`, `{"exp":"soon"}`} {
		var key jwk.Public
		if err := json.Unmarshal([]byte(text), &key); err == nil {
			t.Errorf("%s was read as %+v", text, key)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	// Digdir leaves the member out when there are no keys.
	var empty jwk.Set
	if err := json.Unmarshal([]byte(`{"created":"2026-02-03T09:16:02.440+01:00"}`), &empty); err != nil || len(empty.Keys) != 0 {
		t.Errorf("%+v, %v", empty, err)
	}
	set := jwk.Set{Keys: []jwk.Public{{KeyID: "a"}, {KeyID: "b", KeyType: "RSA"}}}
	if key, found := set.Find("b"); !found || key.KeyType != "RSA" {
		t.Errorf("Find(b) = %+v, %v", key, found)
	}
	if _, found := set.Find("c"); found {
		t.Error("Find(c) found a key")
	}
}
