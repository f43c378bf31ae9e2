package fit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// document is a JSON file that is edited in its text: what no edit names stays, to
// the byte. It takes what applications take: a byte order mark and trailing
// commas.
type document struct {
	mark int // length of the byte order mark
	text []byte
	root hujson.Value
	cuts []cut

	lineEnd string // empty for a file on one line
	unit    string // one level of indentation
}

// cut replaces the bytes from start up to end.
type cut struct {
	start, end int
	with       string
}

func parseDocument(file []byte) (*document, error) {
	text := bytes.TrimPrefix(file, []byte("\ufeff"))
	d := &document{mark: len(file) - len(text), text: text, unit: "  "}
	var err error
	if d.root, err = hujson.Parse(bytes.Clone(text)); err != nil {
		return nil, err
	}
	object, ok := d.root.Value.(*hujson.Object)
	if !ok {
		return nil, fmt.Errorf("the file holds no JSON object")
	}
	if line := bytes.IndexByte(text, '\n'); line >= 0 {
		d.lineEnd = "\n"
		if line > 0 && text[line-1] == '\r' {
			d.lineEnd = "\r\n"
		}
	}
	if len(object.Members) > 0 {
		if indent, own := indentation(text, object.Members[0].Name.StartOffset); own && indent != "" {
			d.unit = indent
		}
	}
	return d, nil
}

// bytes returns the file with the edits.
func (d *document) bytes() []byte {
	slices.SortStableFunc(d.cuts, func(a, b cut) int { return cmp.Compare(a.start, b.start) })
	edited := []byte("\ufeff")[:d.mark]
	from := 0
	for _, c := range d.cuts {
		edited = append(append(edited, d.text[from:c.start]...), c.with...)
		from = c.end
	}
	return append(edited, d.text[from:]...)
}

// member finds a member by name, in any case as applications do; of several, the
// last counts.
func member(object hujson.Value, name string) (hujson.Value, bool) {
	o, ok := object.Value.(*hujson.Object)
	if !ok {
		return hujson.Value{}, false
	}
	for _, m := range slices.Backward(o.Members) {
		if literal, ok := m.Name.Value.(hujson.Literal); ok && strings.EqualFold(literal.String(), name) {
			return m.Value, true
		}
	}
	return hujson.Value{}, false
}

// text returns a string, and "" for any other value.
func textOf(v hujson.Value) string {
	if literal, ok := v.Value.(hujson.Literal); ok && literal.Kind() == '"' {
		return literal.String()
	}
	return ""
}

// set gives a member a value, or adds the member.
func (d *document) set(object hujson.Value, name string, value any) {
	if old, ok := member(object, name); ok {
		d.cuts = append(d.cuts, cut{old.StartOffset, old.EndOffset, d.render(value, d.lineIndent(old.StartOffset))})
		return
	}
	o, ok := object.Value.(*hujson.Object)
	if !ok {
		return
	}
	named := func(indent string) string { return d.render(name, indent) + ": " + d.render(value, indent) }
	if len(o.Members) == 0 {
		d.cuts = append(d.cuts, cut{object.StartOffset + 1, object.StartOffset + 1, named("")})
		return
	}
	last := o.Members[len(o.Members)-1]
	d.behind(last.Name.StartOffset, last.Value.EndOffset, named)
}

// add adds values to an array.
func (d *document) add(array hujson.Value, values ...any) {
	a, ok := array.Value.(*hujson.Array)
	if !ok {
		return
	}
	if len(a.Elements) > 0 {
		last := a.Elements[len(a.Elements)-1]
		for _, value := range values {
			d.behind(last.StartOffset, last.EndOffset, func(indent string) string { return d.render(value, indent) })
		}
		return
	}
	outer := d.lineIndent(array.StartOffset)
	d.cuts = append(d.cuts, cut{array.StartOffset, array.EndOffset, d.render(values, outer)})
}

// behind puts something behind the last item of an object or an array. A trailing
// comma then ends the new item.
func (d *document) behind(start, end int, item func(indent string) string) {
	indent, own := indentation(d.text, start)
	if own && d.lineEnd != "" {
		d.cuts = append(d.cuts, cut{end, end, "," + d.lineEnd + indent + item(indent)})
		return
	}
	d.cuts = append(d.cuts, cut{end, end, ", " + item(d.lineIndent(start))})
}

// lineIndent returns the blanks with which the line of an offset begins.
func (d *document) lineIndent(offset int) string {
	line := d.text[bytes.LastIndexByte(d.text[:offset], '\n')+1 : offset]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// render writes a value as it stands at an indentation. The types that are
// written here always encode.
func (d *document) render(value any, indent string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if d.lineEnd != "" {
		enc.SetIndent(indent, d.unit)
	}
	_ = enc.Encode(value)
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\n", d.lineEnd)
}
