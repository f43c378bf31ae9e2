package jwk_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/secret"
)

// members returns the twelve members of the test key, to be changed.
func members(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(aKey().JSON().Reveal()), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// with returns JSON of the test key with some members changed; nil removes one.
func with(t testing.TB, changes map[string]any) string {
	t.Helper()
	m := members(t)
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func integer(v *big.Int) string { return base64.RawURLEncoding.EncodeToString(v.Bytes()) }

// shortKey is a sound key of 1024 bits, as the JSON of a private key.
func shortKey(t testing.TB) string {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return with(t, map[string]any{
		"n": integer(key.N), "d": integer(key.D), "p": integer(key.Primes[0]), "q": integer(key.Primes[1]),
		"dp": integer(key.Precomputed.Dp), "dq": integer(key.Precomputed.Dq), "qi": integer(key.Precomputed.Qinv),
	})
}

func TestParseEncodedSaysWhatIsWrong(t *testing.T) {
	whole := aKey().JSON().Reveal()
	encoded := aKey().Encoded().Reveal()
	public, err := json.Marshal(aKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(aKey().PrivateKey())
	if err != nil {
		t.Fatal(err)
	}
	pemText := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	// One byte more or less, so that the base64 of it ends in padding.
	padded := whole
	for len(padded)%3 == 0 {
		padded += " "
	}
	// A kid whose base64 has a character that differs between the alphabets.
	withSlashes := with(t, map[string]any{"kid": "???>>>???>>>???"})
	var inUTF16 bytes.Buffer
	for _, unit := range utf16.Encode([]rune(whole)) {
		inUTF16.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	p := aKey().PrivateKey().Primes[0]
	const (
		newKey      = "make a new key"
		copyAgain   = "store the whole of it again"
		encodeAgain = "encode"
	)

	for _, test := range []struct {
		name    string
		encoded string
		problem jwk.Problem
		remedy  string // a part of it
		detail  string
	}{
		{"nothing", "", jwk.Empty, newKey, "the value is empty"},
		{"white space", " \r\n", jwk.Empty, newKey, "empty"},
		{"base64 of nothing", b64(" "), jwk.Empty, newKey, "empty"},
		{"cut off in the base64", encoded[:len(encoded)/2+1], jwk.Truncated, copyAgain, "cut off"},
		{"cut off at a group of four", encoded[:len(encoded)/2&^3], jwk.Truncated, copyAgain, "cut off"},
		{"without padding", strings.TrimRight(b64(padded), "="), jwk.PaddingMissing, encodeAgain, "lacks its padding"},
		{"url alphabet", base64.URLEncoding.EncodeToString([]byte(withSlashes)), jwk.URLAlphabet, encodeAgain, "base64url"},
		{"url alphabet without padding", base64.RawURLEncoding.EncodeToString([]byte(withSlashes)), jwk.URLAlphabet, encodeAgain, "base64url"},
		{"quotes", `"` + encoded + `"`, jwk.NotBase64, copyAgain, `character 1 is '"'`},
		{"no-break space", encoded[:40] + "\u00a0" + encoded[40:], jwk.NotBase64, copyAgain, "character 41"},
		{"padding in the middle", encoded[:40] + "=" + encoded[40:], jwk.NotBase64, copyAgain, "character 41"},
		{"the JSON itself", whole, jwk.NotEncoded, encodeAgain, "the value is JSON"},
		{"the JSON in an array", "[" + whole + "]", jwk.KeyArray, encodeAgain, "array"},
		{"PEM itself", pemText, jwk.PEM, encodeAgain, "PEM"},
		{"base64 of PEM", b64(pemText), jwk.PEM, encodeAgain, "PEM"},
		{"base64 of DER", base64.StdEncoding.EncodeToString(der), jwk.NotJWK, newKey, "binary"},
		{"encoded twice", b64(encoded), jwk.DoublyEncoded, encodeAgain, "twice"},
		{"byte order mark", b64("\ufeff" + whole), jwk.ByteOrderMark, encodeAgain, "byte order mark"},
		{"UTF-16", base64.StdEncoding.EncodeToString(inUTF16.Bytes()), jwk.UTF16, encodeAgain, "UTF-16"},
		{"UTF-16 with its mark", b64("\xff\xfe" + inUTF16.String()), jwk.UTF16, encodeAgain, "UTF-16"},
		{"set", b64(`{"keys":[` + whole + `]}`), jwk.KeySet, encodeAgain, "set of keys"},
		{"array", b64("[" + whole + "]"), jwk.KeyArray, encodeAgain, "array"},
		{"settings file", b64(`{"MaskinportenSettings":{}}`), jwk.NotJWK, newKey, "not a JSON Web Key"},
		{"a sentence", b64("hemmelig"), jwk.NotJWK, newKey, "text, but not"},
		{"two objects", b64(whole + whole), jwk.NotJWK, newKey, "more text after"},
		{"a comma too many", b64(strings.Replace(whole, ",", ",,", 1)), jwk.NotJWK, newKey, "not valid JSON"},
		{"another type of key", b64(`{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","d":"AQ","n":"AQ"}`), jwk.NotRSA, newKey, `kty is "EC"`},
		{"public part only", b64(string(public)), jwk.PublicOnly, newKey, "public part of a key only"},
		{"no kid", b64(with(t, map[string]any{"kid": nil})), jwk.MissingMembers, newKey, "missing or empty: kid"},
		{"null and empty members", b64(strings.Replace(with(t, map[string]any{"use": ""}), `"dq":"`, `"dq":null,"dq2":"`, 1)), jwk.MissingMembers, newKey, "use, dq"},
		{"no CRT members", b64(with(t, map[string]any{"dp": nil, "dq": nil, "qi": nil})), jwk.MissingMembers, newKey, "dp, dq, qi"},
		{"a member twice", b64(strings.Replace(whole, "{", `{"kid":"x",`, 1)), jwk.DuplicateMember, copyAgain, `"kid" is there twice`},
		{"for encryption", b64(with(t, map[string]any{"use": "enc"})), jwk.BadMember, newKey, `use is "enc"`},
		{"another algorithm", b64(with(t, map[string]any{"alg": "PS256"})), jwk.BadMember, newKey, `alg is "PS256"`},
		{"a number", b64(with(t, map[string]any{"n": 5})), jwk.BadMember, newKey, "n is not a string"},
		{"standard base64 inside", b64(with(t, map[string]any{"d": "ab+/"})), jwk.BadMember, newKey, "d is in standard base64"},
		{"not base64 inside", b64(with(t, map[string]any{"d": "ab c"})), jwk.BadMember, newKey, "d is not base64url"},
		{"even exponent", b64(with(t, map[string]any{"e": "Ag"})), jwk.BadMember, newKey, "e must be an odd number"},
		{"long exponent", b64(with(t, map[string]any{"e": "AQAAAAE"})), jwk.BadMember, newKey, "e must be an odd number"},
		{"too short", b64(shortKey(t)), jwk.TooShort, newKey, "1024 bits"},
		{"members of two keys", b64(with(t, map[string]any{"p": integer(new(big.Int).Add(p, big.NewInt(2)))})), jwk.Arithmetic, copyAgain, "n is not p·q"},
		{"p is one", b64(with(t, map[string]any{"p": "AQ", "q": integer(aKey().PrivateKey().N)})), jwk.Arithmetic, copyAgain, "n is not p·q"},
		{"wrong d", b64(with(t, map[string]any{"d": integer(new(big.Int).Sub(aKey().PrivateKey().D, big.NewInt(2)))})), jwk.Arithmetic, copyAgain, "d is not the inverse of e"},
		{"d is one", b64(with(t, map[string]any{"d": "AQ"})), jwk.Arithmetic, copyAgain, "d is not between"},
		{"wrong dp", b64(with(t, map[string]any{"dp": "AQ"})), jwk.Arithmetic, copyAgain, "dp is not"},
		{"wrong dq", b64(with(t, map[string]any{"dq": "AQ"})), jwk.Arithmetic, copyAgain, "dq is not"},
		{"wrong qi", b64(with(t, map[string]any{"qi": "AQ"})), jwk.Arithmetic, copyAgain, "qi is not"},
		{"too long", strings.Repeat("A", 40_000), jwk.TooLong, newKey, "40000 characters"},
		{"modulus too long", b64(with(t, map[string]any{"n": strings.Repeat("_", 1600)})), jwk.BadMember, newKey, "9600 bits"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := jwk.ParseEncoded(secret.New(test.encoded))
			if err == nil {
				t.Fatalf("read as key %q", key.KeyID())
			}
			format, ok := errors.AsType[*jwk.FormatError](err)
			if !ok {
				t.Fatalf("%T: %v, want a *FormatError", err, err)
			}
			if format.Problem != test.problem || !strings.Contains(format.Remedy(), test.remedy) || !strings.Contains(err.Error(), test.detail) {
				t.Errorf("%s, %s: %v\nwant %s, …%s…: …%s…", format.Problem, format.Remedy(), err, test.problem, test.remedy, test.detail)
			}
			if first := format.Remedy()[0]; first < 'a' || first > 'z' || strings.HasSuffix(format.Remedy(), ".") {
				t.Errorf("remedy %q is no clause", format.Remedy())
			}
			if len(err.Error()) > 160 {
				t.Errorf("the message has %d characters, so it may hold a part of the value", len(err.Error()))
			}
		})
	}
}

// .NET passes over these four characters, and no others.
func TestParseEncodedPassesOverWhiteSpace(t *testing.T) {
	t.Parallel()
	encoded := aKey().Encoded().Reveal()
	var spread strings.Builder
	for i, r := range encoded {
		spread.WriteRune(r)
		if i%64 == 63 {
			spread.WriteString("\r\n\t ")
		}
	}
	key, err := jwk.ParseEncoded(secret.New(" " + spread.String() + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !key.PrivateKey().Equal(aKey().PrivateKey()) {
		t.Error("another key was read")
	}
}

func TestNotesNameWhatSomeReadersStumbleOver(t *testing.T) {
	t.Parallel()
	n := aKey().PrivateKey().N
	for _, test := range []struct {
		name    string
		changes map[string]any
		want    []string
	}{
		{"strings besides the twelve", map[string]any{"x5t": "abc"}, nil},
		{"numeric exp", map[string]any{"exp": 1801556162}, []string{"exp is not a string"}},
		{"arrays", map[string]any{"key_ops": []string{"sign"}, "x5c": []string{"MII"}}, []string{"key_ops is not a string", "x5c is not a string"}},
		{"padded member", map[string]any{"e": "AQAB="}, []string{"e ends in padding"}},
		{"leading zero", map[string]any{"n": base64.RawURLEncoding.EncodeToString(append([]byte{0}, n.Bytes()...))}, []string{"n has 257 octets where .NET on Windows wants 256"}},
		{"kid that cannot be registered", map[string]any{"kid": "fts tt02"}, []string{"kid holds other characters"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key, err := jwk.ParsePrivate(secret.New(with(t, test.changes)))
			if err != nil {
				t.Fatal(err)
			}
			notes := key.Notes()
			if len(notes) != len(test.want) {
				t.Fatalf("notes %q, want %q", notes, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(notes[i], want) {
					t.Errorf("note %q, want %q", notes[i], want)
				}
			}
			if _, changed := test.changes["kid"]; changed {
				return
			}
			again, err := jwk.ParseEncoded(key.Encoded())
			if err != nil {
				t.Fatal(err)
			}
			if len(again.Notes()) != 0 {
				t.Errorf("writing the key again leaves %q", again.Notes())
			}
		})
	}
}

func TestMembersAreNamedInOneOrder(t *testing.T) {
	t.Parallel()
	_, err := jwk.ParsePrivate(secret.New(with(t, map[string]any{"qi": nil, "kid": nil, "alg": nil})))
	format, ok := errors.AsType[*jwk.FormatError](err)
	if !ok || !slices.Equal(format.Members, []string{"kid", "alg", "qi"}) {
		t.Errorf("%v, members %v", err, format.Members)
	}
}

// Other readers refuse line breaks inside a member, though Go's decoder does not
// mind them.
func TestLineBreaksInsideMembers(t *testing.T) {
	t.Parallel()
	key, err := jwk.Generate("a", jwk.MinimumBits)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(key.JSON().Reveal(), `"n":"`, `"n":"\n`, 1)
	var format *jwk.FormatError
	if _, err := jwk.ParsePrivate(secret.New(broken)); !errors.As(err, &format) || format.Problem != jwk.BadMember || !slices.Equal(format.Members, []string{"n"}) {
		t.Errorf("read with %v", err)
	}
	public := key.Public()
	public.Modulus = "\n" + public.Modulus
	if _, err := public.Thumbprint(); err == nil {
		t.Error("a thumbprint of a damaged number")
	}
}
