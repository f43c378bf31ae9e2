package clients_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/secret"
)

// keyCase is a value of EncodedJwk. refused says which part of .NET refuses it; empty is none, and a signature verifies. strict says
// that jwk.ParseEncoded refuses all the same, since there are readers of Altinn's that would, or since the key is none for Maskinporten.
type keyCase struct {
	name, encoded, refused string
	strict                 bool
	key                    *rsa.PublicKey
}

type keyAnswer struct {
	Refused   string
	Signature []byte
}

func (c keyCase) compare(t *testing.T, answer keyAnswer) {
	t.Helper()
	if answer.Refused != c.refused {
		t.Errorf("%s: .NET says %q, want %q", c.name, answer.Refused, c.refused)
	}
	if _, err := jwk.ParseEncoded(secret.New(c.encoded)); (err != nil) != (c.strict || c.refused != "") {
		t.Errorf("%s: %v", c.name, err)
	}
	sum := sha256.Sum256([]byte("signed"))
	if answer.Refused == "" && rsa.VerifyPKCS1v15(c.key, crypto.SHA256, sum[:], answer.Signature) != nil {
		t.Errorf("%s: .NET reads another key", c.name)
	}
}

func keyCases(t *testing.T) []keyCase {
	t.Helper()
	file, err := os.ReadFile(theWorld(t).ready.Seed.SelfServiceJWK)
	check(t, err)
	made, err := jwk.ParsePrivate(secret.New(string(file)))
	check(t, err)
	text := made.JSON().Reveal()
	var members map[string]string
	check(t, json.Unmarshal([]byte(text), &members))
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	encoded := encode(text)
	spaced := encode(text + " ")
	for strings.HasSuffix(spaced, "==") || !strings.HasSuffix(spaced, "=") {
		text += " "
		spaced = encode(text)
	}
	number := func(name string) *big.Int {
		octets, err := base64.RawURLEncoding.DecodeString(members[name])
		check(t, err)
		return new(big.Int).SetBytes(octets)
	}
	public := &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	with := func(name, value string) string {
		return encode(strings.Replace(text, `"`+name+`":"`+members[name]+`"`, `"`+name+`":`+value, 1))
	}
	zeros := func(name string) string {
		octets := append([]byte{0}, number(name).Bytes()...)
		return with(name, `"`+base64.RawURLEncoding.EncodeToString(octets)+`"`)
	}
	cases := []keyCase{
		{name: "as made", encoded: encoded},
		{name: "spaces", encoded: " " + encoded[:7] + "  " + encoded[7:] + " "},
		{name: "lines", encoded: encoded[:64] + "\r\n" + encoded[64:128] + "\n" + encoded[128:] + "\r\n"},
		{name: "tabs", encoded: "\t" + encoded[:2] + "\t" + encoded[2:]},
		{name: "space in the padding", encoded: spaced[:len(spaced)-1] + " ="},
		{name: "vertical tab", encoded: encoded[:8] + "\v" + encoded[8:], refused: "base64"},
		{name: "form feed", encoded: encoded + "\f", refused: "base64"},
		{name: "no-break space", encoded: encoded + "\u00a0", refused: "base64"},
		{name: "byte order mark before it", encoded: "\ufeff" + encoded, refused: "base64"},
		{name: "nul", encoded: encoded + "\x00", refused: "base64"},
		{name: "quotes", encoded: `"` + encoded + `"`, refused: "base64"},
		{name: "no padding", encoded: strings.TrimRight(spaced, "="), refused: "base64"},
		{name: "too much padding", encoded: spaced + "=", refused: "base64"},
		{name: "padding in the middle", encoded: spaced + spaced, refused: "base64"},
		{name: "padding alone", encoded: "====", refused: "base64"},
		{name: "URL alphabet", encoded: base64.URLEncoding.EncodeToString([]byte(strings.Replace(text, "{", `{"x5t":"???>>>ÿÿÿ~~~",`, 1))), refused: "base64"},
		{name: "bits that are left over", encoded: leftOver(spaced)},
		{name: "cut off", encoded: encoded[:len(encoded)/2/4*4], refused: "JSON"},
		{name: "cut off by one", encoded: encoded[:len(encoded)/4*4-5], refused: "base64"},
		{name: "nothing", encoded: "", refused: "JSON"},
		{name: "white space alone", encoded: " \n", refused: "JSON"},
		{name: "not encoded", encoded: text, refused: "base64"},
		{name: "encoded twice", encoded: encode(encoded), refused: "JSON"},
		{name: "byte order mark within", encoded: encode("\ufeff" + text), refused: "JSON"},
		{name: "list", encoded: encode("[" + text + "]"), refused: "JSON"},
		{name: "set", encoded: encode(`{"keys":[` + text + `]}`), refused: "JSON"},
		{name: "null", encoded: encode("null"), refused: "member"},
		{name: "no key", encoded: encode("{}"), refused: "member"},
		{name: "white space around the JSON", encoded: encode("\r\n\t " + text + "\n")},
		{name: "more after", encoded: encode(text + "x"), refused: "JSON"},
		{name: "nul after", encoded: encode(text + "\x00"), refused: "JSON"},
		{name: "trailing comma", encoded: encode(strings.TrimSuffix(strings.TrimSpace(text), "}") + ",}"), refused: "JSON"},
		{name: "comment", encoded: encode("/**/" + text), refused: "JSON"},
		{name: "member twice", encoded: encode(strings.Replace(text, "{", `{"kid":"other",`, 1)), strict: true},
		{name: "further text", encoded: encode(strings.Replace(text, "{", `{"x5t":"æøå",`, 1))},
		{name: "escapes", encoded: encode(strings.Replace(text, `"e":`, `"\u0065":`, 1))},
		{name: "names in another case", encoded: encode(strings.Replace(text, `"n":`, `"N":`, 1)), refused: "member"},
		{name: "number for a text", encoded: with("kid", "1"), refused: "JSON"},
		{name: "null for a text", encoded: with("kid", "null"), strict: true},
		{name: "null for a number of the key", encoded: with("d", "null"), refused: "RSA"},
		{name: "padding within", encoded: with("e", `"`+padded(members["e"])+`"`)},
		{name: "standard alphabet within", encoded: with("n", `"`+strings.NewReplacer("-", "+", "_", "/").Replace(members["n"])+`"`), refused: "member"},
		{name: "line break within", encoded: with("n", `"`+members["n"][:8]+`\n`+members["n"][8:]+`"`), strict: true},
		{name: "zeros before n", encoded: zeros("n")},
		{name: "zeros before d", encoded: zeros("d")},
		{name: "zeros before p", encoded: zeros("p")},
		{name: "zeros before e", encoded: zeros("e")},
		{name: "other dp", encoded: with("dp", `"`+members["dq"]+`"`), refused: "RSA"},
		{name: "p and q the other way", encoded: encode(strings.NewReplacer(`"p":`, `"q":`, `"q":`, `"p":`).Replace(text)), refused: "RSA"},
	}
	for i := range cases {
		cases[i].key = public
	}
	return cases
}

// padded is a member as base64url with padding.
func padded(member string) string { return member + strings.Repeat("=", (4-len(member)%4)%4) }

// leftOver sets one of the bits that the last letter before the padding has too many of.
func leftOver(encoded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := strings.IndexByte(encoded, '=') - 1
	return encoded[:at] + string(alphabet[strings.IndexByte(alphabet, encoded[at])|1]) + encoded[at+1:]
}
