package story

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/authorization"
)

// decision is one of the decision point, for people.
type decision struct {
	Text       string
	Permitted  bool
	AppID      string
	Action     string
	Rule       *rule // that decided; nil where none did
	Reason     string
	Attributes []attribute // of the first time
	Tried      []tried
	Times      int
}

// rule is one of a policy.
type rule struct {
	Name        string // "rule 2"
	ID          string // as the policy writes it
	Description string
}

// attribute is one that was sent, or that would have been needed.
type attribute struct {
	Category string
	Name     string // for people
	ID       string
	Value    string
}

// tried is what a rule made of a request.
type tried struct {
	Rule   rule
	Result string
	Nearer bool // of those that would permit, it came closest
	// Stopped is what the rule does not speak of; empty where it applied.
	Stopped string
	Lacks   []string // in sentences
}

// ruleIDs end with this and a number, as Altinn's tools write them.
const ruleNumber = ":ruleid:"

// rule names a rule of an application's policy, shortly.
func (v *voice) rule(appID, id string) string {
	if _, number, ok := strings.Cut(id, ruleNumber); ok {
		return v.T("rule", number, appID)
	}
	return v.T("rule", id, appID)
}

func (v *voice) describe(appID, id string) *rule {
	if id == "" {
		return nil
	}
	r := &rule{Name: v.rule(appID, id), ID: id}
	if p := v.policy(appID); p != nil {
		if n := slices.IndexFunc(p.Rules, func(r policy.Rule) bool { return r.ID == id }); n >= 0 {
			r.Description = strings.TrimSpace(p.Rules[n].Description)
		}
	}
	return r
}

// permit is the rule that let an exchange happen: that of the first permit which
// the system itself asked for.
func (v *voice) permit(t *tree) *rule {
	if t.refused() {
		return nil
	}
	for b := range t.all() {
		for _, fact := range b.Facts {
			if d, ok := fact.(authorization.Decision); ok && d.Result == policy.Permit {
				return v.describe(applicationOf(d), d.RuleID)
			}
		}
	}
	return nil
}

func applicationOf(d authorization.Decision) string {
	var org, name string
	for _, a := range d.Resource {
		switch a.ID {
		case policy.AttributeOrg:
			org = a.Value
		case policy.AttributeApp:
			name = a.Value
		}
	}
	return org + "/" + name
}

// decisions are those of an exchange and of what is below it. What was decided
// about the same more than once is told once.
func (v *voice) decisions(t *tree) []decision {
	var made []decision
	for b := range t.all() {
		for _, fact := range b.Facts {
			d, ok := fact.(authorization.Decision)
			if !ok {
				continue
			}
			told := v.decision(d)
			if n := slices.IndexFunc(made, told.same); n >= 0 {
				made[n].Times++
				continue
			}
			made = append(made, told)
		}
	}
	return made
}

// same compares what was decided.
func (d decision) same(other decision) bool {
	return d.Text == other.Text && d.Reason == other.Reason && (d.Rule == nil) == (other.Rule == nil) && (d.Rule == nil || *d.Rule == *other.Rule)
}

func (v *voice) decision(d authorization.Decision) decision {
	appID := applicationOf(d)
	told := decision{
		AppID: appID, Action: d.Action, Permitted: d.Result == policy.Permit, Reason: d.Reason,
		Rule: v.describe(appID, d.RuleID), Times: 1,
	}
	told.Text = v.T("decision", d.Action, appID, v.T("decided."+string(d.Result)))
	told.Attributes = slices.Concat(
		v.attributes(policy.Subject, d.Subject),
		v.attributes(policy.Action, []policy.Attribute{{ID: policy.AttributeAction, Value: d.Action}}),
		v.attributes(policy.Resource, d.Resource),
	)
	for _, trace := range d.Trace {
		told.Tried = append(told.Tried, v.tried(appID, d, trace))
	}
	return told
}

func (v *voice) tried(appID string, d authorization.Decision, trace policy.RuleTrace) tried {
	one := tried{Rule: *v.describe(appID, trace.RuleID), Result: v.T("result." + string(trace.Result))}
	one.Nearer = len(d.Nearest) > 0 && d.Nearest[0].Rule.ID == trace.RuleID
	if trace.Message != "" {
		one.Lacks = append(one.Lacks, trace.Message)
	}
	if trace.Failed == "" {
		return one
	}
	one.Stopped = v.T("category." + categoryKey(trace.Failed))
	n := slices.IndexFunc(d.Nearest, func(near policy.Near) bool { return near.Rule.ID == trace.RuleID })
	if n < 0 {
		one.Lacks = append(one.Lacks, v.wanted(trace.Wanted))
		return one
	}
	for _, gap := range d.Nearest[n].Gaps {
		one.Lacks = append(one.Lacks, v.gap(gap))
	}
	return one
}

// gap says what a rule wants in one category, and what was sent instead.
func (v *voice) gap(gap policy.Gap) string {
	var wanted [][]policy.Attribute
	for _, alternative := range gap.Alternatives {
		wanted = append(wanted, alternative.Missing)
	}
	key := "gap." + categoryKey(gap.Category)
	if len(gap.Sent) == 0 {
		return v.T(key+".nothing", v.wanted(wanted), v.names(wanted))
	}
	return v.T(key, v.wanted(wanted), v.pairs(gap.Sent))
}

// wanted lists alternatives, each once.
func (v *voice) wanted(alternatives [][]policy.Attribute) string {
	var texts []string
	for _, attributes := range alternatives {
		if text := v.pairs(attributes); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, v.T("either"))
}

// names lists the attributes of alternatives, each once.
func (v *voice) names(alternatives [][]policy.Attribute) string {
	var names []string
	for _, attributes := range alternatives {
		for _, a := range attributes {
			if name := v.attributeName(a.ID); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, v.T("either"))
}

func (v *voice) pairs(attributes []policy.Attribute) string {
	texts := make([]string, len(attributes))
	for n, a := range attributes {
		texts[n] = v.T("pair", v.attributeName(a.ID), a.Value)
	}
	return strings.Join(texts, v.T("together"))
}

func (v *voice) attributes(category policy.Category, sent []policy.Attribute) []attribute {
	told := make([]attribute, len(sent))
	for n, a := range sent {
		told[n] = attribute{Category: v.T("category." + categoryKey(category)), Name: v.attributeName(a.ID), ID: a.ID, Value: a.Value}
	}
	return told
}

// attributeName is the word for an attribute, or its id where there is none.
func (v *voice) attributeName(id string) string {
	if name, ok := v.word("attribute." + id); ok {
		return name
	}
	return id
}

func categoryKey(c policy.Category) string {
	switch c {
	case policy.Subject:
		return "subject"
	case policy.Action:
		return "action"
	}
	return "resource"
}
