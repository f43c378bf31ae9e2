package handover

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"

	"github.com/stafett/stafett/app/model"
)

// Media types of form data.
const (
	xmlType  = "application/xml"
	jsonType = "application/json"
)

// form is filled-in form data: values by the path of their field.
type form struct {
	schema *model.Schema
	values map[string]any // string, json.Number or bool
}

// encode writes the form as the receiving application reads it.
func (f form) encode(contentType string) ([]byte, error) {
	if contentType == jsonType {
		return json.Marshal(f.tree(""))
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	f.element(&b, f.schema.Root(), "", "")
	return b.Bytes(), nil
}

// tree nests the values below a path.
func (f form) tree(path string) map[string]any {
	group := map[string]any{}
	for _, child := range f.schema.Children(path) {
		if child.Type == model.Object {
			if sub := f.tree(child.Path); len(sub) > 0 {
				group[child.Name] = sub
			}
		} else if v, ok := f.values[child.Path]; ok {
			group[child.Name] = v
		}
	}
	return group
}

// element writes a group with its attributes, its own text and its elements, in
// the order of the model: readers of XML depend on it.
func (f form) element(b *bytes.Buffer, name, path, indent string) {
	b.WriteString(indent + "<" + name)
	var inner bytes.Buffer
	elements := false
	for _, child := range f.schema.Children(path) {
		value, set := f.values[child.Path]
		switch {
		case child.Type == model.Object:
			if f.filled(child.Path) {
				inner.WriteString("\n")
				f.element(&inner, child.XMLName, child.Path, indent+"  ")
				elements = true
			}
		case !set:
		case child.Attribute:
			b.WriteString(" " + child.XMLName + `="` + escape(value) + `"`)
		case child.TextValue:
			inner.WriteString(escape(value))
		default:
			inner.WriteString("\n" + indent + "  <" + child.XMLName + ">" + escape(value) + "</" + child.XMLName + ">")
			elements = true
		}
	}
	b.WriteString(">")
	b.Write(inner.Bytes())
	if elements {
		b.WriteString("\n" + indent)
	}
	b.WriteString("</" + name + ">")
}

// filled reports whether a group has a value anywhere below it.
func (f form) filled(path string) bool {
	for _, child := range f.schema.Children(path) {
		if child.Type == model.Object {
			if f.filled(child.Path) {
				return true
			}
		} else if _, ok := f.values[child.Path]; ok {
			return true
		}
	}
	return false
}

func escape(value any) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, fmt.Append(nil, value)) // writing to memory does not fail
	return b.String()
}
