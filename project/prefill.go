package project

import (
	"encoding/json"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/app/expression"
)

// copyModel reads the word copy.
func (r *reader) copyModel(to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var word string
		r.text("model", &word)(n)
		if *to = word == "copy"; word != "" && !*to {
			r.fault(position(n), "model: the only word is copy; leave it out to carry what prefill names and nothing else")
		}
	}
}

// prefill reads the mappings of the whole form, or of a row of it.
func (r *reader) prefill(n *yaml.Node, what string) []Mapping {
	if !r.kind(n, yaml.MappingNode, what, "a mapping of target fields to sources") {
		return nil
	}
	var mappings []Mapping
	lines := map[string]int{}
	r.entries(n, what, func(key, value *yaml.Node) {
		m := Mapping{Position: position(key), Target: key.Value}
		if !targetForm.MatchString(m.Target) {
			r.fault(m.Position, "%q is no field; write its path with '.' between names, without list indices", m.Target)
			return
		}
		// The platform compares these names without case and hyphens.
		folded := strings.ToLower(strings.ReplaceAll(m.Target, "-", ""))
		if line, ok := lines[folded]; ok {
			r.fault(m.Position, "%s is the same field as the one in line %d", m.Target, line)
			return
		}
		lines[folded] = key.Line
		if r.source(value, &m) {
			mappings = append(mappings, m)
		}
	})
	return mappings
}

// source reads what fills a field: a path, {from: path}, {value: …}, a list that
// is an expression, {expression: …}, or {each: path, fields: …}.
func (r *reader) source(n *yaml.Node, m *Mapping) bool {
	if r.alias(n) {
		return false
	}
	switch n.Kind {
	case yaml.SequenceNode:
		m.Expression = r.expression(n, m.Target)
		return m.Expression != nil
	case yaml.MappingNode:
		faults := len(r.faults)
		r.mapping(n, m.Target,
			field{"value", false, func(n *yaml.Node) { m.Constant = r.constant(n, m.Target) }},
			field{"expression", false, func(n *yaml.Node) { m.Expression = r.expression(n, m.Target) }},
			field{"from", false, func(n *yaml.Node) {
				m.FromRoot = true
				r.checked(m.Target+".from", &m.Path, checkSource)(n)
			}},
			field{"each", false, r.checked(m.Target+".each", &m.Each, checkList)},
			field{"fields", false, func(n *yaml.Node) { m.Fields = r.prefill(n, m.Target+".fields") }},
		)
		switch {
		case len(r.faults) > faults:
		case m.Each != "" && len(m.Fields) > 0 && len(n.Content) == 4:
		case m.Each != "" || m.Fields != nil:
			r.fault(position(n), "%s: a list is {each: its path in the source, fields: what fills a row}", m.Target)
		case len(n.Content) != 2:
			r.fault(position(n), "%s needs one of value, expression, from, and each with fields", m.Target)
		}
		return len(r.faults) == faults
	}
	if n.ShortTag() != "!!str" {
		r.fault(position(n), "%s: a source is the path of a field, not %s; write {value: …} for a constant", m.Target, describe(n))
		return false
	}
	if wrong := checkSource(n.Value); wrong != "" {
		r.fault(position(n), "%s: %s; write {value: …} for a constant text", m.Target, wrong)
		return false
	}
	m.Path = n.Value
	return true
}

var decimal = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$`)

func (r *reader) constant(n *yaml.Node, what string) any {
	if !r.kind(n, yaml.ScalarNode, what, "text, a number, true or false") {
		return nil
	}
	switch n.ShortTag() {
	case "!!str":
		return n.Value
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if decimal.MatchString(n.Value) {
			return json.Number(n.Value)
		}
		r.fault(position(n), "%s: write the number %s with decimal digits only, or in quotes if it is text", what, n.Value)
		return nil
	}
	r.fault(position(n), "%s: a constant is text, a number, true or false, not %s", what, describe(n))
	return nil
}

func (r *reader) expression(n *yaml.Node, what string) *expression.Expression {
	faults := len(r.faults)
	value := r.value(n, what)
	if len(r.faults) > faults {
		return nil
	}
	e, err := expression.FromValue(value)
	if err != nil {
		r.fault(position(n), "%s: %s", what, err)
		return nil
	}
	return &e
}

// value turns a node into what decoded JSON would be.
func (r *reader) value(n *yaml.Node, what string) any {
	if r.alias(n) {
		return nil
	}
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = r.value(item, what)
		}
		return list
	case yaml.MappingNode:
		r.fault(position(n), "%s: an expression has no mappings, only lists, text, numbers, true, false and null", what)
		return nil
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		var f float64
		if decimal.MatchString(n.Value) && n.Decode(&f) == nil {
			return f
		}
		r.fault(position(n), "%s: write the number %s with decimal digits only, or in quotes if it is text", what, n.Value)
		return nil
	}
	return n.Value
}
