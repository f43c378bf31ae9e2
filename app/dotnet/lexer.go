package dotnet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind byte

const (
	identifier kind = iota // keywords too
	text                   // a string literal; its value is decoded
	number                 // numbers and character literals
	sign                   // one character of punctuation
)

// token is a piece of C# that is neither white space, comment nor directive.
type token struct {
	kind kind
	// value is the text as written. Of a string literal it is what the program
	// sees, with the holes of an interpolated one as written, braces included.
	value      string
	start, end int // in bytes
	line       int // 1-based
	// interpolated is set for a string with holes, whose value is not constant.
	interpolated bool
}

func (t token) is(values ...string) bool {
	if t.kind == text || t.kind == number {
		return false
	}
	for _, v := range values {
		if t.value == v {
			return true
		}
	}
	return false
}

// lex splits C# into tokens. It never fails: what is no C# comes as signs, and a
// literal that does not end goes to the end of its line.
func lex(source string) []token {
	l := &lexer{source: source, line: 1, lastBrace: strings.LastIndexByte(source, '}')}
	if strings.HasPrefix(source, "\ufeff") {
		l.at = len("\ufeff")
	}
	for l.at < len(l.source) {
		l.next()
	}
	return l.tokens
}

type lexer struct {
	source string
	at     int
	line   int
	tokens []token
	// lineStarted is the line on which the last token was found; a directive is
	// the first on its line.
	lineStarted int
	lastBrace   int // where the last } is; -1 for nowhere
}

func (l *lexer) rest() string { return l.source[l.at:] }

// skip moves on by n bytes and counts lines.
func (l *lexer) skip(n int) {
	n = min(n, len(l.source)-l.at)
	l.line += strings.Count(l.source[l.at:l.at+n], "\n")
	l.at += n
}

func (l *lexer) next() {
	rest := l.rest()
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.IsSpace(r):
		l.skip(size)
	case strings.HasPrefix(rest, "//"), r == '#' && l.lineStarted != l.line:
		l.skip(lineLength(rest))
	case strings.HasPrefix(rest, "/*"):
		if end := strings.Index(rest[2:], "*/"); end >= 0 {
			l.skip(end + 4)
		} else {
			l.skip(len(rest))
		}
	case r == '"' || r == '$' || r == '@':
		l.stringOrSign()
	case r == '\'':
		l.add(number, rest[:characterLength(rest)])
	case r == '_' || unicode.IsLetter(r):
		l.add(identifier, rest[:wordLength(rest)])
	case unicode.IsDigit(r):
		l.add(number, rest[:wordLength(rest)])
	default:
		l.add(sign, rest[:size])
	}
}

func (l *lexer) add(k kind, raw string) {
	l.addString(k, raw, raw, false)
}

func (l *lexer) addString(k kind, raw, value string, interpolated bool) {
	l.tokens = append(l.tokens, token{kind: k, value: value, start: l.at, end: l.at + len(raw), line: l.line, interpolated: interpolated})
	l.lineStarted = l.line
	l.skip(len(raw))
}

// maxPrefix is how many signs before a string literal are looked at.
const maxPrefix = 64

// stringOrSign reads a string literal with its prefix, or an identifier with @.
func (l *lexer) stringOrSign() {
	rest := l.rest()
	head := rest[:min(len(rest), maxPrefix)]
	prefix := len(head) - len(strings.TrimLeft(head, "$@"))
	marks := rest[:prefix]
	body := rest[prefix:]
	if !strings.HasPrefix(body, `"`) {
		if n := wordLength(body); marks == "@" && n > 0 {
			l.add(identifier, rest[:prefix+n]) // @class is an identifier
			return
		}
		l.add(sign, rest[:1])
		return
	}
	literal := l.readString(body, strings.Count(marks, "$"), strings.Contains(marks, "@"), 0)
	l.addString(text, rest[:prefix+literal.length], literal.value, literal.holes)
}

// literal is a string literal as read: length in bytes with the quotes.
type literal struct {
	length int
	value  string
	holes  bool
}

// maxNesting is how deep strings in the holes of strings are followed.
const maxNesting = 20

// readString reads a literal from its first quote; body goes on to the end of the
// source. dollars is how many $ stand before it, depth in how many holes it stands.
func (l *lexer) readString(body string, dollars int, verbatim bool, depth int) literal {
	if quotes := len(body) - len(strings.TrimLeft(body, `"`)); quotes >= 3 && !verbatim {
		return l.readRaw(body, quotes, dollars, depth)
	}
	var value strings.Builder
	holes := false
	for at := 1; at < len(body); {
		rest := body[at:]
		switch c := rest[0]; {
		case c == '"' && verbatim && strings.HasPrefix(rest, `""`):
			value.WriteByte('"')
			at += 2
		case c == '"':
			return literal{at + 1, value.String(), holes}
		case c == '\\' && !verbatim:
			r, n := escape(rest)
			value.WriteString(r)
			at += n
		case (c == '\n' || c == '\r') && !verbatim:
			return literal{at, value.String(), holes} // it does not end
		case dollars > 0 && (strings.HasPrefix(rest, "{{") || strings.HasPrefix(rest, "}}")):
			value.WriteByte(c)
			at += 2
		case dollars > 0 && c == '{':
			n := l.holeLength(rest, 1, depth)
			value.WriteString(rest[:n])
			holes = true
			at += n
		default:
			value.WriteByte(c)
			at++
		}
	}
	return literal{len(body), value.String(), holes}
}

// readRaw reads a literal in three or more quotes. Its indentation is not taken
// away, which makes no difference to what is looked for.
func (l *lexer) readRaw(body string, quotes, dollars, depth int) literal {
	open := strings.Repeat("{", max(dollars, 1))
	var value strings.Builder
	holes := false
	for at := quotes; at < len(body); {
		rest := body[at:]
		switch {
		case rest[0] == '"':
			run := len(rest) - len(strings.TrimLeft(rest, `"`))
			if run >= quotes { // more than the fence has belong to the content
				value.WriteString(rest[:run-quotes])
				return literal{at + run, value.String(), holes}
			}
			value.WriteString(rest[:run])
			at += run
		case dollars > 0 && strings.HasPrefix(rest, open) && !strings.HasPrefix(rest[1:], open):
			n := l.holeLength(rest, dollars, depth)
			value.WriteString(rest[:n])
			holes = true
			at += n
		default:
			value.WriteByte(rest[0])
			at++
		}
	}
	return literal{len(body), value.String(), holes}
}

// holeLength returns the length of an interpolation hole with its braces, of
// which there are as many as given on each side. A hole holds code, and so
// strings with braces of their own.
func (l *lexer) holeLength(rest string, braces, depth int) int {
	open, closing := 0, 0 // closing is where the next brace that may end it is
	for at := 0; at < len(rest); {
		switch c := rest[at]; c {
		case '{':
			open++
			at++
		case '}':
			open--
			at++
			if open <= 0 {
				return at
			}
		case '"':
			if depth == maxNesting {
				at++
				continue
			}
			before := rest[:at]
			marks := before[len(strings.TrimRight(before, "$@")):]
			at += l.readString(rest[at:], strings.Count(marks, "$"), strings.Contains(marks, "@"), depth+1).length
		case '\'':
			at += characterLength(rest[at:])
		case '\n':
			if braces == 1 && closing < at {
				if len(l.source)-len(rest)+at > l.lastBrace {
					return at // the literal does not end
				}
				closing = at + strings.IndexByte(rest[at:], '}')
			}
			at++
		default:
			at++
		}
	}
	return len(rest)
}

// escape decodes one escape sequence and returns its length. One that is no
// character stands for itself.
func escape(rest string) (string, int) {
	if len(rest) < 2 {
		return rest, len(rest)
	}
	switch rest[1] {
	case '"', '\\', '\'':
		return rest[1:2], 2
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	}
	_, size := utf8.DecodeRuneInString(rest[1:])
	return rest[:1+size], 1 + size
}

// lineLength returns the length up to the end of the line.
func lineLength(rest string) int {
	if n := strings.IndexAny(rest, "\r\n"); n >= 0 {
		return n
	}
	return len(rest)
}

// maxWord is how long a word is, in bytes, that is read as one; the compiler takes
// no more than 511 characters.
const maxWord = 2048

func wordLength(rest string) int {
	for i, r := range rest {
		if i > maxWord || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			return i
		}
	}
	return len(rest)
}

// characterLength returns the length of a character literal with its quotes, or
// 1 for a lone quote.
func characterLength(rest string) int {
	at := 1
	for at < len(rest) && at < 12 {
		switch rest[at] {
		case '\\':
			at += 2
			continue
		case '\'':
			return at + 1
		case '\n', '\r':
			return 1
		}
		at++
	}
	return 1
}
