package project

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
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
			field{"model", false, r.copyModel(&d.CopyModel)},
			field{"prefill", false, func(n *yaml.Node) { d.Prefill = r.prefill(n, "prefill") }},
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
