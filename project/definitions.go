package project

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/app/expression"
)

func (r *reader) handovers(n *yaml.Node, p *Project) {
	r.items(n, "handovers", func(item *yaml.Node) {
		d := Definition{Position: position(item)}
		r.mapping(item, "a handover",
			field{"id", true, r.checked("id", &d.ID, checkHandoverID)},
			field{"from", true, r.checked("from", &d.From, checkAppID)},
			field{"to", true, r.checked("to", &d.To, checkAppID)},
			field{"since", true, r.moment("since", &d.Since)},
			field{"adopts", false, func(n *yaml.Node) { d.Adopts = r.adopts(n) }},
			field{"recipient", true, func(n *yaml.Node) { r.recipients(n, &d.Recipients) }},
			field{"condition", false, func(n *yaml.Node) { d.Condition = r.expression(n, "condition") }},
			field{"prefill", false, func(n *yaml.Node) { d.Prefill = r.prefill(n) }},
			field{"attachments", false, func(n *yaml.Node) { d.Attachments = r.attachments(n) }},
			field{"visibleAfter", false, r.period("visibleAfter", &d.VisibleAfter)},
			field{"dueBefore", false, r.period("dueBefore", &d.DueBefore)},
			field{"confirm", false, r.truth("confirm", &d.Confirm)},
		)
		if !d.VisibleAfter.IsZero() && !d.DueBefore.IsZero() && !d.DueBefore.After(d.Since).After(d.VisibleAfter.After(d.Since)) {
			r.fault(d.Position, "dueBefore comes before the owner sees the instance; it must be longer than visibleAfter")
		}
		if d.From != "" && d.From == d.To {
			r.fault(d.Position, "from and to are both %s; a handover goes from one application to another", d.From)
		}
		p.Handovers = append(p.Handovers, d)
	})
	r.apart(p.Handovers)
}

// owned checks that the source belongs to the owner: Storage shows an
// organisation the instances of its own applications only.
func (r *reader) owned(d Definition, org string) {
	if from, _, ok := strings.Cut(d.From, "/"); ok && org != "" && from != org {
		r.fault(d.Position, "from is %s, but the owner is %s; an organisation can only read the forms of its own applications", d.From, org)
	}
}

// adopts reads the ids that a definition had before.
func (r *reader) adopts(n *yaml.Node) []string {
	var ids []string
	r.items(n, "adopts", func(item *yaml.Node) {
		var id string
		r.checked("adopts", &id, checkHandoverID)(item)
		switch {
		case id == "":
		case slices.Contains(ids, id):
			r.fault(position(item), "adopts: %s is there already", id)
		default:
			ids = append(ids, id)
		}
	})
	return ids
}

// apart checks that no two definitions share an id, one that is adopted
// included: they would share keys.
func (r *reader) apart(handovers []Definition) {
	type place struct {
		of   int // index of the definition
		line int
	}
	ids := map[string]place{}
	for i, d := range handovers {
		for _, id := range append([]string{d.ID}, d.Adopts...) {
			other, taken := ids[id]
			switch {
			case id == "" || !taken:
				ids[id] = place{i, d.Position.Line}
			case other.of == i:
				r.fault(d.Position, "adopts: %s is the id that it has now; adopts holds the ids that it had before", id)
			default:
				r.fault(d.Position, "the handover in line %d has the id %q already; each needs its own", other.line, id)
			}
		}
	}
}

func (r *reader) prefill(n *yaml.Node) []Mapping {
	if !r.kind(n, yaml.MappingNode, "prefill", "a mapping of target fields to sources") {
		return nil
	}
	var mappings []Mapping
	lines := map[string]int{}
	r.entries(n, "prefill", func(key, value *yaml.Node) {
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

// source reads what fills a field: a path, {value: …}, a list that is an
// expression, or {expression: …}.
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
		)
		if len(r.faults) == faults && len(n.Content) != 2 {
			r.fault(position(n), "%s needs one of value and expression", m.Target)
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
