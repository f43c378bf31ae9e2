package selfservice_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// key is the JSON of a public key; each change is the name and the JSON of a
// member, which an empty JSON removes.
func key(kid string, changes ...string) string {
	members := map[string]json.RawMessage{}
	encoded, err := json.Marshal(selfservice.NewKey(kid, &clientKey().PublicKey))
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(encoded, &members); err != nil {
		panic(err)
	}
	for i := 0; i < len(changes); i += 2 {
		members[changes[i]] = json.RawMessage(changes[i+1])
		if changes[i+1] == "" {
			delete(members, changes[i])
		}
	}
	if encoded, err = json.Marshal(members); err != nil {
		panic(err)
	}
	return string(encoded)
}

func keySet(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func TestKeySet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	if got := w.send("GET", "/clients/"+id+"/jwks", ""); strings.TrimSpace(got.Body.String()) != "{}" {
		t.Errorf("a new client's keys are %s", got.Body)
	}
	n := base64.RawURLEncoding.EncodeToString(clientKey().N.Bytes())
	limit := w.clock.now().AddDate(1, 0, 0).Unix()
	want := fmt.Sprintf(`{"created":"2026-11-22T13:00:00.118+01:00","last_updated":"2026-11-22T13:00:00.118+01:00","keys":[`+
		`{"kty":"RSA","use":"sig","alg":"RS256","kid":"fts-1","e":"AQAB","n":"%s","exp":%d}]}`, n, limit)
	for _, got := range []string{
		w.send("POST", "/clients/"+id+"/jwks", keySet(key("fts-1"))).Body.String(),
		w.send("GET", "/clients/"+id+"/jwks", "").Body.String(),
	} {
		if strings.TrimSpace(got) != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}

	// A post replaces the set; exp shortens and never prolongs.
	w.clock.advance(time.Hour)
	soon := w.clock.now().Unix() + 60
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("fts-2", "exp", fmt.Sprint(soon)), key("fts-3", "exp", "99999999999", "alg", `"RS512"`)), nil)
	var set selfservice.KeySet
	w.ok("GET", "/clients/"+id+"/jwks", "", &set)
	if len(set.Keys) != 2 || set.Keys[0].Expires != soon || set.Keys[1].Expires != w.clock.now().AddDate(1, 0, 0).Unix() {
		t.Errorf("keys are %v", set.Keys)
	}
	if set.LastUpdated.Sub(set.Created.Time) != time.Hour {
		t.Errorf("created %s, updated %s", set.Created, set.LastUpdated)
	}

	// Posting a key again without exp renews it; with exp it stays.
	w.clock.advance(30 * time.Second)
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("fts-2"), key("fts-3", "exp", fmt.Sprint(soon))), &set)
	if set.Keys[0].Expires != w.clock.now().AddDate(1, 0, 0).Unix() || set.Keys[1].Expires != soon {
		t.Errorf("after posting again, keys are %v", set.Keys)
	}

	if got := w.send("DELETE", "/clients/"+id+"/jwks", ""); got.Code != 200 {
		t.Errorf("delete: %d %s", got.Code, got.Body)
	}
	if got := w.send("GET", "/clients/"+id+"/jwks", "").Body.String(); strings.Contains(got, "keys") {
		t.Errorf("an emptied set is %s", got)
	}
}

func TestKeySetRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("before")), nil)
	oneBitLess := new(big.Int).Rsh(clientKey().N, 1)
	short := base64.RawURLEncoding.EncodeToString(oneBitLess.SetBit(oneBitLess, 0, 1).Bytes())
	private := func(member string) [2]string {
		return [2]string{"keys[0]", "has the private member " + member + ": only the public key may be uploaded, and this key pair must now be replaced"}
	}
	even := clientKey().N.Bytes()
	even[len(even)-1] &^= 1
	tests := []struct {
		name, body string
		field      [2]string
	}{
		{"no keys", `{}`, [2]string{"keys", "must not be empty; DELETE removes all keys"}},
		{"empty", `{"keys":[]}`, [2]string{"keys", "must not be empty; DELETE removes all keys"}},
		{"six keys", keySet(key("a"), key("b"), key("c"), key("d"), key("e"), key("f")), [2]string{"keys", "must have at most 5 keys"}},
		{"kty", keySet(key("a", "kty", `"EC"`)), [2]string{"keys[0].kty", "kty must be RSA"}},
		{"no use", keySet(key("a", "use", "")), [2]string{"keys[0].use", "use must be sig"}},
		{"use enc", keySet(key("a", "use", `"enc"`)), [2]string{"keys[0].use", "use must be sig"}},
		{"no alg", keySet(key("a", "alg", "")), [2]string{"keys[0].alg", "alg must be RS256 or RS512"}},
		{"alg", keySet(key("a"), key("b", "alg", `"ES256"`)), [2]string{"keys[1].alg", "alg must be RS256 or RS512"}},
		{"no kid", keySet(key("a", "kid", "")), [2]string{"keys[0].kid", "kid must be letters, digits, dots, underscores and hyphens"}},
		{"kid", keySet(key("a/b")), [2]string{"keys[0].kid", "kid must be letters, digits, dots, underscores and hyphens"}},
		{"no n", keySet(key("a", "n", "")), [2]string{"keys[0].n", "n must be base64url without padding"}},
		{"n", keySet(key("a", "n", `"AQAB="`)), [2]string{"keys[0].n", "n must be base64url without padding"}},
		{"short n", keySet(key("a", "n", `"`+short+`"`)), [2]string{"keys[0].n", "n must be an RSA modulus of at least 2048 bits"}},
		{"even n", keySet(key("a", "n", `"`+base64.RawURLEncoding.EncodeToString(even)+`"`)), [2]string{"keys[0].n", "n must be an RSA modulus of at least 2048 bits"}},
		{"no e", keySet(key("a", "e", "")), [2]string{"keys[0].e", "e must be base64url without padding"}},
		{"even e", keySet(key("a", "e", `"AQAA"`)), [2]string{"keys[0].e", "e must be an odd RSA exponent from 3 to 2147483647"}},
		{"e of one", keySet(key("a", "e", `"AQ"`)), [2]string{"keys[0].e", "e must be an odd RSA exponent from 3 to 2147483647"}},
		{"huge e", keySet(key("a", "e", `"AQAAAAAAAAAB"`)), [2]string{"keys[0].e", "e must be an odd RSA exponent from 3 to 2147483647"}},
		{"past exp", keySet(key("a", "exp", fmt.Sprint(w.clock.now().Unix()))), [2]string{"keys[0].exp", "exp must be in the future"}},
		{"exp with fraction", keySet(key("a", "exp", "1.5")), [2]string{"keys[0]", "must have text in every member, whole seconds in exp, and a list of texts in x5c"}},
		{"not an object", keySet(`"a"`), [2]string{"keys[0]", "must be a JSON object"}},
		{"no certificate", keySet(key("a", "x5c", `["MIIF"]`)), [2]string{"keys[0].x5c", "x5c must begin with the certificate of the key, in base64"}},
		{"another's certificate", keySet(key("a", "x5c", certificateOf(issuerKey()))), [2]string{"keys[0].x5c", "x5c must begin with the certificate of the key, in base64"}},
		{"private d", keySet(key("a", "d", `"AQAB"`)), private("d")},
		{"private p", keySet(key("a", "p", `"AQAB"`)), private("p")},
		{"private q", keySet(key("a", "q", `"AQAB"`)), private("q")},
		{"private dp", keySet(key("a", "dp", `"AQAB"`)), private("dp")},
		{"private dq", keySet(key("a", "dq", `null`)), private("dq")},
		{"private qi", keySet(key("a", "qi", `"AQAB"`)), private("qi")},
	}
	for _, tt := range tests {
		w.refused(tt.name, w.send("POST", "/clients/"+id+"/jwks", tt.body), 400, invalid("jwks", tt.field))
	}
	w.refused("array", w.send("POST", "/clients/"+id+"/jwks", "["+key("a")+"]"), 400, problem("400", "bad_request",
		"The body is not a JSON object of the right form", ""))
	w.refused("same kid twice", w.send("POST", "/clients/"+id+"/jwks", keySet(key("a"), key("a"))), 409,
		problem("409", "conflict", "the kid a is given twice", ""))

	other := w.create()
	w.refused("kid of another client", w.send("POST", "/clients/"+other+"/jwks", keySet(key("before"))), 409,
		problem("409", "conflict", "the kid before is in use by another client", ""))
	var set selfservice.KeySet
	w.ok("GET", "/clients/"+id+"/jwks", "", &set)
	if len(set.Keys) != 1 || set.Keys[0].KeyID != "before" {
		t.Errorf("a refused set changed the keys: %v", set.Keys)
	}
}

func TestSetKeyExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("a"), key("b")), nil)
	before, err := w.registry.Registration(id)
	w.must(err)
	past := w.clock.now().Add(-time.Hour)
	w.must(w.registry.SetKeyExpiry(id, "a", past))
	var set selfservice.KeySet
	w.ok("GET", "/clients/"+id+"/jwks", "", &set)
	if set.Keys[0].Expires != past.Unix() || set.Keys[1].Expires <= past.Unix() {
		t.Errorf("keys are %v", set.Keys)
	}
	if before.Keys.Keys[0].Expires == past.Unix() {
		t.Error("a registration that was handed out has changed")
	}
	if w.registry.SetKeyExpiry(id, "c", past) == nil || w.registry.SetKeyExpiry("x", "a", past) == nil {
		t.Error("no error for an unknown key or client")
	}
}

func TestRegistrationAsOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.clock.now()
	id := w.create()
	for i := range 30 {
		w.clock.advance(time.Minute)
		w.ok("POST", "/clients/"+id+"/jwks", keySet(key(fmt.Sprintf("minute-%d", i+1))), nil)
	}
	if got := w.registry.RegistrationAsOf(id, start.Add(-time.Second)); got != nil {
		t.Error("the client was there before it was made")
	}
	for ago := range 10 {
		at := w.clock.now().Add(-time.Duration(ago)*time.Minute + time.Second)
		got := w.registry.RegistrationAsOf(id, at)
		if want := fmt.Sprintf("minute-%d", 30-ago); got == nil || got.Keys.Keys[0].KeyID != want {
			t.Errorf("%d minutes ago: %v, want %s", ago, got, want)
		}
	}
	if w.registry.RegistrationAsOf("x", start) != nil {
		t.Error("an unknown client is there")
	}
}
