package jwk_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/secret"
)

// aKey is one key for all tests that only read it, since making one takes time.
var aKey = sync.OnceValue(func() *jwk.Key {
	key, err := jwk.Generate("fts-tt02-1", jwk.DefaultBits)
	if err != nil {
		panic(err)
	}
	return key
})

func TestGeneratedKeyReadsBackAsItself(t *testing.T) {
	t.Parallel()
	key := aKey()
	if got := key.PrivateKey().N.BitLen(); got != 2048 {
		t.Errorf("the modulus has %d bits", got)
	}
	fromEncoded, err := jwk.ParseEncoded(key.Encoded())
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := jwk.ParsePrivate(key.JSON())
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range []*jwk.Key{fromEncoded, fromJSON} {
		if !read.PrivateKey().Equal(key.PrivateKey()) || read.KeyID() != "fts-tt02-1" {
			t.Error("the key read is another than the key written")
		}
		if !read.Encoded().Equal(key.Encoded()) {
			t.Error("writing the key again gives another text")
		}
		if notes := read.Notes(); len(notes) != 0 {
			t.Errorf("notes on our own form: %q", notes)
		}
	}
}

func TestEncodedIsStandardBase64OfTwelveStrings(t *testing.T) {
	t.Parallel()
	text, err := base64.StdEncoding.Strict().DecodeString(aKey().Encoded().Reveal())
	if err != nil {
		t.Fatalf("not strict standard base64: %v", err)
	}
	// Altinn Broker reads the value into a map of strings.
	var members map[string]string
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("not an object of strings: %v", err)
	}
	for _, name := range []string{"kty", "use", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"} {
		if members[name] == "" {
			t.Errorf("member %s is missing", name)
		}
	}
	if len(members) != 12 {
		t.Errorf("%d members, want 12", len(members))
	}
	for name, octets := range map[string]int{"n": 256, "d": 256, "p": 128, "q": 128, "dp": 128, "dq": 128, "qi": 128} {
		decoded, err := base64.RawURLEncoding.DecodeString(members[name])
		if err != nil || len(decoded) != octets {
			t.Errorf("member %s has %d octets (%v), want %d", name, len(decoded), err, octets)
		}
	}
	if members["e"] != "AQAB" || members["kty"] != "RSA" || members["use"] != "sig" || members["alg"] != "RS256" {
		t.Errorf("kty %q, use %q, alg %q, e %q", members["kty"], members["use"], members["alg"], members["e"])
	}
}

// An independent reader must agree on what was written.
func TestGoJoseReadsTheKey(t *testing.T) {
	t.Parallel()
	key := aKey()
	var private jose.JSONWebKey
	if err := private.UnmarshalJSON([]byte(key.JSON().Reveal())); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("message"))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private.Key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPKCS1v15(&key.PrivateKey().PublicKey, crypto.SHA256, digest[:], signature); err != nil {
		t.Error(err)
	}

	thumbprint, err := private.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := key.Public().Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	if want := base64.RawURLEncoding.EncodeToString(thumbprint); ours != want {
		t.Errorf("thumbprint %s, go-jose says %s", ours, want)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		keyID string
		bits  int
		want  string
	}{
		{"fts", 1024, "1024 bits is outside 2048 to 8192"},
		{"fts", 0, "0 bits is outside"},
		{"fts", 1 << 20, "is outside"},
		{"", 2048, "may hold only"},
		{"fts/tt02", 2048, "may hold only"},
	} {
		_, err := jwk.Generate(test.keyID, test.bits)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Generate(%q, %d): %v, want %q", test.keyID, test.bits, err, test.want)
		}
	}
}

func TestNewKeyIDIsUniqueAndRegistrable(t *testing.T) {
	t.Parallel()
	first, second := jwk.NewKeyID("fts", "tt02"), jwk.NewKeyID("fts", "tt02")
	form := regexp.MustCompile(`^fts-tt02-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !form.MatchString(first) || first == second {
		t.Errorf("key ids %q and %q", first, second)
	}
}

func TestKeyNeverPrintsItsContent(t *testing.T) {
	t.Parallel()
	key := aKey()
	type holder struct {
		Pointer    *jwk.Key
		Value      jwk.Key
		unexported *jwk.Key
		hidden     jwk.Key
	}
	h := holder{key, *key, key, *key}

	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10s", "%p", "%o"} {
		for _, v := range []any{key, *key, h, &h, []*jwk.Key{key}, []jwk.Key{*key}, map[string]jwk.Key{"k": *key}} {
			fmt.Fprintf(&printed, verb+"\n", v)
		}
	}
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "key", key, "value", *key, "holder", h)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "key", key, "value", *key, "holder", h)
	for _, v := range []any{key, *key, h, map[string]any{"k": key}} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(encoded)
	}
	type document struct{ Key *jwk.Key }
	encoded, err := xml.Marshal(document{key})
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(encoded)

	private := key.PrivateKey()
	out := strings.ToLower(printed.String())
	for name, leak := range map[string]string{
		"d in hex":     private.D.Text(16)[:24],
		"d in decimal": private.D.String()[:24],
		"p in decimal": private.Primes[0].String()[:24],
		"q in hex":     private.Primes[1].Text(16)[:24],
		"d in base64":  strings.ToLower(base64.RawURLEncoding.EncodeToString(private.D.Bytes())[:24]),
		"the encoding": strings.ToLower(key.Encoded().Reveal()[:64]),
	} {
		if strings.Contains(out, leak) {
			t.Errorf("%s is printed", name)
		}
	}
	if !strings.Contains(out, secret.Redacted) {
		t.Errorf("output lacks %q", secret.Redacted)
	}
	var read jwk.Key
	if err := json.Unmarshal([]byte(key.JSON().Reveal()), &read); err == nil {
		t.Error("json.Unmarshal reads a private key past the checks")
	}
}

func BenchmarkParseEncoded(b *testing.B) {
	encoded := aKey().Encoded()
	for b.Loop() {
		if _, err := jwk.ParseEncoded(encoded); err != nil {
			b.Fatal(err)
		}
	}
}
