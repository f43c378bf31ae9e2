package jwk

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/stafett/stafett/secret"
)

// maximumText bounds the text of a key, in bytes. Key Vault holds at most
// 25 600; a key of [MaximumBits] takes about 10 000.
const maximumText = 32 << 10

// requiredMembers are those that each of Altinn's libraries reads, in the order
// in which a missing one is named.
var requiredMembers = []string{"kty", "use", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"}

// privateMembers are the members of any JSON Web Key that must not be shown
// (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// ParseEncoded reads the value of the setting EncodedJwk as strictly as the
// libraries that will read it: standard base64 with padding, in which spaces,
// tabs and line breaks are passed over, of the UTF-8 text of one JSON object.
// What the object must hold is said at [ParsePrivate]. Each failure is a
// [*FormatError].
func ParseEncoded(encoded secret.String) (*Key, error) {
	text, err := decodeBase64(encoded.Reveal())
	if err != nil {
		return nil, err
	}
	return parseObject(text)
}

// ParsePrivate reads one private JSON Web Key. It must be an RSA key of at least
// [MinimumBits] for signatures, with all of kty, use, kid, alg, n, e, d, p, q,
// dp, dq and qi, whose numbers belong together: n = p·q, d·e ≡ 1 modulo p−1 and
// q−1, dp and dq are d reduced by the same, and qi·q ≡ 1 modulo p. Further
// members are passed over; see [Key.Notes]. Each failure is a [*FormatError].
func ParsePrivate(text secret.String) (*Key, error) {
	return parseObject([]byte(text.Reveal()))
}

func parseObject(text []byte) (*Key, error) {
	members, err := readObject(text)
	if err != nil {
		return nil, err
	}
	if _, isSet := members["keys"]; isSet {
		return nil, &FormatError{Problem: KeySet, Detail: "this is a set of keys, where one key is wanted"}
	}
	if _, hasType := members["kty"]; !hasType && members["n"] == nil {
		return nil, &FormatError{Problem: NotJWK, Detail: "this is a JSON object, but not a JSON Web Key"}
	}

	values, err := stringMembers(members)
	if err != nil {
		return nil, err
	}
	numbers, notes, err := readNumbers(values)
	if err != nil {
		return nil, err
	}
	private, err := assemble(numbers)
	if err != nil {
		return nil, err
	}
	notes = append(notes, memberNotes(members)...)
	notes = append(notes, lengthNotes(values, private.Size())...)
	return newKey(private, values["use"], values["alg"], values["kid"], notes), nil
}

// stringMembers returns the required members, all present and of the kind that
// a signing RSA key has.
func stringMembers(members map[string]json.RawMessage) (map[string]string, error) {
	values := make(map[string]string, len(requiredMembers))
	var missing []string
	for _, name := range requiredMembers {
		raw, present := members[name]
		if !present || string(raw) == "null" {
			missing = append(missing, name)
			continue
		}
		var value string
		if err := json.Unmarshal(raw, &value); err != nil {
			return nil, badMember(name, "is not a string")
		}
		if value == "" {
			missing = append(missing, name)
		}
		values[name] = value
	}

	if kty := values["kty"]; kty != "" && kty != "RSA" {
		return nil, &FormatError{Problem: NotRSA, Detail: fmt.Sprintf("kty is %q, and only RSA can be used", shorten(kty)), Members: []string{"kty"}}
	}
	if !slices.Contains(missing, "n") && containsAll(missing, []string{"d", "p", "q", "dp", "dq", "qi"}) {
		return nil, &FormatError{Problem: PublicOnly, Detail: "this is the public part of a key only; none of d, p, q, dp, dq and qi is there"}
	}
	if len(missing) > 0 {
		return nil, &FormatError{Problem: MissingMembers, Detail: "missing or empty: " + strings.Join(missing, ", "), Members: missing}
	}
	if use := values["use"]; use != "sig" {
		return nil, badMember("use", fmt.Sprintf("is %q, and must be sig", shorten(use)))
	}
	if alg := values["alg"]; alg != "RS256" && alg != "RS384" && alg != "RS512" {
		return nil, badMember("alg", fmt.Sprintf("is %q, and must be RS256, RS384 or RS512", shorten(alg)))
	}
	return values, nil
}

// numberMembers are the members that hold an integer as base64url.
var numberMembers = []string{"n", "e", "d", "p", "q", "dp", "dq", "qi"}

func readNumbers(values map[string]string) (map[string]*big.Int, []string, error) {
	numbers := make(map[string]*big.Int, len(numberMembers))
	var notes []string
	for _, name := range numberMembers {
		text := values[name]
		if trimmed := strings.TrimRight(text, "="); trimmed != text {
			notes = append(notes, name+" ends in padding, which base64url members do not have")
			text = trimmed
		}
		octets, err := decodeMember(text)
		switch {
		case err != nil && strings.ContainsAny(text, "+/"):
			return nil, nil, badMember(name, "is in standard base64; the members inside a key are base64url")
		case err != nil:
			return nil, nil, badMember(name, "is not base64url")
		}
		numbers[name] = new(big.Int).SetBytes(octets)
	}
	return numbers, notes, nil
}

// decodeMember decodes base64url without padding (RFC 7515 section 2). Go's own
// decoder passes over line breaks, which no other reader of keys does.
func decodeMember(text string) ([]byte, error) {
	if at := strings.IndexAny(text, "\r\n"); at >= 0 {
		return nil, base64.CorruptInputError(at)
	}
	return base64.RawURLEncoding.DecodeString(text)
}

// assemble checks sizes, ranges and arithmetic, and gives the key that they
// make.
func assemble(numbers map[string]*big.Int) (*rsa.PrivateKey, error) {
	n, e := numbers["n"], numbers["e"]
	switch bits := n.BitLen(); {
	case bits < MinimumBits:
		return nil, &FormatError{Problem: TooShort, Detail: fmt.Sprintf("the key has %d bits, and at least %d are needed", bits, MinimumBits), Members: []string{"n"}}
	case bits > MaximumBits:
		return nil, badMember("n", fmt.Sprintf("has %d bits, and at most %d are supported", bits, MaximumBits))
	}
	if e.BitLen() > 31 || e.Cmp(big.NewInt(3)) < 0 || e.Bit(0) == 0 {
		return nil, badMember("e", "must be an odd number from 3 to 2147483647")
	}
	if err := checkArithmetic(numbers); err != nil {
		return nil, err
	}
	private := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())},
		D:         numbers["d"],
		Primes:    []*big.Int{numbers["p"], numbers["q"]},
	}
	private.Precompute()
	if err := private.Validate(); err != nil {
		return nil, arithmetic("the key is refused: "+strings.TrimPrefix(err.Error(), "crypto/rsa: "), "n", "p", "q")
	}
	return private, nil
}

func checkArithmetic(numbers map[string]*big.Int) error {
	n, e, d, p, q := numbers["n"], numbers["e"], numbers["d"], numbers["p"], numbers["q"]
	one := big.NewInt(1)
	if p.Cmp(one) <= 0 || q.Cmp(one) <= 0 || new(big.Int).Mul(p, q).Cmp(n) != 0 {
		return arithmetic("n is not p·q, so the members come from different keys or one is damaged", "n", "p", "q")
	}
	if !p.ProbablyPrime(0) || !q.ProbablyPrime(0) {
		return arithmetic("p and q are not both prime", "p", "q")
	}
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	if d.Cmp(one) <= 0 || d.Cmp(n) >= 0 {
		return arithmetic("d is not between 1 and n", "d")
	}
	de := new(big.Int).Mul(d, e)
	if new(big.Int).Mod(de, p1).Cmp(one) != 0 || new(big.Int).Mod(de, q1).Cmp(one) != 0 {
		return arithmetic("d is not the inverse of e", "d", "e")
	}
	if numbers["dp"].Cmp(new(big.Int).Mod(d, p1)) != 0 {
		return arithmetic("dp is not d modulo p-1", "dp")
	}
	if numbers["dq"].Cmp(new(big.Int).Mod(d, q1)) != 0 {
		return arithmetic("dq is not d modulo q-1", "dq")
	}
	qi := numbers["qi"]
	if qi.Cmp(p) >= 0 || new(big.Int).Mod(new(big.Int).Mul(qi, q), p).Cmp(one) != 0 {
		return arithmetic("qi is not the inverse of q modulo p", "qi")
	}
	return nil
}

// memberNotes tells of what is there besides the twelve, and of a key id that
// could not be registered.
func memberNotes(members map[string]json.RawMessage) []string {
	var notes []string
	for name, raw := range members {
		if !slices.Contains(requiredMembers, name) && !strings.HasPrefix(string(raw), `"`) {
			notes = append(notes, fmt.Sprintf("%s is not a string; Altinn Broker reads keys whose members are all strings", shorten(name)))
		}
	}
	slices.Sort(notes)
	var keyID string
	if err := json.Unmarshal(members["kid"], &keyID); err == nil && !validKeyID.MatchString(keyID) {
		notes = append(notes, "kid holds other characters than letters, digits, dot, underscore and hyphen; Digdir's self-service refuses such a key")
	}
	return notes
}

// lengthNotes tells of numbers whose count of octets differs from what .NET's
// RSAParameters ask for on Windows: the modulus's own for d, half of it for the
// rest. Elsewhere .NET takes leading zeros as they come.
func lengthNotes(values map[string]string, size int) []string {
	var notes []string
	for _, name := range numberMembers {
		want := (size + 1) / 2
		switch name {
		case "e":
			continue
		case "n", "d":
			want = size
		}
		have := base64.RawURLEncoding.DecodedLen(len(strings.TrimRight(values[name], "=")))
		if have != want {
			notes = append(notes, fmt.Sprintf("%s has %d octets where .NET on Windows wants %d; leading zeros were dropped or added", name, have, want))
		}
	}
	return notes
}

func badMember(name, what string) *FormatError {
	return &FormatError{Problem: BadMember, Detail: name + " " + what, Members: []string{name}}
}

func arithmetic(detail string, members ...string) *FormatError {
	return &FormatError{Problem: Arithmetic, Detail: detail, Members: members}
}

func containsAll(set, wanted []string) bool {
	for _, name := range wanted {
		if !slices.Contains(set, name) {
			return false
		}
	}
	return true
}

// shorten keeps a value that is named in a message from being a whole misplaced
// secret.
func shorten(text string) string {
	const limit = 24
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
