// Package xmltree reads small XML documents of unknown origin into a tree with
// resolved namespaces and line numbers. Document type declarations, and with
// them entities, are refused; size, depth and number of elements are bounded.
package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of a document. Real policies and processes stay far below them.
const (
	MaxBytes    = 8 << 20
	MaxDepth    = 64
	MaxElements = 200_000
)

// Element is one element of a document.
type Element struct {
	Space, Name string // namespace URI and local name
	Line        int    // 1-based line of the start tag
	Children    []*Element

	attributes []xml.Attr
	text       strings.Builder
}

// Attribute returns the attribute with a local name and no namespace.
func (e *Element) Attribute(name string) (string, bool) { return e.AttributeNS("", name) }

// AttributeNS returns the attribute with a namespace URI and local name.
func (e *Element) AttributeNS(space, name string) (string, bool) {
	for _, a := range e.attributes {
		if a.Name.Space == space && a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// Text returns the character data directly inside the element, without the
// white space around it.
func (e *Element) Text() string { return strings.TrimSpace(e.text.String()) }

// First returns the first child with a namespace and name, or nil.
func (e *Element) First(space, name string) *Element {
	for _, c := range e.Children {
		if c.Space == space && c.Name == name {
			return c
		}
	}
	return nil
}

// All returns the children with a namespace and name.
func (e *Element) All(space, name string) []*Element {
	var found []*Element
	for _, c := range e.Children {
		if c.Space == space && c.Name == name {
			found = append(found, c)
		}
	}
	return found
}

// Parse reads a document and returns its root element. The text must be UTF-8;
// a byte order mark is skipped.
func Parse(data []byte) (*Element, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("read XML: the document is %d bytes long, more than the %d that are read", len(data), MaxBytes)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("read XML: the document is empty")
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the encoding is %q; save the file as UTF-8", charset)
	}
	r := reader{dec: dec}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read XML: %w", err)
		}
		if err := r.add(token); err != nil {
			line, _ := dec.InputPos()
			return nil, fmt.Errorf("read XML: line %d: %w", line, err)
		}
	}
	if r.root == nil {
		return nil, errors.New("read XML: there is no element")
	}
	return r.root, nil
}

type reader struct {
	dec      *xml.Decoder
	root     *Element
	open     []*Element
	elements int
}

func (r *reader) add(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("document type declarations are not allowed")
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		r.open = r.open[:len(r.open)-1]
	case xml.CharData:
		if len(r.open) > 0 {
			r.open[len(r.open)-1].text.Write(t)
		} else if len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text outside the root element")
		}
	}
	return nil
}

func (r *reader) start(t xml.StartElement) error {
	if r.elements++; r.elements > MaxElements {
		return fmt.Errorf("more than %d elements", MaxElements)
	}
	if len(r.open) >= MaxDepth {
		return fmt.Errorf("elements nested deeper than %d levels", MaxDepth)
	}
	line, _ := r.dec.InputPos()
	e := &Element{Space: t.Name.Space, Name: t.Name.Local, Line: line, attributes: t.Copy().Attr}
	switch {
	case len(r.open) > 0:
		parent := r.open[len(r.open)-1]
		parent.Children = append(parent.Children, e)
	case r.root != nil:
		return fmt.Errorf("a second root element <%s>", t.Name.Local)
	default:
		r.root = e
	}
	r.open = append(r.open, e)
	return nil
}
