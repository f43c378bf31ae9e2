package appsettings

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// maxDepth is the nesting that .NET's JsonDocument accepts.
const maxDepth = 64

// FileError is a fault in a settings file with which the application would not
// start. The text never quotes a value of the file.
type FileError struct {
	File    string // as in Origin.Name; empty from Edit, which is not told
	Line    int    // from 1; 0 when the fault has no place
	Column  int    // in bytes, from 1; 0 when not known
	Problem string
}

// Error returns "appsettings.json:12:3: problem", or "line 12: problem" when the
// file has no name.
func (e *FileError) Error() string {
	switch {
	case e.Line == 0 && e.File == "":
		return e.Problem
	case e.Line == 0:
		return e.File + ": " + e.Problem
	case e.File == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// Remedy says what to do about it.
func (e *FileError) Remedy() string {
	return "mend the place that is named; the application would not start with it either"
}

// document is a parsed settings file.
type document struct {
	file  string
	text  []byte // without byte order mark; what the offsets in root refer to
	root  *hujson.Object
	start int // offset of the root's {
}

// parse reads JSON as .NET's configuration does: comments and trailing commas
// are allowed, all else is strict, and the root is an object. text is UTF-8
// without a byte order mark.
func parse(file string, text []byte) (*document, error) {
	doc := &document{file: file, text: text}
	ended := endComments(text)
	if offset, deep := tooDeep(ended); deep {
		return nil, doc.fault(offset, "nested deeper than %d levels", maxDepth)
	}
	v, err := hujson.Parse(ended)
	if err != nil {
		return nil, doc.syntaxFault(err)
	}
	root, ok := v.Value.(*hujson.Object)
	if !ok {
		return nil, doc.fault(v.StartOffset, "the file must hold one JSON object")
	}
	doc.root, doc.start = root, v.StartOffset
	return doc, nil
}

// endComments gives a text in which each comment of a line ends with a line feed, without which
// hujson does not accept it: one on the last line, and one before a carriage return that stands
// alone. No offset moves.
func endComments(text []byte) []byte {
	ended := append(bytes.Clone(text), '\n')
	for i, c := range text {
		if c == '\r' && ended[i+1] != '\n' {
			ended[i] = '\n'
		}
	}
	return ended
}

// fault makes an error at an offset in the text.
func (d *document) fault(offset int, format string, args ...any) *FileError {
	before := d.text[:min(offset, len(d.text))]
	return &FileError{
		File:    d.file,
		Line:    1 + bytes.Count(before, []byte("\n")),
		Column:  len(before) - bytes.LastIndexByte(before, '\n'),
		Problem: fmt.Sprintf(format, args...),
	}
}

// syntaxFault turns hujson's error into ours. The original is dropped because it
// quotes the literal that is wrong, which may be a private key.
func (d *document) syntaxFault(err error) *FileError {
	fault := &FileError{File: d.file, Problem: "not valid JSON"}
	message := err.Error()
	if _, scanErr := fmt.Sscanf(message, "hujson: line %d, column %d:", &fault.Line, &fault.Column); scanErr != nil {
		return fault
	}
	switch {
	case len(bytes.TrimSpace(d.text)) == 0:
		fault.Line, fault.Column = 0, 0
		fault.Problem = "the file is empty; it must hold at least {}"
	case strings.Contains(message, "invalid literal"):
		fault.Problem += ": a word, a number or a text is malformed (a text may not hold a line break or a lone backslash)"
	case strings.Contains(message, "unexpected EOF"):
		return d.fault(len(d.text), "not valid JSON: the file ends too early")
	case strings.Contains(message, "invalid character"):
		fault.Problem += message[strings.Index(message, ": invalid character"):]
	}
	return fault
}

// tooDeep finds the first bracket below maxDepth, outside texts and comments.
// It comes before the parser, which recurses as deep as the input does.
func tooDeep(text []byte) (offset int, deep bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			if depth++; depth > maxDepth {
				return i, true
			}
		case '}', ']':
			depth--
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '/':
			end := "\n"
			if bytes.HasPrefix(text[i:], []byte("/*")) {
				end = "*/"
			}
			const start = len("//")
			skip := bytes.Index(text[min(i+start, len(text)):], []byte(end))
			if skip < 0 {
				return 0, false
			}
			i += start + skip + len(end) - 1
		}
	}
	return 0, false
}

// unquote returns the text of a string literal. ok is false where .NET refuses
// it: an escaped half of a surrogate pair without the other half.
func unquote(literal hujson.Literal) (text string, ok bool) {
	for i := 1; i < len(literal)-1; i++ {
		if literal[i] != '\\' {
			continue
		}
		i++
		if literal[i] != 'u' {
			continue
		}
		first := escapedUnit(literal[i+1:])
		i += 4
		if !utf16.IsSurrogate(first) {
			continue
		}
		if !bytes.HasPrefix(literal[i+1:], []byte(`\u`)) ||
			utf16.DecodeRune(first, escapedUnit(literal[i+3:])) == utf8.RuneError {
			return "", false
		}
		i += 6
	}
	if err := json.Unmarshal(literal, &text); err != nil {
		return "", false
	}
	return text, true
}

// escapedUnit reads the four digits of a \u escape, which the parser has checked.
func escapedUnit(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits[:4]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
	bomUTF32LE = []byte{0xFF, 0xFE, 0, 0}
	bomUTF32BE = []byte{0, 0, 0xFE, 0xFF}
)

// decode returns a file's text as UTF-8 without byte order mark, as .NET's
// StreamReader does: the mark decides, UTF-8 without one, and bytes that do not
// decode become U+FFFD.
func decode(file []byte) []byte {
	switch {
	case bytes.HasPrefix(file, bomUTF8):
		file = file[len(bomUTF8):]
	case bytes.HasPrefix(file, bomUTF32LE): // before UTF-16: its mark begins with the same bytes
		return decode32(file[len(bomUTF32LE):], binary.LittleEndian)
	case bytes.HasPrefix(file, bomUTF32BE):
		return decode32(file[len(bomUTF32BE):], binary.BigEndian)
	case bytes.HasPrefix(file, bomUTF16LE):
		return decode16(file[len(bomUTF16LE):], binary.LittleEndian)
	case bytes.HasPrefix(file, bomUTF16BE):
		return decode16(file[len(bomUTF16BE):], binary.BigEndian)
	}
	return decode8(file)
}

// decode8 puts one U+FFFD for each longest beginning of a letter that does not go
// on, and for each byte that begins none (The Unicode Standard, 3.9).
func decode8(file []byte) []byte {
	if utf8.Valid(file) {
		return file
	}
	var text []byte
	for len(file) > 0 {
		r, size := utf8.DecodeRune(file)
		for r == utf8.RuneError && size < len(file) && !utf8.FullRune(file[:size+1]) {
			size++
		}
		text = utf8.AppendRune(text, r)
		file = file[size:]
	}
	return text
}

func decode16(file []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(file)/2)
	for ; len(file) >= 2; file = file[2:] {
		units = append(units, order.Uint16(file))
	}
	return []byte(string(utf16.Decode(units)))
}

func decode32(file []byte, order binary.ByteOrder) []byte {
	var text []byte
	for ; len(file) >= 4; file = file[4:] {
		r := utf8.RuneError
		if unit := order.Uint32(file); unit <= utf8.MaxRune {
			r = rune(unit)
		}
		text = utf8.AppendRune(text, r)
	}
	return text
}
