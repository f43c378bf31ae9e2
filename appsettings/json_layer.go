package appsettings

import (
	"bytes"
	"strconv"

	"github.com/tailscale/hujson"
)

// dialect is what differs between the .NET versions that application
// generations run on: version 8 of the application library on .NET 8, version 9
// on .NET 10.
type dialect struct {
	nullIsNull       bool // null gives null, not ""
	emptyArrayIsText bool // [] gives "", not null
	// connectionStrings maps the prefix of an environment variable to the
	// provider's name, "" for none.
	connectionStrings map[string]string
}

// jsonLayer reads one settings file. name is what an Origin shows.
func jsonLayer(name string, content []byte, d dialect) (*layer, error) {
	doc, err := parse(name, decode(content))
	if err != nil {
		return nil, err
	}
	r := &jsonReader{doc: doc, dialect: d, layer: newLayer()}
	if err := r.object("", doc.root); err != nil {
		return nil, err
	}
	return r.layer, nil
}

// maxNamed bounds the paths of one file together, in bytes: a long name stands in the
// paths of all that is below it.
const maxNamed = 16 << 20

// jsonReader flattens a document into a layer.
type jsonReader struct {
	doc     *document
	dialect dialect
	layer   *layer

	named            int // bytes of the paths so far
	lineOffset, line int // the last offset asked for, and the line breaks before it
}

// object reads the members of an object.
func (r *jsonReader) object(path string, object *hujson.Object) error {
	for _, member := range object.Members {
		name, ok := unquote(member.Name.Value.(hujson.Literal))
		if !ok {
			return r.doc.fault(member.Name.StartOffset, "the name holds half a surrogate pair")
		}
		if bytes.Contains(member.Name.AfterExtra, []byte("/")) {
			return r.doc.fault(member.Name.EndOffset, "a comment stands between the name %s and its colon, where none may be", name)
		}
		below := name
		if object != r.doc.root {
			below = path + separator + name
		}
		if err := r.value(below, member.Value, member.Name.StartOffset); err != nil {
			return err
		}
	}
	return nil
}

// value reads what lies at a path; place is the offset that its origin shows.
func (r *jsonReader) value(path string, v hujson.Value, place int) error {
	if r.named += len(path); r.named > maxNamed {
		return r.doc.fault(place, "the names in the file come to more than %d MiB when each is written with those above it", maxNamed>>20)
	}
	switch content := v.Value.(type) {
	case *hujson.Object:
		if len(content.Members) == 0 {
			r.layer.set(newNull(path, r.origin(place)))
		}
		return r.object(path, content)
	case *hujson.Array:
		if len(content.Elements) == 0 {
			r.layer.set(r.empty(path, place, !r.dialect.emptyArrayIsText))
		}
		for i, element := range content.Elements {
			if err := r.value(path+separator+strconv.Itoa(i), element, element.StartOffset); err != nil {
				return err
			}
		}
		return nil
	case hujson.Literal:
		return r.leaf(path, content, v.StartOffset, place)
	}
	return nil
}

// leaf reads a scalar. Two scalars at one path are refused, as by .NET; an empty
// object or array that follows a scalar replaces it.
func (r *jsonReader) leaf(path string, literal hujson.Literal, start, place int) error {
	if first, ok := r.layer.values[fold(path)]; ok {
		return r.doc.fault(place, "%s is set twice in this file (first on line %d); the application would not start", path, first.Origin.Line)
	}
	origin := r.origin(place)
	switch literal.Kind() {
	case 'n':
		r.layer.set(r.empty(path, place, r.dialect.nullIsNull))
	case 't':
		r.layer.set(newValue(path, "True", origin))
	case 'f':
		r.layer.set(newValue(path, "False", origin))
	case '"':
		text, ok := unquote(literal)
		if !ok {
			return r.doc.fault(start, "the text of %s holds half a surrogate pair", path)
		}
		r.layer.set(newValue(path, text, origin))
	default:
		r.layer.set(newValue(path, string(literal), origin))
	}
	return nil
}

// empty makes the value of null or [], by generation.
func (r *jsonReader) empty(path string, place int, null bool) Value {
	if null {
		return newNull(path, r.origin(place))
	}
	return newValue(path, "", r.origin(place))
}

// origin names a place in the file. Places are asked for in rising order, so the
// lines are counted once.
func (r *jsonReader) origin(offset int) Origin {
	if offset < r.lineOffset {
		r.lineOffset, r.line = 0, 0
	}
	r.line += bytes.Count(r.doc.text[r.lineOffset:offset], []byte("\n"))
	r.lineOffset = offset
	line := r.line + 1
	return Origin{Source: r.doc.file + ":" + strconv.Itoa(line), Kind: File, Name: r.doc.file, Line: line}
}
