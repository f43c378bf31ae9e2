package appsettings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// Change is one change to a setting.
type Change struct {
	// Name is the setting, below the section. It may be a path ("Jwk:kid").
	Name string
	// Value is what the setting becomes: a string, bool, int, int64, json.Number
	// or nil for null. It is not looked at when Delete is set.
	Value any
	// Delete removes the setting, and everything below it. A setting that is not
	// there is no error.
	Delete bool
	// Reason is for the person who reads the plan; it is not written anywhere.
	Reason string
}

// Edit applies changes to a settings file in UTF-8, in their order, and returns
// the new content. section is a path of any depth ("A:B:C"); "" is the root.
//
// Every byte that the changes do not concern stays: byte order mark, line ends,
// comments, trailing commas, indentation, the spelling of names. A setting that
// already has the value is left as it is written, so that changes that change
// nothing return the same bytes. Names match without regard to case. What is
// added follows the file's own layout. A comment on the line of a deleted setting
// goes with it; comments on lines of their own stay.
//
// A file that .NET would not load, duplicate settings included, is refused with a
// [*FileError]; so is a change that would replace an object or an array, or put a
// setting below a value. Errors never quote values.
func Edit(file []byte, section string, changes []Change) ([]byte, error) {
	mark := 0
	if bytes.HasPrefix(file, bomUTF8) {
		mark = len(bomUTF8)
	}
	text := file[mark:]
	if !utf8.Valid(text) {
		return nil, &FileError{Problem: "the file is not UTF-8; save it as UTF-8 first"}
	}
	if _, err := jsonLayer("", text, dialect{}); err != nil {
		return nil, err
	}
	for _, change := range changes {
		path := strings.Split(join(section, change.Name), separator)
		if change.Name == "" || slices.Contains(path, "") {
			return nil, fmt.Errorf("edit settings: %q below %q is not a path", change.Name, section)
		}
		edited, err := apply(text, path, change)
		if err != nil {
			return nil, err
		}
		text = edited
	}
	return slices.Concat(file[:mark], text), nil
}

func apply(text []byte, path []string, change Change) ([]byte, error) {
	if change.Delete {
		return deleteAll(text, path)
	}
	literal, err := encode(change.Value)
	if err != nil {
		return nil, fmt.Errorf("edit %s: %w", strings.Join(path, separator), err)
	}
	doc, err := parse("", text)
	if err != nil {
		return nil, err
	}
	return doc.set(path, literal)
}

// encode writes a value as JSON.
func encode(value any) (hujson.Literal, error) {
	switch v := value.(type) {
	case nil:
		return hujson.Literal("null"), nil
	case bool:
		return hujson.Bool(v), nil
	case int:
		return hujson.Int(int64(v)), nil
	case int64:
		return hujson.Int(v), nil
	case json.Number:
		if literal := hujson.Literal(v); literal.IsValid() && literal.Kind() == '0' {
			return literal, nil
		}
		return nil, fmt.Errorf("%q is not a JSON number", v.String())
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("the text is not UTF-8")
		}
		return hujson.String(v), nil
	}
	return nil, fmt.Errorf("a value of type %T cannot be a setting", value)
}

// container is an object in the text, reached by a part of a path.
type container struct {
	object *hujson.Object
	start  int      // offset of {
	rest   []string // what is left of the path
}

// member is a place in a container.
type member struct {
	container
	index int
}

func (m member) name() hujson.Value  { return m.object.Members[m.index].Name }
func (m member) value() hujson.Value { return m.object.Members[m.index].Value }

// search is what a path leads to in a file. One path can lead to several members:
// objects of one name are merged by .NET, and a name may hold separators.
type search struct {
	found   []member
	deepest container      // the object in which the rest of the path would be added
	blocked []hujson.Value // values, on the path, that are no objects
}

func (d *document) find(path []string) search {
	root := container{object: d.root, start: d.start, rest: path}
	s := search{deepest: root}
	s.walk(root)
	return s
}

func (s *search) walk(c container) {
	if len(c.rest) < len(s.deepest.rest) {
		s.deepest = c
	}
	for i, m := range c.object.Members {
		name, _ := unquote(m.Name.Value.(hujson.Literal)) // the file has been loaded
		segments := strings.Split(name, separator)
		if len(segments) > len(c.rest) || fold(name) != fold(strings.Join(c.rest[:len(segments)], separator)) {
			continue
		}
		rest := c.rest[len(segments):]
		object, isObject := m.Value.Value.(*hujson.Object)
		switch {
		case len(rest) == 0:
			s.found = append(s.found, member{container: c, index: i})
		case isObject:
			s.walk(container{object: object, start: m.Value.StartOffset, rest: rest})
		default:
			s.blocked = append(s.blocked, m.Value)
		}
	}
}

// set gives the setting at a path a value, adding it where it is not there.
func (d *document) set(path []string, literal hujson.Literal) ([]byte, error) {
	name := strings.Join(path, separator)
	s := d.find(path)
	for _, m := range s.found {
		if _, ok := m.value().Value.(hujson.Literal); !ok {
			return nil, d.fault(m.name().StartOffset, "%s is an object or an array, which an edit does not replace", name)
		}
	}
	switch {
	case len(s.found) > 0:
		v := s.found[0].value()
		if same(v.Value.(hujson.Literal), literal) {
			return d.text, nil
		}
		return splice(d.text, cut{v.StartOffset, v.EndOffset, string(literal)}), nil
	case len(path) > maxDepth:
		return nil, d.fault(d.start, "%s would be nested deeper than %d levels", name, maxDepth)
	case len(s.blocked) > 0:
		return nil, d.fault(s.blocked[0].StartOffset, "%s cannot be added: what is above it is not an object", name)
	}
	return splice(d.text, d.addition(s.deepest, literal)...), nil
}

// same reports whether two literals mean the same to .NET.
func same(a, b hujson.Literal) bool {
	if a.Kind() != '"' || b.Kind() != '"' {
		return bytes.Equal(a, b)
	}
	textA, okA := unquote(a)
	textB, okB := unquote(b)
	return okA && okB && textA == textB
}

// cut replaces the bytes from start up to end.
type cut struct {
	start, end int
	with       string
}

// splice makes cuts that do not overlap and are in order.
func splice(text []byte, cuts ...cut) []byte {
	var edited []byte
	from := 0
	for _, c := range cuts {
		edited = append(append(edited, text[from:c.start]...), c.with...)
		from = c.end
	}
	return append(edited, text[from:]...)
}

// quote writes a name as JSON.
func quote(name string) string { return string(hujson.String(name)) }
