package fit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/app/process"
)

// state is where an instance stands in its process, as the decision point is
// told: in a task, at an end event, or, as the zero value, nowhere yet.
type state struct{ attribute, id string }

func (s state) String() string {
	switch s.attribute {
	case policy.AttributeTask:
		return "in " + s.id
	case policy.AttributeEndEvent:
		return "after " + s.id
	}
	return "before the process starts"
}

// tasks and ends are the states that an instance of an application can be in.
func tasks(f *app.Folder) []state {
	var states []state
	for _, task := range f.Process.Tasks() {
		states = append(states, state{policy.AttributeTask, task.ID})
	}
	return states
}

func ends(f *app.Folder) []state {
	var states []state
	for _, element := range f.Process.Elements() {
		if element.Kind == process.EndEvent {
			states = append(states, state{policy.AttributeEndEvent, element.ID})
		}
	}
	return states
}

// firstTask is the state that a new instance is in. Where form data decides
// that, it may be any.
func firstTask(f *app.Folder) []state {
	first, err := f.Process.Next(f.Process.Start(), nil)
	if err != nil {
		return append(tasks(f), state{})
	}
	return []state{{policy.AttributeTask, first.ID}}
}

// decide asks a policy of the application, as the platform would.
func decide(p *policy.Policy, f *app.Folder, subject []policy.Attribute, action string, at state) policy.Decision {
	resource := []policy.Attribute{
		{ID: policy.AttributeOrg, Value: f.Org}, {ID: policy.AttributeApp, Value: f.Name},
		{ID: "urn:altinn:resource", Value: "app_" + f.Org + "_" + f.Name},
		{ID: policy.AttributeParty, Value: "1"}, // no rule can know a party
	}
	if at.attribute != "" {
		resource = append(resource, policy.Attribute{ID: at.attribute, Value: at.id})
	}
	return p.Evaluate(policy.Request{
		Subject: subject, Resource: resource,
		Action: []policy.Attribute{{ID: policy.AttributeAction, Value: action}},
	})
}

const authenticationLevel = "urn:altinn:authlevel"

// maskinportenLevel is the authentication level of an organisation that came by
// Maskinporten.
const maskinportenLevel = 3

// organisation is the subject that an organisation's token makes. The
// organisation number, which the platform knows too, is left out as in
// handover.Check: a service that is to hand over wants a rule by the code.
func organisation(org string) []policy.Attribute {
	return []policy.Attribute{
		{ID: policy.AttributeOrg, Value: org},
		{ID: authenticationLevel, Value: strconv.Itoa(maskinportenLevel), DataType: policy.TypeInteger},
	}
}

// levels returns the least authentication level for everybody, and the
// alternative one for organisations; -1 where there is none.
func levels(obligations []policy.Obligation) (everybody, organisations int) {
	everybody, organisations = -1, -1
	for _, o := range obligations {
		for _, a := range o.Assignments {
			level, err := strconv.Atoi(strings.TrimSpace(a.Value))
			switch {
			case err != nil:
			case a.Category == policy.MinimumLevel:
				everybody = max(everybody, level)
			case a.Category == policy.MinimumLevelOrg:
				organisations = max(organisations, level)
			}
		}
	}
	return everybody, organisations
}

// levelSuffices applies the levels as Altinn's enforcement points do.
func levelSuffices(obligations []policy.Obligation) bool {
	everybody, organisations := levels(obligations)
	return maskinportenLevel >= everybody || organisations >= 0 && maskinportenLevel >= organisations
}

// alternative is one subject that a rule asks for: all attributes together.
type alternative struct {
	rule       string
	attributes []policy.Attribute // none: the rule asks for no subject at all
}

// permitted returns who may do an action, in the order of the rules.
func permitted(p *policy.Policy, f *app.Folder, action string, at state) []alternative {
	var all []alternative
	add := func(rule string, attributes []policy.Attribute) {
		if decide(p, f, attributes, action, at).Result == policy.Permit {
			all = append(all, alternative{rule, attributes})
		}
	}
	for _, trace := range decide(p, f, nil, action, at).Trace {
		switch {
		case trace.Effect != policy.EffectPermit:
		case trace.Failed == policy.Subject:
			for _, attributes := range trace.Wanted {
				add(trace.RuleID, attributes)
			}
		case trace.Failed == "":
			add(trace.RuleID, nil)
		}
	}
	return all
}

// isOrganisation reports whether the subject is an organisation by its own
// token, not a person.
func (a alternative) isOrganisation() bool {
	return slices.ContainsFunc(a.attributes, func(attribute policy.Attribute) bool {
		switch attribute.ID {
		case policy.AttributeOrg, policy.AttributeOrganisationNumber, "urn:altinn:orgNumber", "urn:altinn:organization:identifier-no":
			return true
		}
		return false
	})
}

// isSelf reports whether the subject is a person who acts for themselves, so
// that nobody else can go on with what they have begun.
func (a alternative) isSelf() bool {
	return slices.ContainsFunc(a.attributes, func(attribute policy.Attribute) bool {
		return attribute.ID == policy.AttributeRoleCode && (strings.EqualFold(attribute.Value, "priv") || strings.EqualFold(attribute.Value, "seln"))
	})
}

func (a alternative) String() string {
	if len(a.attributes) == 0 {
		return "anybody"
	}
	parts := make([]string, len(a.attributes))
	for i, attribute := range a.attributes {
		switch attribute.ID {
		case policy.AttributeRoleCode:
			parts[i] = "role " + attribute.Value
		case policy.AttributeAccessPackage:
			parts[i] = "access package " + attribute.Value
		case policy.AttributeOrg, policy.AttributeOrganisationNumber, "urn:altinn:orgNumber", "urn:altinn:organization:identifier-no":
			parts[i] = "organisation " + attribute.Value
		default:
			parts[i] = attribute.ID + " " + attribute.Value
		}
	}
	return strings.Join(parts, " with ")
}
