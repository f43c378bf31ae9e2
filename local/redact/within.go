package redact

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// longestName is more than the name of a member has that is secret, in bytes.
const longestName = 24

// redactMembers replaces the texts of secret members of a JSON document that stands
// within a text, such as in a complaint about it. Its quotes may be escaped.
func redactMembers(text string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); {
		colon := strings.IndexByte(text[at:], ':')
		if colon < 0 {
			break
		}
		colon += at
		at = colon + 1
		if name := nameBefore(text[max(done, colon-2*longestName):colon]); !secretNames[plainName(name)] {
			continue
		}
		start := at + len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n\\"))
		if start == len(text) || text[start] != '"' {
			continue
		}
		start++
		end := len(text)
		if length := strings.IndexAny(text[start:], `"\`); length >= 0 {
			end = start + length
		}
		b.WriteString(text[done:start])
		b.WriteString(redacted)
		at, done = end, end
	}
	b.WriteString(text[done:])
	return b.String()
}

// nameBefore is the name, in quotes, at the end of a text.
func nameBefore(text string) string {
	named, ok := strings.CutSuffix(strings.TrimRight(text, " \t\r\n"), `"`)
	if !ok {
		return ""
	}
	named = strings.TrimRight(named, `\`)
	return named[strings.LastIndexByte(named, '"')+1:]
}

const (
	encodedText = 16 // base64 digits, the least of a text with something secret in it
	probedText  = 12 // base64 digits that must decode to text
)

// redactTexts replaces texts in base64 that have something secret in them.
func redactTexts(text string) string {
	var b strings.Builder
	done := 0
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && isBase64(text[end]) && text[end] != '.' && text[end] != '=' {
			end++
		}
		if end-at < encodedText {
			at = end + 1
			continue
		}
		for end < len(text) && text[end] == '=' {
			end++
		}
		if clean := encodedRun(text[at:end]); clean != text[at:end] {
			b.WriteString(text[done:at])
			b.WriteString(clean)
			done = end
		}
		at = end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// encodedRun is for base64 digits in a row, which may be a path too.
func encodedRun(run string) string {
	if holdsSecret(run) {
		return redacted
	}
	if !strings.Contains(run, "/") {
		return run
	}
	parts := strings.Split(run, "/")
	for n, part := range parts {
		if holdsSecret(part) {
			parts[n] = redacted
		}
	}
	return strings.Join(parts, "/")
}

// holdsSecret reports whether base64 is of a text that cannot be shown.
func holdsSecret(digits string) bool {
	if len(digits) < encodedText {
		return false
	}
	var probe [probedText / 4 * 3]byte
	if _, err := base64.StdEncoding.Decode(probe[:], []byte(plainAlphabet.Replace(digits[:probedText]))); err != nil || !isPlain(probe[:]) {
		return false
	}
	decoded, err := base64.RawStdEncoding.DecodeString(plainAlphabet.Replace(strings.TrimRight(digits, "=")))
	if err != nil || !utf8.Valid(decoded) {
		return false
	}
	text := string(decoded)
	return strings.Contains(document(text), redacted) && !strings.Contains(text, redacted)
}

// isPlain reports whether the beginning of a text has no control characters but
// those between lines.
func isPlain(beginning []byte) bool {
	for len(beginning) > 0 {
		r, size := utf8.DecodeRune(beginning)
		if r == utf8.RuneError && utf8.FullRune(beginning) || r < ' ' && !strings.ContainsRune("\t\r\n", r) {
			return false
		}
		beginning = beginning[size:]
	}
	return true
}
