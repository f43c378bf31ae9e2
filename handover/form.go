package handover

import (
	"bytes"
	"cmp"
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

// form is form data, filled in by the fields of a model.
type form struct {
	schema *model.Schema
	filled group
}

// encode writes the form as the receiving application reads it.
func (f form) encode(contentType string) ([]byte, error) {
	if contentType == jsonType {
		return json.Marshal(f.filled)
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	f.element(&b, cmp.Or(f.schema.Root(), unnamedRoot), "", f.filled, "")
	return b.Bytes(), nil
}

// unnamedRoot is the name of the root element where the model does not tell, as
// Altinn's tools name it.
const unnamedRoot = "model"

// element writes a group with its attributes, its own text and its elements, in
// the order of the model: readers of XML depend on it. A list is its elements,
// one after the other.
func (f form) element(b *bytes.Buffer, name, path string, filled group, indent string) {
	b.WriteString(indent + "<" + name)
	children := f.schema.Children(path)
	for _, child := range children {
		if value, set := filled[child.Name]; set && child.Attribute {
			b.WriteString(" " + child.XMLName + `="` + escape(value) + `"`)
		}
	}
	b.WriteString(">")
	elements := false
	for _, child := range children {
		value, set := filled[child.Name]
		switch {
		case !set || child.Attribute:
		case child.TextValue:
			b.WriteString(escape(value))
		default:
			elements = true
			items, list := value.([]any)
			if !list {
				items = []any{value}
			}
			for _, item := range items {
				b.WriteString("\n")
				if sub, ok := item.(group); ok {
					f.element(b, child.XMLName, child.Path, sub, indent+"  ")
				} else {
					b.WriteString(indent + "  <" + child.XMLName + ">" + escape(item) + "</" + child.XMLName + ">")
				}
			}
		}
	}
	if elements {
		b.WriteString("\n" + indent)
	}
	b.WriteString("</" + name + ">")
}

func escape(value any) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, fmt.Append(nil, value)) // writing to memory does not fail
	return b.String()
}
