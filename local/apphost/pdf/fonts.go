package pdf

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// typeface answers which characters both fonts of the document can show.
type typeface struct {
	regular, bold *sfnt.Font
	buf           sfnt.Buffer
}

func newTypeface() (*typeface, error) {
	regular, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read regular font: %w", err)
	}
	bold, err := sfnt.Parse(gobold.TTF)
	if err != nil {
		return nil, fmt.Errorf("read bold font: %w", err)
	}
	return &typeface{regular: regular, bold: bold}, nil
}

func (t *typeface) shows(r rune) bool {
	for _, f := range []*sfnt.Font{t.regular, t.bold} {
		if index, err := f.GlyphIndex(&t.buf, r); err != nil || index == 0 {
			return false
		}
	}
	return true
}

// printable replaces what the fonts cannot show by a question mark, so that the
// reader sees that something is missing, and drops control characters. Line
// breaks stay.
func (t *typeface) printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		case t.shows(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Mn, r):
			return -1
		}
		return '?'
	}, text)
}
