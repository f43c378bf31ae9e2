package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// northern are the letters of the Sami languages of Norway, of Kven and of
// Norwegian that a font may lack.
const northern = "ÁáČčĐđŊŋŠšŦŧŽžÆæØøÅåÄäÖöÏïÑñÞþÐð–«»€"

func TestFontsShowNorthernLetters(t *testing.T) {
	t.Parallel()
	face, err := newTypeface()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range northern {
		if !face.shows(r) {
			t.Errorf("no glyph for %c", r)
		}
	}
	for text, want := range map[string]string{
		"a\tb\u00a0c": "a b\u00a0c", "a\r\nb": "a\nb", "漢😀": "??", "e\u0301\u200b": "e", "\x00\x1b": "",
	} {
		if got := face.printable(text); got != want {
			t.Errorf("printable(%q) = %q, want %q", text, got, want)
		}
	}
}

func sample() Document {
	return Document{
		Title: "Søknad", Language: "nb", PageLabel: "Side", Created: time.Date(2027, 3, 1, 9, 30, 0, 0, time.UTC),
		Facts: []Fact{{"Referanse", "2f6f0d8c7a11"}},
		Blocks: []Block{
			Heading{1, "Kjøringen"}, Heading{2, "Hvor?"}, Heading{3, "Gruppe"},
			Fact{"Område", northern}, Fact{"Tomt", ""},
			Paragraph{"Kjør skånsomt."},
			Table{[]string{"Type", "Vekt"}, [][]string{{"ATV", "412,5"}, {"Beltevogn", "1850"}}},
			List{[]string{"kárta.png"}},
			Table{},
		},
	}
}

func render(t *testing.T, doc Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	streams = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)
	shown   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
)

// textOf reads the text of each page: the strings that the content streams show,
// which are UTF-16.
func textOf(t *testing.T, file []byte) string {
	t.Helper()
	var out strings.Builder
	for _, m := range streams.FindAllSubmatch(file, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue // not compressed, so not a page
		}
		content, err := io.ReadAll(r)
		if err != nil {
			continue
		}
		for _, s := range shown.FindAllSubmatch(content, -1) {
			raw := regexp.MustCompile(`(?s)\\(.)`).ReplaceAllFunc(s[1], func(e []byte) []byte {
				if e[1] == 'r' {
					return []byte{'\r'}
				}
				return e[1:]
			})
			units := make([]uint16, len(raw)/2)
			for i := range units {
				units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
			}
			out.WriteString(string(utf16.Decode(units)) + "\n")
		}
	}
	return out.String()
}

func TestTextSurvives(t *testing.T) {
	t.Parallel()
	text := textOf(t, render(t, sample()))
	for _, want := range []string{
		"Søknad", "Referanse", "2f6f0d8c7a11", "Kjøringen", "Hvor?", "Gruppe", "Område", northern, "–",
		"Kjør skånsomt.", "ATV", "412,5", "Beltevogn", "• kárta.png", "Side 1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	t.Parallel()
	first, second := render(t, sample()), render(t, sample())
	if !bytes.Equal(first, second) {
		t.Error("two renderings differ")
	}
	later := sample()
	later.Created = later.Created.Add(time.Hour)
	if bytes.Equal(first, render(t, later)) {
		t.Error("the time of creation is not in the file")
	}
}

// TestLongDocument: nothing is lost at the end of a page, and a table repeats
// its column names there.
func TestLongDocument(t *testing.T) {
	t.Parallel()
	doc := sample()
	table := Table{Columns: []string{"Nummer", "Tekst"}}
	for i := range 120 {
		table.Rows = append(table.Rows, []string{fmt.Sprintf("rad-%d", i), strings.Repeat("ord ", 20)})
	}
	table.Rows = append(table.Rows, []string{"for høy", strings.Repeat("mange ord ", 2000) + "slutt"})
	doc.Blocks = []Block{table, Paragraph{strings.Repeat("løpende tekst ", 1000) + "ende"}, Fact{"Felt", strings.Repeat("x", 3000)}}
	for i := range 80 {
		doc.Blocks = append(doc.Blocks, Heading{2, fmt.Sprintf("avsnitt-%d", i)})
	}
	text := textOf(t, render(t, doc))
	for i := range 120 {
		if !strings.Contains(text, fmt.Sprintf("rad-%d\n", i)) {
			t.Errorf("row %d is missing", i)
		}
	}
	for _, want := range []string{"slutt", "ende", "avsnitt-79", "Side 9"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if n := strings.Count(text, "Nummer\n"); n < 5 {
		t.Errorf("the column names stand %d times", n)
	}
}

// TestTableAtTheEndOfAPage: the column names go with the first row, wherever on a
// page a table begins, and stand there once.
func TestTableAtTheEndOfAPage(t *testing.T) {
	t.Parallel()
	doc := sample()
	doc.Blocks = nil
	for lines := range 60 {
		doc.Blocks = append(doc.Blocks, Paragraph{strings.Repeat("linje\n", lines)},
			Table{[]string{fmt.Sprintf("Kolonne %d", lines)}, [][]string{{fmt.Sprintf("celle %d", lines)}}})
	}
	text := textOf(t, render(t, doc))
	for lines := range 60 {
		column, cell := fmt.Sprintf("Kolonne %d\n", lines), fmt.Sprintf("celle %d\n", lines)
		if strings.Count(text, column) != 1 || strings.Count(text, cell) != 1 {
			t.Errorf("the table after %d lines has its column names %d times, its row %d times", lines, strings.Count(text, column), strings.Count(text, cell))
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderTellsOfABrokenWriter(t *testing.T) {
	t.Parallel()
	if err := Render(brokenWriter{}, sample()); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
}
