package jwk

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// decodeBase64 decodes as .NET's Convert.FromBase64String does: space, tab,
// carriage return and line feed are passed over wherever they stand, the
// alphabet is the standard one, and padding must be there. What that refuses is
// looked at once more, only to say what it is.
func decodeBase64(text string) ([]byte, error) {
	if len(text) > maximumText {
		return nil, &FormatError{Problem: TooLong, Detail: fmt.Sprintf("the value has %d characters, more than any such key", len(text))}
	}
	compact := removeWhiteSpace(text)
	if compact == "" {
		return nil, &FormatError{Problem: Empty, Detail: "the value is empty"}
	}
	decoded, err := base64.StdEncoding.DecodeString(compact)
	if err != nil {
		return nil, explainBase64(text, compact)
	}
	if inner, err := base64.StdEncoding.DecodeString(removeWhiteSpace(string(decoded))); err == nil && looksLikeObject(inner) {
		return nil, &FormatError{Problem: DoublyEncoded, Detail: "the value was encoded in base64 twice"}
	}
	return decoded, nil
}

func removeWhiteSpace(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, text)
}

func looksLikeObject(text []byte) bool {
	trimmed := bytes.TrimSpace(text)
	return len(trimmed) > 0 && trimmed[0] == '{'
}

// explainBase64 finds the reason why compact, which is text without white space,
// is not base64.
func explainBase64(text, compact string) *FormatError {
	if strings.HasPrefix(strings.TrimPrefix(compact, "\ufeff"), "{") {
		return &FormatError{Problem: NotEncoded, Detail: "the value is JSON, where base64 of it is wanted"}
	}
	if strings.HasPrefix(compact, "[") {
		return &FormatError{Problem: KeyArray, Detail: "the value is a JSON array, where base64 of one key is wanted"}
	}
	if strings.Contains(text, "-----BEGIN ") {
		return pemError()
	}
	if strings.ContainsAny(compact, "-_") && !strings.ContainsAny(compact, "+/") {
		if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(compact, "=")); err == nil {
			return &FormatError{Problem: URLAlphabet, Detail: "the value is base64url (it has - or _), where standard base64 is wanted"}
		}
	}
	unpadded := strings.TrimRight(compact, "=")
	if at := strings.IndexFunc(unpadded, outsideStandardAlphabet); at >= 0 {
		r, _ := utf8.DecodeRuneInString(unpadded[at:])
		return &FormatError{Problem: NotBase64, Detail: fmt.Sprintf("the value is not base64: character %d is %q", at+1, r)}
	}
	// Only the length is wrong: the padding is missing, or more than that.
	if decoded, err := base64.RawStdEncoding.DecodeString(unpadded); err == nil {
		if _, err := readObject(decoded); err == nil {
			return &FormatError{Problem: PaddingMissing, Detail: `the value lacks its padding ("=" at the end)`}
		}
	}
	return truncated()
}

func outsideStandardAlphabet(r rune) bool {
	return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/')
}

func truncated() *FormatError {
	return &FormatError{Problem: Truncated, Detail: "the value is cut off; its end is missing"}
}

func pemError() *FormatError {
	return &FormatError{Problem: PEM, Detail: "the value is a PEM file, where a JSON Web Key is wanted"}
}

// readObject reads the text of one JSON object whose members are each there
// once.
func readObject(text []byte) (map[string]json.RawMessage, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nil, syntaxError(err)
	}
	members := make(map[string]json.RawMessage)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, syntaxError(err)
		}
		name, isName := token.(string)
		if !isName {
			return nil, notJWK("the text is not valid JSON")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, syntaxError(err)
		}
		if _, twice := members[name]; twice {
			return nil, &FormatError{Problem: DuplicateMember, Detail: fmt.Sprintf("%q is there twice", shorten(name)), Members: []string{name}}
		}
		members[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, syntaxError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, notJWK("there is more text after the JSON object")
	}
	return members, nil
}

// checkText names the things other than a JSON object that are commonly found
// in its place.
func checkText(text []byte) error {
	trimmed := bytes.TrimSpace(text)
	switch {
	case len(text) > maximumText:
		return &FormatError{Problem: TooLong, Detail: fmt.Sprintf("the text has %d bytes, more than any such key", len(text))}
	case len(trimmed) == 0:
		return &FormatError{Problem: Empty, Detail: "the text is empty"}
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return &FormatError{Problem: ByteOrderMark, Detail: "the JSON starts with a byte order mark"}
	case isUTF16(text):
		return &FormatError{Problem: UTF16, Detail: "the JSON is UTF-16, where UTF-8 is wanted"}
	case trimmed[0] != '{' && bytes.Contains(trimmed, []byte("-----BEGIN ")):
		return pemError()
	case trimmed[0] == '[':
		return &FormatError{Problem: KeyArray, Detail: "this is a JSON array, where one key is wanted"}
	case !utf8.Valid(text):
		return notJWK("this is binary data, such as a DER key or a PKCS #12 file, and not a JSON Web Key")
	case trimmed[0] != '{':
		return notJWK("this is text, but not a JSON Web Key")
	}
	return nil
}

// isUTF16 reports a byte order mark of UTF-16, or text of the ASCII range in
// either byte order.
func isUTF16(text []byte) bool {
	if len(text) < 4 || len(text)%2 != 0 {
		return false
	}
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) ||
		text[0] == '{' && text[1] == 0 && text[3] == 0 || text[0] == 0 && text[1] == '{' && text[2] == 0
}

// syntaxError tells a text that ends too early from one that is wrong. The
// decoder's own words are left out, since they quote the text.
func syntaxError(err error) *FormatError {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return truncated()
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return notJWK(fmt.Sprintf("the text is not valid JSON, at byte %d", syntax.Offset))
	}
	return notJWK("the text is not valid JSON")
}

func notJWK(detail string) *FormatError { return &FormatError{Problem: NotJWK, Detail: detail} }
