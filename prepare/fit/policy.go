package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/policy"
)

// policies fits the policies of both applications.
func policies(in Input) (Result, error) {
	var all Result
	for _, f := range []Folder{in.Original, in.Receiving} {
		rights := in.receivingRights()
		if f.Role == Original {
			rights = slices.Concat(in.originalRights(), in.citizensRights())
		}
		rights = append(rights, f.processRights(rights)...)
		result, err := fitPolicy(f, in.Project.Owner.Org, rights)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", f.path(policyFile), err)
		}
		all.Edits = append(all.Edits, result.Edits...)
		all.Warnings = append(all.Warnings, result.Warnings...)
		all.Missing = append(all.Missing, result.Missing...)
	}
	if warning := Others(in); warning != "" {
		all.Warnings = append(all.Warnings, warning)
	}
	return all, nil
}

// lacking returns where a right's subjects may not do it, and the decision that
// says so first. A decision that only the authentication level spoils is a
// permit here.
func lacking(p *policy.Policy, f Folder, r right) (who []alternative, at []state, first policy.Decision) {
	for _, subject := range r.subjects {
		for _, s := range r.at {
			d := decide(p, f.App, subject.attributes, r.action, s)
			if d.Result == policy.Permit {
				continue
			}
			if len(at) == 0 {
				first = d
			}
			if !slices.Contains(at, s) {
				at = append(at, s)
			}
			if !slices.ContainsFunc(who, subject.equal) {
				who = append(who, subject)
			}
		}
	}
	return who, at, first
}

func (a alternative) equal(b alternative) bool { return slices.Equal(a.attributes, b.attributes) }

// fitPolicy tells what a policy lacks of some rights, and adds rules that give
// what can be given: one for the organisation, and one for each other group.
func fitPolicy(f Folder, org string, rights []right) (Result, error) {
	var result Result
	name := f.path(policyFile)
	var grants []grant
	for _, r := range rights {
		if len(r.subjects) == 0 {
			continue
		}
		who, at, decision := lacking(f.App.Policy, f, r)
		if len(who) == 0 {
			continue
		}
		remedy := fmt.Sprintf("add the action %s to a rule for %s in %s", r.action, subjects(who), name)
		if given, why := f.canGrant(who, r); given {
			grants = addGrant(grants, who, r)
		} else {
			remedy = why(decision)
		}
		result.Missing = append(result.Missing, Need{
			ID: r.need, Application: f.Role, File: name, Remedy: remedy,
			What: fmt.Sprintf("the policy of %s does not let %s %s%s, so %s", f.App.ID, subjects(who), r.action, places(r, at), r.purpose),
		})
	}
	if need, ok := levelNeed(f, org, rights); ok {
		result.Missing = append(result.Missing, need)
	}
	if len(grants) == 0 {
		return result, nil
	}
	after := f.Files[name]
	var reasons []string
	for _, g := range grants {
		edited, err := addRule(after, g.rule(f.App))
		if err != nil {
			return Result{}, err
		}
		after = edited
		reasons = append(reasons, g.reasons...)
	}
	if edit, changed := f.edit(name, after, reasons); changed {
		result.Edits = append(result.Edits, edit)
	}
	return result, nil
}

// grant is a rule to be: what some subjects are given.
type grant struct {
	subjects []alternative
	actions  []string
	reasons  []string
}

func addGrant(grants []grant, who []alternative, r right) []grant {
	at := slices.IndexFunc(grants, func(g grant) bool { return slices.EqualFunc(g.subjects, who, alternative.equal) })
	if at < 0 {
		at = len(grants)
		grants = append(grants, grant{subjects: who})
	}
	g := &grants[at]
	if !slices.Contains(g.actions, r.action) {
		g.actions = append(g.actions, r.action)
		g.reasons = append(g.reasons, fmt.Sprintf("%s for %s: without it, %s", r.action, subjects(who), r.purpose))
	}
	return grants
}

// canGrant tries whether one more rule would give the right; where it would not,
// why turns the decision into a remedy.
func (f Folder) canGrant(who []alternative, r right) (given bool, why func(policy.Decision) string) {
	name := f.path(policyFile)
	edited, err := addRule(f.Files[name], grant{subjects: who, actions: []string{r.action}}.rule(f.App))
	if err != nil {
		return false, func(policy.Decision) string {
			return fmt.Sprintf("write a rule with the action %s for %s into %s: %v", r.action, subjects(who), name, err)
		}
	}
	p, err := f.App.ParsePolicy(edited)
	if err == nil {
		if still, _, _ := lacking(p, f, right{action: r.action, at: r.at, subjects: who}); len(still) == 0 {
			return true, nil
		}
	}
	return false, func(d policy.Decision) string {
		switch {
		case d.Result == policy.Deny && d.RuleID != "":
			return fmt.Sprintf("change the rule %s in %s, which denies it; a further rule does not help", d.RuleID, name)
		case d.Result == policy.Indeterminate:
			return fmt.Sprintf("mend %s first: %s", name, cmp.Or(d.StatusMessage, d.StatusCode))
		}
		return fmt.Sprintf("see to the combining algorithm and the target of the policy in %s: a further rule does not help", name)
	}
}

// levelNeed tells of a policy whose authentication level no organisation has.
func levelNeed(f Folder, org string, rights []right) (Need, bool) {
	for _, r := range rights {
		if len(r.subjects) != 1 || !r.subjects[0].isOrganisation() {
			continue
		}
		for _, at := range r.at {
			d := decide(f.App.Policy, f.App, organisation(org), r.action, at)
			if d.Result != policy.Permit || levelSuffices(d.Obligations) {
				continue
			}
			everybody, organisations := levels(d.Obligations)
			name := f.path(policyFile)
			return Need{
				ID: NeedLevel, Application: f.Role, File: name,
				What: fmt.Sprintf("the policy of %s demands authentication level %d, and an organisation that comes by Maskinporten has %d",
					f.App.ID, max(everybody, organisations), maskinportenLevel),
				Remedy: fmt.Sprintf("give %s an obligation of category %s with the value %d", name, policy.MinimumLevelOrg, maskinportenLevel),
			}, true
		}
	}
	return Need{}, false
}

// places tells in which of a right's states it is lacking, unless it is in all.
func places(r right, at []state) string {
	if len(at) == len(r.at) {
		return ""
	}
	texts := make([]string, len(at))
	for i, s := range at {
		texts[i] = s.String()
	}
	return " " + strings.Join(texts, ", ")
}

func subjects(who []alternative) string {
	texts := make([]string, len(who))
	for i, a := range who {
		if texts[i] = a.String(); a.isOrganisation() {
			texts[i] = a.attributes[0].Value
		}
	}
	return list(texts, "and")
}

// list joins words as a sentence does.
func list(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}
