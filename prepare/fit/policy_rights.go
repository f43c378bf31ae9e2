package fit

import (
	"fmt"
	"slices"

	"github.com/stafett/stafett/app/dotnet"
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

// appendDataAction adds an action that a data type demands, in those states in which
// no right asks for it yet.
func appendDataAction(rights []right, action string, at []state, purpose string, who []alternative) []right {
	if action == "" {
		return rights
	}
	at = slices.DeleteFunc(slices.Clone(at), func(s state) bool {
		return slices.ContainsFunc(rights, func(r right) bool { return r.action == action && slices.Contains(r.at, s) })
	})
	if len(at) == 0 {
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

// processRights are those that an application of generation 9 needs of its own
// policy: it stores data and moves its process as its owner, not as the user. Of
// payment and signing it does so with write. (Rule ALTINNAPP0800 of Altinn's
// analyzer.) States that other rights ask for already are left out.
func (f Folder) processRights(others []right) []right {
	if f.Code == nil || f.Code.Generation() != dotnet.Generation9 {
		return nil
	}
	const purpose = "the application, which stores data and moves its process as its owner, stands still"
	owner := []alternative{{attributes: organisation(f.App.Org)}}
	var rights []right
	need := func(id, action string, at state) {
		asked := func(r right) bool {
			return r.action == action && slices.Contains(r.at, at) && slices.ContainsFunc(r.subjects, owner[0].equal)
		}
		if slices.ContainsFunc(others, asked) {
			return
		}
		if i := slices.IndexFunc(rights, func(r right) bool { return r.action == action }); i >= 0 {
			rights[i].at = append(rights[i].at, at)
			return
		}
		rights = append(rights, right{id, action, []state{at}, purpose, owner})
	}
	for _, task := range f.App.Process.Tasks() {
		at := state{policy.AttributeTask, task.ID}
		need(NeedRead, "read", at)
		need(NeedWrite, "write", at)
		switch action := process.DefaultAction(task.Type); {
		case action == "write", task.Type == process.TypePayment, task.Type == process.TypeSigning:
		default:
			need(NeedProcess, action, at)
		}
	}
	return rights
}
