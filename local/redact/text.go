package redact

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const redacted = "[redacted]"

// Text takes tokens, private keys and identity numbers out of a text:
//
//   - JSON Web Tokens, and base64 of JSON that is long enough to be a key, in one
//     piece or wrapped into lines
//   - PEM of private keys
//   - parameters of tokens and secrets, as in an address, and members of JSON that
//     are keys and secrets
//   - eleven digits that stand alone, also written in groups: a Norwegian
//     national identity number, D-number or synthetic number
//   - all of this in base64, or encoded as in an address, also more than once
//
// It knows secrets by their form; those without one are for whoever knows the
// name under which they stand: [Header], [Target] and [Body].
func Text(text string) string {
	text = plain(text)
	decoded := text
	for range deepestEscapes {
		next := unescaped(decoded)
		if next == decoded {
			break
		}
		decoded = plain(next)
		if decoded != next {
			text = decoded // as it reads
		}
	}
	return text
}

// deepestEscapes is how many times over an address may be encoded in another.
const deepestEscapes = 4

var escaped = regexp.MustCompile(`(?:%[0-9a-fA-F]{2})+`)

// unescaped decodes what is encoded as in an address, whatever else is in the text.
func unescaped(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return escaped.ReplaceAllStringFunc(text, func(octets string) string {
		decoded, err := url.PathUnescape(octets)
		if err != nil || !utf8.ValidString(decoded) {
			return octets
		}
		return decoded
	})
}

// plain is [Text] for what is not encoded as in an address.
func plain(text string) string {
	if strings.Contains(text, "LS0t") || strings.Contains(text, "-----BEGIN") {
		text = privatePEM.ReplaceAllString(text, redacted)
	}
	if strings.Contains(text, "=") {
		text = secretParameter.ReplaceAllString(text, "${1}="+redacted)
	}
	return redactIdentityNumbers(redactTexts(redactEncoded(redactMembers(text))))
}

var (
	// Up to its end or, cut short, up to the end of the text; and base64 of it.
	privatePEM = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(-----END [A-Z ]*PRIVATE KEY-----|\z)|LS0tLS1CRUdJTi[A-Za-z0-9+/_=\s-]*`)
	// The tail is everything that can be in a value; the head keeps longer words
	// that end alike (max_password=) apart. Some names are secret in addresses only.
	secretParameter = regexp.MustCompile(`(?i)(\b(?:access_?token|id_?token|refresh_?token|client_?secret|client_?assertion|assertion|password)|[?&#;](?:code|sig|key|token|secret))=[^&\s"'<>]+`)
)

// redactEncoded replaces JSON in base64: tokens and keys.
func redactEncoded(text string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); {
		found := strings.IndexByte(text[at:], 'e')
		if found < 0 {
			break
		}
		at += found
		if end := encodedEnd(text, at); end > at {
			b.WriteString(text[done:at])
			b.WriteString(redacted)
			at, done = end, end
			continue
		}
		at++
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

const (
	tokenHeader  = 11 // base64 digits, the least before the first dot of a token
	encodedKey   = 80 // base64 digits, the least of a key
	encodedLine  = 16 // base64 digits, the least of a line when they are wrapped
	probedDigits = 12 // base64 digits that must decode to the start of JSON
)

// encodedEnd tells where a token or an encoded key that begins at an e ends; it
// begins with it when there is none.
func encodedEnd(text string, at int) int {
	if !startsJSON(text[at:]) {
		return at
	}
	end := at
	for end < len(text) && isBase64(text[end]) {
		end++
	}
	if dot := strings.IndexByte(text[at:end], '.'); dot >= tokenHeader {
		return wrappedEnd(text, at, end)
	}
	end = wrappedEnd(text, at, end)
	if end-at < encodedKey {
		return at
	}
	return end
}

var plainAlphabet = strings.NewReplacer("-", "+", "_", "/")

// startsJSON reports whether base64 begins as an object does: { and then a name,
// a space or a new line.
func startsJSON(text string) bool {
	// The second digit holds what is left of { and the start of what follows.
	if len(text) < probedDigits || text[1] != 'y' && text[1] != 'w' {
		return false
	}
	digits := plainAlphabet.Replace(text[:probedDigits])
	if before, _, cut := strings.Cut(digits, "."); cut {
		digits = before[:len(before)/4*4]
	}
	plain, err := base64.StdEncoding.DecodeString(digits)
	if err != nil || len(plain) < 3 || plain[0] != '{' || !strings.ContainsRune("\" \t\r\n", rune(plain[1])) {
		return false
	}
	for _, c := range plain {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// wrappedEnd goes on over line breaks, real or written as in JSON, as long as
// whole lines of base64 follow, and a shorter one at the end.
func wrappedEnd(text string, start, end int) int {
	line := end - start
	for line >= encodedLine {
		next := end
		for next < len(text) {
			if strings.IndexByte(" \t\r\n", text[next]) >= 0 {
				next++
			} else if strings.HasPrefix(text[next:], `\n`) || strings.HasPrefix(text[next:], `\r`) {
				next += 2
			} else {
				break
			}
		}
		if strings.Count(text[end:next], "\n")+strings.Count(text[end:next], `\n`) != 1 {
			break
		}
		stop := next
		for stop < len(text) && isBase64(text[stop]) {
			stop++
		}
		if stop == next || stop-next > line {
			break
		}
		line, end = stop-next, stop
	}
	return end
}

// isBase64 includes both alphabets, the padding, and the dot of tokens.
func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_=.", c) >= 0
}

// identityGroups are the ways in which people write the eleven digits.
var identityGroups = [][]int{{11}, {6, 5}, {2, 2, 2, 5}}

// redactIdentityNumbers replaces eleven digits that stand alone, except within
// a UUID or a digest in hexadecimal.
func redactIdentityNumbers(text string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); {
		if !isDigit(text[at]) {
			at++
			continue
		}
		run := at
		for run < len(text) && isDigit(text[run]) {
			run++
		}
		end := at
		for _, groups := range identityGroups {
			if groups[0] == run-at {
				end = max(end, groupsEnd(text, at, groups))
			}
		}
		if end == at || run-at == 11 && partOfHex(text, at) {
			at = run
			continue
		}
		b.WriteString(text[done:at])
		b.WriteString(redacted)
		at, done = end, end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// groupsEnd tells where groups of digits with one separator between them end;
// it begins with at when they are not there.
func groupsEnd(text string, at int, groups []int) int {
	end := at
	for n, length := range groups {
		if n > 0 {
			r, size := utf8.DecodeRuneInString(text[end:])
			if !strings.ContainsRune(" \t-./\u2013\u2011\u00a0\u202f\u2009", r) {
				return at
			}
			end += size
		}
		for range length {
			if end >= len(text) || !isDigit(text[end]) {
				return at
			}
			end++
		}
	}
	if end < len(text) && isDigit(text[end]) {
		return at
	}
	return end
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

var hexadecimal = regexp.MustCompile(`^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)

// partOfHex reports whether the digits at a place are some of a UUID or of an
// MD5, SHA-1 or SHA-256 digest. One in many of those has eleven digits in a row.
func partOfHex(text string, at int) bool {
	const longest = 64
	isHex := func(c byte) bool { return isDigit(c) || c == '-' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }
	start, end := at, at
	for start > 0 && at-start <= longest && isHex(text[start-1]) {
		start--
	}
	for end < len(text) && end-at <= longest && isHex(text[end]) {
		end++
	}
	run := text[start:end]
	return strings.ContainsAny(run, "abcdefABCDEF") && hexadecimal.MatchString(run)
}
