package apphost

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/stafett/stafett/app/model"
)

const (
	schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
	schemaTypes    = "http://www.w3.org/2001/XMLSchema"
)

// parseXML reads form data as .NET's XmlSerializer reads it into the generated
// class: the root must have the model's name, each value its field's type. Elements
// are read in the order of the model. One that comes too late, that the model does not
// know, or that is there once more than it may be, is passed over, and with it all that
// follow in its group.
func parseXML(schema *model.Schema, data []byte) (form, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	// Whatever the declaration says, applications read UTF-8.
	d.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	root, err := rootElement(d)
	if err != nil {
		return nil, err
	}
	if isNil(root) {
		return nil, errors.New("the root element is nil")
	}
	if want := rootName(schema); root.Name.Local != want || root.Name.Space != "" {
		return nil, fmt.Errorf("the root element is <%s>, expected <%s>", root.Name.Local, want)
	}
	p := &xmlParser{Decoder: d, schema: schema}
	group, err := p.group(root, "")
	if err != nil {
		return nil, err
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return group, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			return nil, fmt.Errorf("a second root element <%s>", t.Name.Local)
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, errors.New("text after the root element")
			}
		}
	}
}

// rootName is the name of the root element. A schema that does not tell gets
// the name that Altinn Studio gives to a model without one.
func rootName(schema *model.Schema) string { return cmp.Or(schema.Root(), "model") }

func rootElement(d *xml.Decoder) (xml.StartElement, error) {
	for first := true; ; first = false {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, fmt.Errorf("find root element: %w", err)
		}
		switch t := token.(type) {
		case xml.ProcInst:
			if t.Target == "xml" && !first {
				return xml.StartElement{}, errors.New("the declaration does not stand first")
			}
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return xml.StartElement{}, errors.New("text before the root element")
			}
		case xml.StartElement:
			return t, nil
		case xml.Directive:
			return xml.StartElement{}, errors.New("a document type declaration is not allowed")
		}
	}
}

type xmlParser struct {
	*xml.Decoder
	schema *model.Schema
}

// group reads the content of a group up to its end tag. It goes no deeper than the
// model does: what is not of the model is skipped.
func (p *xmlParser) group(start xml.StartElement, path string) (form, error) {
	fields := p.schema.Children(path)
	reader := sequence{fields: fields, anyOrder: p.schema.AnyOrder(path)}
	out := form{}
	if err := readAttributes(out, fields, start); err != nil {
		return nil, err
	}
	for {
		token, err := p.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return out, nil
		case xml.CharData:
			if err := readTextValue(out, fields, string(t)); err != nil {
				return nil, err
			}
		case xml.StartElement:
			f, known := reader.next(t.Name)
			if !known {
				if err := p.Skip(); err != nil {
					return nil, err
				}
				continue
			}
			if err := p.element(out, f, t); err != nil {
				return nil, err
			}
		}
	}
}

func readAttributes(out form, fields []model.Field, start xml.StartElement) error {
	for _, f := range fields {
		if !f.Attribute {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Space != "" || a.Name.Local != f.XMLName {
				continue
			}
			value, err := leaf(f, a.Value)
			if err != nil {
				return err
			}
			out[f.Name] = value
		}
	}
	return nil
}

func readTextValue(out form, fields []model.Field, text string) error {
	for _, f := range fields {
		if f.TextValue && strings.TrimSpace(text) != "" {
			value, err := leaf(f, text)
			if err != nil {
				return err
			}
			out[f.Name] = value
		}
	}
	return nil
}

// element reads one element into its group.
func (p *xmlParser) element(out form, f model.Field, start xml.StartElement) error {
	if mayBeNil(f) && isNil(start) {
		return p.Skip()
	}
	var value any
	var err error
	if f.Type == model.Object {
		value, err = p.group(start, f.Path)
	} else {
		value, err = p.leafElement(f)
	}
	if err != nil {
		return err
	}
	if f.Repeating {
		list, _ := out[f.Name].([]any)
		out[f.Name] = append(list, value)
		return nil
	}
	out[f.Name] = value
	return nil
}

// sequence finds the fields of a group's elements as XmlSerializer does, which does not go back in the
// model, unless the group has no order.
type sequence struct {
	fields   []model.Field
	anyOrder bool
	at       int          // the first field that is still to come
	taken    map[int]bool // without order: the fields that were there
}

func (s *sequence) next(name xml.Name) (model.Field, bool) {
	for i := s.at; i < len(s.fields); i++ {
		f := s.fields[i]
		if f.XMLName != name.Local || name.Space != "" || f.Attribute || f.TextValue || s.taken[i] {
			continue
		}
		switch {
		case s.anyOrder && !f.Repeating:
			if s.taken == nil {
				s.taken = map[int]bool{}
			}
			s.taken[i] = true
		case s.anyOrder:
		case f.Repeating:
			s.at = i
		default:
			s.at = i + 1
		}
		return f, true
	}
	if !s.anyOrder {
		s.at = len(s.fields)
	}
	return model.Field{}, false
}

// mayBeNil tells that the generated class has a type for the field that XmlSerializer lets be nil. Others it reads
// as if it did not say so.
func mayBeNil(f model.Field) bool {
	return f.Nullable || !f.Repeating && f.Type != model.Object && !isText(f)
}

func isNil(start xml.StartElement) bool {
	for _, a := range start.Attr {
		if a.Name.Space == schemaInstance && a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1") {
			return true
		}
	}
	return false
}

// leafElement reads the text of a field.
func (p *xmlParser) leafElement(f model.Field) (any, error) {
	var text strings.Builder
	for {
		token, err := p.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			return nil, fmt.Errorf("%w: %s holds an element <%s>", errFormat, f.Path, t.Name.Local)
		case xml.EndElement:
			return leaf(f, text.String())
		}
	}
}

// writeXML writes form data as it is kept in Storage. What has no value is left out.
func writeXML(schema *model.Schema, f form) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	w := &xmlWriter{Buffer: &b, schema: schema}
	w.group(rootName(schema), ` xmlns:xsi="`+schemaInstance+`" xmlns:xsd="`+schemaTypes+`"`, "", f)
	return b.Bytes()
}

type xmlWriter struct {
	*bytes.Buffer
	schema *model.Schema
}

func (w *xmlWriter) group(name, attributes, path string, f form) {
	fields := w.schema.Children(path)
	w.WriteString("<" + name + attributes)
	for _, field := range fields {
		if value, ok := f[field.Name]; ok && field.Attribute {
			w.WriteString(" " + field.XMLName + `="`)
			w.escape(xmlText(value))
			w.WriteByte('"')
		}
	}
	w.WriteByte('>')
	for _, field := range fields {
		value, ok := f[field.Name]
		switch {
		case !ok || field.Attribute:
		case field.TextValue:
			w.escape(xmlText(value))
		case field.Repeating:
			list, _ := value.([]any)
			for _, item := range list {
				w.element(field, item)
			}
		default:
			w.element(field, value)
		}
	}
	w.WriteString("</" + name + ">")
}

func (w *xmlWriter) element(field model.Field, value any) {
	if group, ok := value.(form); ok {
		w.group(field.XMLName, "", field.Path, group)
		return
	}
	w.WriteString("<" + field.XMLName + ">")
	w.escape(xmlText(value))
	w.WriteString("</" + field.XMLName + ">")
}

// escape leaves U+FFFD for what XML cannot hold, and like Altinn's library for the control
// characters that it can, and for a byte order mark.
func (w *xmlWriter) escape(text string) {
	text = strings.Map(func(r rune) rune {
		if r >= 0x7f && r <= 0x9f || r == '\ufeff' {
			return utf8.RuneError
		}
		return r
	}, text)
	_ = xml.EscapeText(w, []byte(text)) // a bytes.Buffer takes everything
}

func xmlText(value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		return v.String()
	case string:
		return v
	}
	return ""
}
