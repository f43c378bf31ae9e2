// Package model reads the JSON Schema of an Altinn data model
// (models/*.schema.json) and answers what fields it has, in which order, and
// whether form data fits it.
//
// It knows the forms in which Altinn's tools have written such schemas over the
// years: draft 2020-12 with $defs and info.rootNode, with the root's properties
// at the top, and the older one with definitions, where the first property
// names the root.
package model

import (
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema is a data model that has been read. It is immutable and safe for
// concurrent use.
type Schema struct {
	root     string
	fields   []Field
	index    map[string]int   // normalised path → position in fields
	children map[string][]int // normalised path of the parent → positions
	anyOrder map[string]bool  // normalised paths of the groups that have no order
	compiled *jsonschema.Schema
}

// Type is the JSON type of a field.
type Type string

// The types of fields. Object stands for groups.
const (
	String  Type = "string"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
	Object  Type = "object"
)

// Field is one field or group of a data model.
type Field struct {
	Name      string // as written in the schema
	Path      string // dotted, from the root, without list indices
	Type      Type   // of one element, if Repeating
	Format    string // date, date-time, …; empty if none
	Repeating bool   // a list of Type
	Nullable  bool
	Required  bool
	Enum      []string // permitted values as text; empty means any
	MinLength int      // in characters
	MaxLength int      // in characters; 0 means no limit
	Minimum   string   // smallest permitted number, as written; empty if none
	Maximum   string   // largest permitted number, as written; empty if none
	Pattern   string   // regular expression of ECMA-262; empty if none
	// Bits is how wide the whole numbers are that an application reads here: 16, 32 or
	// 64. 0 means that it reads any decimal number, with a fraction as well.
	Bits  int
	Title string
	// Description tells people about the value; empty if the schema has none.
	Description string
	// XMLName is the name of the element in the form's XML. Attribute tells
	// that it is an XML attribute of its parent instead, TextValue that it is
	// the parent's text.
	XMLName   string
	Attribute bool
	TextValue bool
}

// Root returns the name of the root element in the form's XML. It is empty if
// the schema does not tell.
func (s *Schema) Root() string { return s.root }

// Fields returns all fields and groups below the root, parents before
// children, in the order of the schema.
func (s *Schema) Fields() []Field { return slices.Clone(s.fields) }

// Children returns the fields directly below a path ("" for the root), in the
// order of the schema. The path is read as by [Schema.Field].
func (s *Schema) Children(path string) []Field {
	var fields []Field
	for _, i := range s.children[normalise(path)] {
		fields = append(fields, s.fields[i])
	}
	return fields
}

// AnyOrder tells that the elements directly below a path ("" for the root) may come
// in any order in the form's XML. Otherwise an application reads those that come in
// the order of the schema and passes over the rest. The path is read as by
// [Schema.Field].
func (s *Schema) AnyOrder(path string) bool { return s.anyOrder[normalise(path)] }

// Field finds a field by its dotted path. As in Altinn, case and hyphens do not
// matter; list indices ("Children[0].Name") are ignored.
func (s *Schema) Field(path string) (Field, bool) {
	i, ok := s.index[normalise(path)]
	if !ok {
		return Field{}, false
	}
	return s.fields[i], true
}

var listIndex = regexp.MustCompile(`\[[0-9]*\]`)

func normalise(path string) string {
	return strings.ToLower(strings.ReplaceAll(listIndex.ReplaceAllString(path, ""), "-", ""))
}
