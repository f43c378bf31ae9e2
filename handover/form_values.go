package handover

import (
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/expression"
)

// group is filled-in form data: of the form or of a group in it, by the names
// of the fields. A value is a string, json.Number or bool, a group, or a list
// ([]any) of these.
type group map[string]any

// set puts a value where the names lead, and makes the groups on the way.
func (g group) set(names []string, value any) {
	for _, name := range names[:len(names)-1] {
		inner, ok := g[name].(group)
		if !ok {
			inner = group{}
			g[name] = inner
		}
		g = inner
	}
	g[names[len(names)-1]] = value
}

// form fills in the receiving form; nil if none is sent.
func (d *Definition) form(a answers) ([]byte, error) {
	if d.targetForm == "" {
		return nil, nil
	}
	filled, err := scope{answers: a, row: a.model}.fill(d.mappings)
	if err != nil {
		return nil, err
	}
	return form{d.schema, filled}.encode(d.contentType)
}

// scope is what mappings see of the source: the form, and the row in which they
// stand.
type scope struct {
	answers
	row any
	at  string // the row's path, with indices; "" at the root
}

func (s scope) fill(mappings []mapping) (group, error) {
	filled := group{}
	for _, m := range mappings {
		value, err := s.value(m)
		if err != nil {
			return nil, err
		}
		if value != nil {
			filled.set(m.into, value)
		}
	}
	return filled, nil
}

// value is what a mapping gives; nil for nothing.
func (s scope) value(m mapping) (any, error) {
	value := m.constant
	switch {
	case m.path != "" && m.fromRoot:
		value = lookUp(s.model, m.path)
	case m.path != "":
		value = lookUp(s.row, m.path)
	case m.expression != nil:
		var err error
		if value, err = m.expression.Eval(s.context()); err != nil {
			// The evaluator's words may hold an answer from the form.
			return nil, &MappingError{Target: m.target.Path, Reason: "the expression cannot be evaluated"}
		}
	}
	if !m.list && m.fields == nil {
		return m.converted(value)
	}
	items, ok := value.([]any)
	if !ok && value != nil {
		return nil, &MappingError{Target: m.target.Path, Reason: "the value is not a list"}
	}
	var list []any
	for i, item := range items {
		if m.fields == nil {
			converted, err := m.converted(item)
			if err != nil {
				return nil, err
			}
			if converted != nil {
				list = append(list, converted)
			}
			continue
		}
		row, err := s.in(m, i, item).fill(m.fields)
		if err != nil {
			return nil, err
		}
		if len(row) > 0 {
			list = append(list, row)
		}
	}
	if list == nil {
		return nil, nil
	}
	return list, nil
}

func (m mapping) converted(value any) (any, error) {
	converted, err := convert(value, m.target)
	if err != nil {
		return nil, &MappingError{Target: m.target.Path, Reason: "the value " + err.Error()}
	}
	return converted, nil
}

// in is the scope of a row of the list at a mapping's path.
func (s scope) in(m mapping, index int, row any) scope {
	at := m.path
	if !m.fromRoot {
		at = join(s.at, m.path)
	}
	return scope{answers: s.answers, row: row, at: at + "[" + strconv.Itoa(index) + "]"}
}

// context lets an expression look up the fields of the row in which it stands,
// as in a repeating group of a layout: a path through the row's list without an
// index means the row.
func (s scope) context() expression.Context {
	context := s.answers.context()
	everywhere := context.DataModel
	context.DataModel = func(path, dataType string) (any, error) {
		return everywhere(inRow(path, s.at), dataType)
	}
	return context
}

// inRow puts a row's indices into a path, as far as the two go together.
func inRow(path, row string) string {
	segments := strings.Split(path, ".")
	for i, of := range strings.Split(row, ".") {
		name, _, _ := strings.Cut(of, "[")
		if i >= len(segments) || segments[i] != name {
			break
		}
		segments[i] = of
	}
	return strings.Join(segments, ".")
}
