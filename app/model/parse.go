package model

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxFields bounds a model, which may grow without end through groups inside
// themselves.
const maxFields = 20_000

// ParseSchema reads a schema.
func ParseSchema(data []byte) (*Schema, error) {
	document, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	if !document.isObject() {
		return nil, errors.New("read schema: it is no JSON object")
	}
	pointer, name := findRoot(document)
	root, ok := document.at(pointer)
	if !ok {
		return nil, fmt.Errorf("read schema: the root %q is not in the file", pointer)
	}
	r := &reader{document: document, schema: &Schema{root: name, index: map[string]int{}, children: map[string][]int{}, anyOrder: map[string]bool{}}}
	if err := r.group("", root, []string{pointer}); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	if len(r.schema.fields) == 0 {
		return nil, errors.New("read schema: the root has no properties, so it describes no form")
	}
	if r.schema.compiled, err = compile(document, pointer); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return r.schema, nil
}

// findRoot returns the pointer to the schema of the form's root and its name.
func findRoot(document value) (pointer, name string) {
	pointer = "#"
	info := document.members["info"]
	switch {
	case info.text("rootNode") != "":
		pointer = info.text("rootNode")
	case document.text("$ref") != "":
		pointer = document.text("$ref")
	case len(document.members["oneOf"].list) == 1:
		pointer = document.members["oneOf"].list[0].text("$ref")
	case document.members["definitions"].isObject() && document.members["properties"].isObject():
		pointer = oldRoot(document, info)
	}
	if pointer == "" {
		pointer = "#"
	}
	if name = document.text("@xsdRootElement"); name == "" {
		name = lastName(pointer)
	}
	if id := path.Base(document.text("$id")); name == "" && strings.HasSuffix(id, ".schema.json") {
		name = strings.TrimSuffix(id, ".schema.json")
	}
	return pointer, name
}

// oldRoot finds the root where the tools listed every definition as a property:
// it is the message's, or else the first.
func oldRoot(document, info value) string {
	properties := document.members["properties"]
	for _, candidate := range append([]string{info.text("meldingsnavn")}, properties.names...) {
		if ref := properties.members[candidate].text("$ref"); ref != "" {
			return ref
		}
	}
	return ""
}

// maxMerges bounds how many schemas are worked into each other: a few that each
// refer to the next one twice are more than there is time for.
const maxMerges = 200_000

// maxMembers bounds what these schemas hold together: a group of many fields that are
// each such a group is as many squared.
const maxMembers = 2_000_000

// maxPath bounds the path of a field, in bytes.
const maxPath = 4096

type reader struct {
	document value
	schema   *Schema
	merges   int
	members  int // of the schemas that were worked into others
}

// resolved is a schema with references, allOf and null alternatives worked in.
type resolved struct {
	value
	names    []string
	fields   map[string]value
	required map[string]bool
	types    []string
	nullable bool
	refs     []string // references that were followed
}

// resolve follows what a schema refers to. The references in progress stop a
// schema that refers to itself.
func (r *reader) resolve(v value, refs []string) (resolved, error) {
	out := resolved{value: value{members: map[string]value{}}, fields: map[string]value{}, required: map[string]bool{}, refs: slices.Clone(refs)}
	err := r.merge(&out, v, 0)
	return out, err
}

func (r *reader) merge(out *resolved, v value, depth int) error {
	if depth > maxDepth {
		return errors.New("its references form a ring")
	}
	if r.merges++; r.merges > maxMerges {
		return fmt.Errorf("its references lead to more than %d schemas", maxMerges)
	}
	r.members += len(v.members) + len(v.members["properties"].names) + len(v.members["required"].list) + len(v.members["enum"].list)
	if r.members > maxMembers {
		return fmt.Errorf("its references lead to schemas with more than %d members", maxMembers)
	}
	if ref := v.text("$ref"); ref != "" {
		target, ok := r.document.at(ref)
		if !ok {
			return fmt.Errorf("the reference %q is not in the file", ref)
		}
		out.refs = append(out.refs, ref)
		if err := r.merge(out, target, depth+1); err != nil {
			return err
		}
	}
	for _, part := range v.members["allOf"].list {
		if err := r.merge(out, part, depth+1); err != nil {
			return err
		}
	}
	for _, keyword := range []string{"oneOf", "anyOf"} {
		if err := r.alternatives(out, v.members[keyword].list, depth); err != nil {
			return err
		}
	}
	properties := v.members["properties"]
	for _, name := range properties.names {
		if _, again := out.fields[name]; !again {
			out.names = append(out.names, name)
		}
		out.fields[name] = properties.members[name]
	}
	for _, name := range v.members["required"].list {
		if s, ok := name.scalar.(string); ok {
			out.required[s] = true
		}
	}
	for _, t := range append([]value{v.members["type"]}, v.members["type"].list...) {
		switch s, _ := t.scalar.(string); s {
		case "":
		case "null":
			out.nullable = true
		default:
			out.types = append(out.types, s)
		}
	}
	for name, member := range v.members {
		out.members[name] = member
	}
	return nil
}

// alternatives works in the one alternative that is not null. Several of them
// are no field of one type, and are left to [Schema.Validate].
func (r *reader) alternatives(out *resolved, list []value, depth int) error {
	var notNull []value
	for _, alternative := range list {
		if alternative.text("type") == "null" {
			out.nullable = true
		} else {
			notNull = append(notNull, alternative)
		}
	}
	if len(notNull) != 1 {
		return nil
	}
	return r.merge(out, notNull[0], depth+1)
}

// group adds the fields of a group at a path.
func (r *reader) group(parent string, v value, refs []string) error {
	group, err := r.resolve(v, refs)
	if err != nil {
		return fmt.Errorf("%s: %w", orRoot(parent), err)
	}
	if group.text("@xsdStructure") == "all" {
		r.schema.anyOrder[normalise(parent)] = true
	}
	for _, name := range group.names {
		if err := r.field(parent, name, group.fields[name], group); err != nil {
			return err
		}
	}
	return nil
}

func orRoot(path string) string {
	if path == "" {
		return "the root"
	}
	return path
}

func (r *reader) field(parent, name string, v value, group resolved) error {
	if len(r.schema.fields) >= maxFields {
		return fmt.Errorf("it has more than %d fields", maxFields)
	}
	f := Field{Name: name, XMLName: name, Path: name, Required: group.required[name]}
	if parent != "" {
		f.Path = parent + "." + name
	}
	if len(f.Path) > maxPath {
		return fmt.Errorf("the path of a field, its name and those of the groups around it, is longer than %d bytes", maxPath)
	}
	s, err := r.resolve(v, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	f.Attribute = s.isTrue("@xsdAttribute") || s.text("@xsdType") == "XmlAttribute"
	f.TextValue = s.isTrue("@xsdText") || s.text("@xsdType") == "XmlSimpleContentExtension"
	f.Nullable = s.nullable
	items := v
	if slices.Contains(s.types, "array") {
		f.Repeating, items = true, s.members["items"]
		element, err := r.resolve(items, s.refs)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		s = element
	}
	f.describe(s)
	key := normalise(f.Path)
	if i, ok := r.schema.index[key]; ok {
		return fmt.Errorf("%q and %q differ only in case or hyphens, which Altinn does not tell apart", r.schema.fields[i].Path, f.Path)
	}
	position := len(r.schema.fields)
	r.schema.index[key] = position
	r.schema.children[normalise(parent)] = append(r.schema.children[normalise(parent)], position)
	r.schema.fields = append(r.schema.fields, f)
	if f.Type != Object || slices.ContainsFunc(s.refs, func(ref string) bool { return slices.Contains(group.refs, ref) }) {
		return nil // a group inside itself is listed once
	}
	return r.group(f.Path, items, group.refs)
}

// widths are the types of XML Schema, in small letters, for which Altinn's generator of classes has a
// type of .NET with so many bits; for all other whole numbers it takes decimal.
var widths = map[string]int{"short": 16, "int": 32, "long": 64}

// describe fills in what one schema says of a value.
func (f *Field) describe(s resolved) {
	f.Type = String
	switch {
	case len(s.types) > 0 && s.types[0] != "array":
		f.Type = Type(s.types[0])
	case len(s.names) > 0:
		f.Type = Object
	}
	f.Format, f.Title, f.Description = s.text("format"), s.text("title"), s.text("description")
	f.Nullable = f.Nullable || s.nullable || s.isTrue("@xsdNillable")
	f.MinLength, f.MaxLength = s.count("minLength"), s.count("maxLength")
	f.Minimum, f.Maximum = s.number("minimum"), s.number("maximum")
	f.Pattern = s.text("pattern")
	if f.Type == Integer {
		f.Bits = widths[strings.ToLower(s.text("@xsdType"))]
	}
	for _, v := range s.members["enum"].list {
		f.Enum = append(f.Enum, fmt.Sprint(v.plain()))
	}
}
