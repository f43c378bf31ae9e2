package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/project"
)

// right is an action that somebody needs in some states of an instance.
type right struct {
	need    string // id of the [Need]
	action  string
	at      []state
	purpose string // what fails without it, after "so"
	// subjects are who needs it; each of them needs it.
	subjects []alternative
}

// policies fits the policies of both applications.
func policies(in Input) (Result, error) {
	var all Result
	for _, f := range []Folder{in.Original, in.Receiving} {
		rights := in.receivingRights()
		if f.Role == Original {
			rights = slices.Concat(in.originalRights(), in.citizensRights())
		}
		result, err := fitPolicy(f, in.Project.Owner.Org, rights)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", f.path(policyFile), err)
		}
		all.Edits = append(all.Edits, result.Edits...)
		all.Warnings = append(all.Warnings, result.Warnings...)
		all.Missing = append(all.Missing, result.Missing...)
	}
	if warning := othersWhoInstantiate(in); warning != "" {
		all.Warnings = append(all.Warnings, warning)
	}
	return all, nil
}

// definitions are the handovers between the two applications. One that names
// another application is a fault that handover.Check tells.
func (in Input) definitions() []project.Definition {
	return slices.DeleteFunc(slices.Clone(in.Project.Handovers), func(d project.Definition) bool {
		return d.From != in.Original.App.ID || d.To != in.Receiving.App.ID
	})
}

func (in Input) confirms() bool {
	return slices.ContainsFunc(in.definitions(), func(d project.Definition) bool { return d.Confirm })
}

func (in Input) owner() []alternative {
	return []alternative{{attributes: organisation(in.Project.Owner.Org)}}
}

// receivingRights are the organisation's in the receiving application. New
// instances are written to where they start; they are read back, confirmed and
// deleted wherever their owner has brought them meanwhile.
func (in Input) receivingRights() []right {
	f, owner := in.Receiving.App, in.owner()
	everywhere := slices.Concat(tasks(f), ends(f))
	rights := []right{
		{NeedInstantiate, "instantiate", []state{{}}, "no instance can be made for a form that has been sent in", owner},
		{NeedRead, "read", everywhere, "what has been handed over cannot be read back and checked", owner},
		{NeedWrite, "write", firstTask(f), "an instance that was begun cannot be filled", owner},
		{NeedComplete, "complete", ends(f), "the organisation's systems cannot confirm the instances that they have received", owner},
	}
	if in.Project.Access.Delete {
		rights = append(rights, right{NeedDelete, "delete", everywhere, "an instance that was made twice or by half stays", owner})
	}
	for _, d := range in.definitions() {
		for _, a := range d.Attachments {
			to, _ := f.Metadata.DataType(a.To)
			purpose := fmt.Sprintf("files cannot be stored as %s", a.To)
			rights = appendDataAction(rights, to.ActionRequiredToWrite, firstTask(f), purpose, owner)
			purpose = fmt.Sprintf("files that were stored as %s cannot be checked", a.To)
			rights = appendDataAction(rights, to.ActionRequiredToRead, everywhere, purpose, owner)
		}
	}
	return rights
}

// originalRights are the organisation's in the original application. A form that
// has been sent in stands at an end event; it is looked for without one.
func (in Input) originalRights() []right {
	f, owner := in.Original.App, in.owner()
	sent := slices.Concat([]state{{}}, ends(f))
	rights := []right{{NeedRead, "read", sent, "the forms that are sent in cannot be fetched", owner}}
	if in.confirms() {
		rights = append(rights, right{NeedComplete, "complete", sent, "forms that have been handed over cannot be confirmed", owner})
	}
	for _, t := range f.Metadata.DataTypes {
		carried := t.IsFormData() || slices.ContainsFunc(in.definitions(), func(d project.Definition) bool {
			return slices.ContainsFunc(d.Attachments, func(a project.Attachment) bool { return a.From == t.ID })
		})
		if carried {
			rights = appendDataAction(rights, t.ActionRequiredToRead, ends(f), fmt.Sprintf("%s cannot be fetched", t.ID), owner)
		}
	}
	return rights
}

func appendDataAction(rights []right, action string, at []state, purpose string, who []alternative) []right {
	if action == "" || slices.ContainsFunc(rights, func(r right) bool { return r.action == action }) {
		return rights
	}
	return append(rights, right{NeedDataAction, action, at, purpose, who})
}

// citizensRights are those that fill in the original form need to send it in from
// its confirmation tasks. Who fills in may leave it to somebody else to confirm,
// unless they act for themselves: those, and everybody where nobody can, lack it.
func (in Input) citizensRights() []right {
	f := in.Original.App
	begin := slices.DeleteFunc(permitted(f.Policy, f, "instantiate", state{}), alternative.isOrganisation)
	var rights []right
	for _, task := range f.Process.Tasks() {
		if task.Type != process.TypeConfirmation {
			continue
		}
		at := state{policy.AttributeTask, task.ID}
		actions := []right{{need: NeedConfirm, action: "confirm", purpose: "the form cannot be sent in"}}
		for _, action := range task.Actions {
			if action.Name == "reject" {
				actions = append(actions, right{need: NeedReject, action: "reject", purpose: "there is no way back to mend the form"})
			}
		}
		for _, r := range actions {
			r.at, r.subjects = []state{at}, begin
			if len(permitted(f.Policy, f, r.action, at)) > 0 {
				r.subjects = slices.DeleteFunc(slices.Clone(begin), func(a alternative) bool { return !a.isSelf() })
			}
			rights = append(rights, r)
		}
	}
	return rights
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
	p, err := policy.Parse(edited)
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
