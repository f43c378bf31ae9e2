package doctor

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"iter"
	"regexp"
	"slices"
	"strings"
)

// leak is a secret in a file. It holds nothing of it.
type leak struct {
	line  int
	kind  string // such as "a private key (JSON Web Key)"
	isKey bool   // a private key, else another secret
}

var (
	pemKey = regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?:\s|\\[rn])*[A-Za-z0-9+/]{40}`)
	// The private exponent of an RSA key of 2048 bits has 342 characters; that of a
	// key on a curve, 43. The quotes may be escaped, as in a text inside a text.
	privateMember = regexp.MustCompile(`\\?"d\\?"\s*:\s*\\?"[A-Za-z0-9_-]{43,}`)
	keyType       = regexp.MustCompile(`\\?"kty\\?"\s*:`)
	// Secrets that Microsoft Entra makes for applications have 7Q~ or 8Q~ after
	// three characters.
	entraSecret = regexp.MustCompile(`(?:^|[^A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?:$|[^A-Za-z0-9_~.-])`)
	namedSecret = regexp.MustCompile(`(?i)"[A-Za-z0-9:_-]*(?:client_?secret|password|api_?key|access_?key)"\s*:\s*"([^"\s<>{}$#*]{12,})"`)
)

// leaks finds keys and secrets in a file, one for each line at most, in order.
func leaks(content []byte) []leak {
	var found []leak
	var ends []int // of the lines; there may be as many as there are leaks
	add := func(at int, kind string, isKey bool) {
		if ends == nil {
			ends = lineEnds(content)
		}
		before, _ := slices.BinarySearch(ends, at)
		found = append(found, leak{line: 1 + before, kind: kind, isKey: isKey})
	}
	// Most files have none of the words, and a search for a word is a hundred times
	// as fast as one for a pattern.
	has := func(word string) bool { return bytes.Contains(content, []byte(word)) }
	if has("PRIVATE KEY-----") {
		for _, at := range pemKey.FindAllIndex(content, -1) {
			add(at[0], "a private key (PEM)", true)
		}
	}
	if has("kty") && keyType.Match(content) {
		for _, at := range privateMember.FindAllIndex(content, -1) {
			add(at[0], "a private key (JSON Web Key)", true)
		}
	}
	for at, text := range base64Runs(content) {
		if encodesKey(text) {
			add(at, "a private key (JSON Web Key in base64)", true)
		}
	}
	if has("Q~") {
		for _, at := range entraSecret.FindAllIndex(content, -1) {
			add(at[0]+1, "a client secret of Microsoft Entra", false)
		}
	}
	lower := bytes.ToLower(content)
	if slices.ContainsFunc(secretWords, func(word string) bool { return bytes.Contains(lower, []byte(word)) }) {
		for _, at := range namedSecret.FindAllIndex(content, -1) {
			add(at[0], "a password or client secret", false)
		}
	}
	// Of those in one line, what was looked for first stays.
	slices.SortStableFunc(found, func(a, b leak) int { return cmp.Compare(a.line, b.line) })
	return slices.CompactFunc(found, func(a, b leak) bool { return a.line == b.line })
}

// lineEnds returns where the lines end that do.
func lineEnds(content []byte) []int {
	ends := make([]int, 0, bytes.Count(content, []byte("\n")))
	for at, c := range content {
		if c == '\n' {
			ends = append(ends, at)
		}
	}
	return ends
}

// secretWords are what the name of a secret ends with, in part.
var secretWords = []string{"secret\"", "password\"", "key\""}

// shortestKey is less than the base64 of any private key takes.
const shortestKey = 200

// base64Runs gives each run of characters of base64, of either alphabet, that is
// long enough to be a key, with its place.
func base64Runs(content []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		start := 0
		for i := 0; i <= len(content); i++ {
			if i < len(content) && isBase64(content[i]) {
				continue
			}
			if i-start >= shortestKey && !yield(start, string(content[start:i])) {
				return
			}
			start = i + 1
		}
	}
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// encodedBraces are how a JSON object begins in base64: with a name, with white
// space or with a byte order mark before it; and how such a text does.
var encodedBraces = []string{"ey", "ew", "77u", "ZX"}

// encodesKey reports whether a private JSON Web Key in base64, encoded once or
// twice, begins anywhere in a text of its characters.
func encodesKey(text string) bool {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	return slices.ContainsFunc(encodedBraces, func(begin string) bool {
		at := strings.Index(text, begin)
		return at >= 0 && (holdsKey(decode([]byte(text[at:]))) || holdsKey(decode(decode([]byte(text[at:])))))
	})
}

func holdsKey(text []byte) bool { return keyType.Match(text) && privateMember.Match(text) }

// decode returns nil for what is not base64. An end that is no whole group of
// characters is left out: what matters stands before it.
func decode(text []byte) []byte {
	text = bytes.TrimRight(text, "=")
	decoded, err := base64.RawStdEncoding.DecodeString(string(text[:len(text)/4*4]))
	if err != nil {
		return nil
	}
	return decoded
}
