package doctor

import (
	"bytes"
	"cmp"
	"encoding/base64"
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
	// A base64 text of JSON begins with ey, or with ew where white space follows
	// the brace; one with a byte order mark, with 77u/; one of such a text, with ZX.
	encodedJSON = regexp.MustCompile(`(?:e[wy]|77u/|ZX[dl])[A-Za-z0-9+/_-]{200,}={0,2}`)
	// Secrets that Microsoft Entra makes for applications have 7Q~ or 8Q~ after
	// three characters.
	entraSecret = regexp.MustCompile(`(?:^|[^A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?:$|[^A-Za-z0-9_~.-])`)
	namedSecret = regexp.MustCompile(`(?i)"[A-Za-z0-9:_-]*(?:client_?secret|password|api_?key|access_?key)"\s*:\s*"([^"\s<>{}$#*]{12,})"`)
)

// leaks finds keys and secrets in a file, one for each line at most, in order.
func leaks(content []byte) []leak {
	var found []leak
	add := func(at int, kind string, isKey bool) {
		line := 1 + bytes.Count(content[:at], []byte("\n"))
		if !slices.ContainsFunc(found, func(l leak) bool { return l.line == line }) {
			found = append(found, leak{line: line, kind: kind, isKey: isKey})
		}
	}
	for _, at := range pemKey.FindAllIndex(content, -1) {
		add(at[0], "a private key (PEM)", true)
	}
	if keyType.Match(content) {
		for _, at := range privateMember.FindAllIndex(content, -1) {
			add(at[0], "a private key (JSON Web Key)", true)
		}
	}
	for _, at := range encodedJSON.FindAllIndex(content, -1) {
		if encodesKey(string(content[at[0]:at[1]])) {
			add(at[0], "a private key (JSON Web Key in base64)", true)
		}
	}
	for _, at := range entraSecret.FindAllIndex(content, -1) {
		add(at[0]+1, "a client secret of Microsoft Entra", false)
	}
	for _, at := range namedSecret.FindAllIndex(content, -1) {
		add(at[0], "a password or client secret", false)
	}
	slices.SortFunc(found, func(a, b leak) int { return cmp.Compare(a.line, b.line) })
	return found
}

// encodesKey reports whether a text is a private JSON Web Key in base64, of
// either alphabet, encoded once or twice.
func encodesKey(text string) bool {
	for range 2 {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		decoded, err := base64.RawStdEncoding.DecodeString(text[:len(text)/4*4])
		if err != nil {
			return false
		}
		if keyType.Match(decoded) && privateMember.Match(decoded) {
			return true
		}
		text = string(bytes.TrimSpace(decoded))
		if !encodedJSON.MatchString(text) {
			return false
		}
	}
	return false
}
