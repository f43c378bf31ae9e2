package propose

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// writer writes lines, each with a comment at its end; comments of neighbouring
// lines stand below each other.
type writer struct {
	out             []row
	commented       bool // the next line is one
	commentedAround bool // so is all of the list that it stands in
}

type row struct{ text, comment string }

func (w *writer) gap() { w.out = append(w.out, row{}) }

// head writes whole lines of comment at the margin.
func (w *writer) head(lines ...string) {
	for _, l := range lines {
		w.out = append(w.out, row{text: "# " + l})
	}
}

// note writes a whole line of comment.
func (w *writer) note(depth int, text string) {
	w.out = append(w.out, row{text: strings.Repeat("  ", depth) + "# " + oneLine(text)})
}

// block writes the name of a mapping or list, which is a comment where nothing in
// it is active: a name without a value is not read.
func (w *writer) block(depth int, name string, active bool) {
	w.commented = !active
	w.line(depth, name, "")
	w.commented = false
}

func (w *writer) line(depth int, text, comment string) {
	indent := strings.Repeat("  ", depth)
	if w.commented {
		text = "# " + text
	}
	w.out = append(w.out, row{text: indent + text, comment: oneLine(comment)})
}

// oneLine keeps a comment from ending: texts of models and errors may hold line
// ends, and what no file in YAML may.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, text)
}

// widest is how far to the right a comment may be pushed by its neighbours.
const widest = 72

func (w *writer) bytes() []byte {
	var b bytes.Buffer
	for i := 0; i < len(w.out); {
		end, column := i, 0
		for end < len(w.out) && w.out[end].comment != "" {
			if width := utf8.RuneCountInString(w.out[end].text); width <= widest {
				column = max(column, width)
			}
			end++
		}
		if end == i {
			end++
		}
		for _, r := range w.out[i:end] {
			b.WriteString(r.text)
			if r.comment != "" {
				fmt.Fprintf(&b, "%s  # %s", strings.Repeat(" ", max(0, column-utf8.RuneCountInString(r.text))), r.comment)
			}
			b.WriteByte('\n')
		}
		i = end
	}
	return b.Bytes()
}

// scalar writes text so that YAML reads it as that text.
func scalar(text string) string {
	out, err := yaml.Marshal(text)
	if line := strings.TrimSuffix(string(out), "\n"); err == nil && !strings.Contains(line, "\n") {
		return line
	}
	return quote(text)
}

// flow is scalar between braces, where more characters mean something.
func flow(text string) string {
	if strings.ContainsAny(text, ",[]{}") {
		return quote(text)
	}
	return scalar(text)
}

// quote writes text in double quotes, as JSON does, which YAML reads.
func quote(text string) string { return fmt.Sprintf("%q", text) }
