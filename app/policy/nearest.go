package policy

import (
	"cmp"
	"slices"
)

// Near is a rule that would permit, and what a request lacks for it.
type Near struct {
	Rule Rule
	// Gaps are the categories that did not match, in the order in which a target is
	// tried; at least one.
	Gaps []Gap
}

// Gap is one category in which a request does not match a rule.
type Gap struct {
	Category Category
	// Alternatives are what would have matched, the one that the request came
	// closest to first. Any of them is enough.
	Alternatives []Alternative
	// Sent is what the request says under the ids that the alternatives name.
	Sent []Attribute
}

// Alternative is a set of attributes that are needed together.
type Alternative struct {
	Wanted  []Attribute
	Missing []Attribute // those of Wanted that the request does not have
}

// Nearest returns the rules that would permit a request and do not, the one that
// came closest first: one that speaks of the request's action, since it is that
// which somebody wants to do, then one that lacks fewer attributes of its resource,
// such as its task, then of its subject, then the order of the document.
func (p *Policy) Nearest(req Request) []Near {
	given := map[Category][]Attribute{Subject: req.Subject, Action: req.Action, Resource: req.Resource}
	var all []Near
	for _, rule := range p.Rules {
		if rule.Effect != EffectPermit {
			continue
		}
		if gaps := rule.target.gaps(given); len(gaps) > 0 {
			all = append(all, Near{rule, gaps})
		}
	}
	slices.SortStableFunc(all, func(a, b Near) int {
		return cmp.Or(
			cmp.Compare(a.lacks(Action), b.lacks(Action)),
			cmp.Compare(a.lacks(Resource), b.lacks(Resource)),
			cmp.Compare(a.lacks(Subject), b.lacks(Subject)),
		)
	})
	return all
}

// lacks counts the attributes of one category that the best alternative misses.
func (n Near) lacks(c Category) int {
	for _, gap := range n.Gaps {
		if gap.Category == c {
			return len(gap.Alternatives[0].Missing)
		}
	}
	return 0
}

// gaps leaves out what cannot be evaluated: nothing is near to that.
func (t target) gaps(given map[Category][]Attribute) []Gap {
	var gaps []Gap
	for _, c := range []Category{Resource, Action, Subject} {
		if ok, err := t.matches(c, given[c]); err != nil {
			return nil
		} else if ok {
			continue
		}
		gap := Gap{Category: c}
		named, known := map[string]bool{}, map[string]bool{}
		for _, all := range t.in(c) {
			one := Alternative{Wanted: all.attributes(), Missing: all.missing(given[c])}
			for _, a := range one.Wanted {
				named[a.ID] = true
			}
			if key := keyOf(one.Wanted); !known[key] {
				known[key] = true
				gap.Alternatives = append(gap.Alternatives, one)
			}
		}
		slices.SortStableFunc(gap.Alternatives, func(a, b Alternative) int { return cmp.Compare(len(a.Missing), len(b.Missing)) })
		for _, a := range given[c] {
			if named[a.ID] {
				gap.Sent = append(gap.Sent, a)
			}
		}
		gaps = append(gaps, gap)
	}
	return gaps
}

// missing returns the attributes of the alternative that do not hold.
func (a allOf) missing(given []Attribute) []Attribute {
	var missing []Attribute
	wanted := a.attributes()
	for n, m := range a {
		if holds, err := (allOf{m}).holds(given); err != nil || !holds {
			missing = append(missing, wanted[n])
		}
	}
	return missing
}
