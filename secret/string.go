// Package secret holds values that must not be seen: private keys, tokens,
// assertions, client secrets.
//
// A [String] prints as "[redacted]" through every way in which Go prints or
// encodes a value (fmt with any verb, encoding/json, encoding.TextMarshaler,
// log/slog). [String.Reveal] is the only way to the content, so that
//
//	grep -rn 'Reveal()' --include='*.go'
//
// lists every place where a secret leaves its wrapper.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a [String] prints as, whether it holds something or not, so
// that the output does not tell an empty secret from a full one.
const Redacted = "[redacted]"

// String is a secret text. The zero value is the empty secret. A String may be
// copied and compared with [String.Equal]; it is immutable and safe for
// concurrent use.
type String struct {
	// A pointer keeps the text out of reflection-based printers that walk
	// unexported fields (%#v of an enclosing struct calls no method on them).
	text *string
}

// New wraps text.
func New(text string) String { return String{text: &text} }

// Reveal returns the content. Pass it straight to the place that needs it (a
// request body, a header) and keep it nowhere else.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsEmpty reports whether the content is the empty string.
func (s String) IsEmpty() bool { return s.text == nil || *s.text == "" }

// Equal reports whether both have the same content; the zero value equals
// New(""). For contents of the same length the time that it takes does not depend
// on what they are; contents of different length are told apart at once. The
// operator == compares identities and is of no use.
func (s String) Equal(other String) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String implements [fmt.Stringer]; it returns [Redacted].
func (s String) String() string { return Redacted }

// GoString implements [fmt.GoStringer]; it returns [Redacted].
func (s String) GoString() string { return Redacted }

// Format implements [fmt.Formatter]: every verb, %x and %q included, prints
// [Redacted].
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// MarshalJSON implements json.Marshaler; the value is the JSON string of
// [Redacted]. A secret therefore cannot be sent by encoding a struct: the
// sender has to call Reveal.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler; it returns [Redacted].
func (s String) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue implements [slog.LogValuer]; it returns [Redacted].
func (s String) LogValue() slog.Value { return slog.StringValue(Redacted) }
