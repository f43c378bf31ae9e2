package examples_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/project"
)

// The rights are what the story stands on: the organisation may create a case,
// a person with any role may not, and that follows from policy.xml alone.
func TestRights(t *testing.T) {
	t.Parallel()
	org := policy.Attribute{ID: "urn:altinn:org", Value: "fts"}
	stranger := policy.Attribute{ID: "urn:altinn:org", Value: "annen"}
	dagl := policy.Attribute{ID: "urn:altinn:rolecode", Value: "DAGL"}
	priv := policy.Attribute{ID: "urn:altinn:rolecode", Value: "priv"}
	tests := []struct {
		app     string
		subject policy.Attribute
		permit  string // actions
		refuse  string
	}{
		{examples.OriginalForm, priv, "read write delete instantiate confirm reject", "complete sign"},
		{examples.OriginalForm, dagl, "read write delete instantiate confirm reject", "complete sign"},
		{examples.OriginalForm, org, "read write instantiate complete", "delete confirm reject"},
		{examples.OriginalForm, stranger, "", "read write instantiate"},
		{examples.ReceivingApp, org, "read write instantiate complete delete", "confirm"},
		{examples.ReceivingApp, dagl, "read write delete", "instantiate complete"},
		{examples.ReceivingApp, priv, "", "read write instantiate delete"},
		{examples.ReceivingApp, stranger, "", "read write instantiate delete"},
	}
	for _, test := range tests {
		folder := load(t, test.app)
		decide := func(action string) policy.Decision {
			return folder.Policy.Evaluate(policy.Request{
				Subject:  []policy.Attribute{test.subject},
				Action:   []policy.Attribute{{ID: "urn:oasis:names:tc:xacml:1.0:action:action-id", Value: action}},
				Resource: []policy.Attribute{{ID: "urn:altinn:org", Value: folder.Org}, {ID: "urn:altinn:app", Value: folder.Name}, {ID: "urn:altinn:task", Value: "Task_1"}},
			})
		}
		for _, action := range strings.Fields(test.permit) {
			d := decide(action)
			if d.Result != policy.Permit {
				t.Errorf("%s: %s %s may not %s: %s", test.app, test.subject.ID, test.subject.Value, action, d.Result)
			}
			if levels := levels(d); levels != "2/3" {
				t.Errorf("%s asks for the levels %s (user/organisation), want 2/3", test.app, levels)
			}
		}
		for _, action := range strings.Fields(test.refuse) {
			if d := decide(action); d.Result != policy.NotApplicable {
				t.Errorf("%s: %s %s may %s: %s by %s", test.app, test.subject.ID, test.subject.Value, action, d.Result, d.RuleID)
			}
		}
	}
}

func levels(d policy.Decision) string {
	byCategory := map[string]string{}
	for _, o := range d.Obligations {
		for _, a := range o.Assignments {
			byCategory[a.Category] = a.Value
		}
	}
	return byCategory["urn:altinn:minimum-authenticationlevel"] + "/" + byCategory["urn:altinn:minimum-authenticationlevel-org"]
}

// stafett.yaml names only what the two applications have.
func TestProjectJoinsTheApplications(t *testing.T) {
	t.Parallel()
	p, err := project.Load(filepath.FromSlash(examples.ProjectFile))
	if err != nil {
		t.Fatal(err)
	}
	original, receiving := load(t, examples.OriginalForm), load(t, examples.ReceivingApp)
	if p.Owner.Org != original.Org || p.Owner.Org != receiving.Org {
		t.Errorf("the owner is %s; the applications belong to %s and %s", p.Owner.Org, original.Org, receiving.Org)
	}
	if len(p.Handovers) != 1 {
		t.Fatalf("there are %d handovers", len(p.Handovers))
	}
	h := p.Handovers[0]
	// The id is in the key of every handover that was ever made with it.
	if h.ID != "barmarkskjoring-til-saksmottak" || h.From != original.ID || h.To != receiving.ID {
		t.Errorf("the handover is %s from %s to %s", h.ID, h.From, h.To)
	}
	source, target := original.Models["skjema"], receiving.Models["sak"]
	filled := map[string]bool{}
	for _, m := range h.Prefill {
		filled[m.Target] = true
		to, ok := target.Field(m.Target)
		if !ok {
			t.Errorf("line %d: the receiving model has no %s", m.Position.Line, m.Target)
		}
		if m.Path == "" {
			continue
		}
		from, ok := source.Field(m.Path)
		if !ok {
			t.Errorf("line %d: the original model has no %s", m.Position.Line, m.Path)
		} else if from.Type != to.Type || from.Format != to.Format {
			t.Errorf("line %d: %s is %s %s, %s is %s %s", m.Position.Line, m.Path, from.Type, from.Format, m.Target, to.Type, to.Format)
		}
	}
	for _, field := range target.Fields() {
		if field.Required && field.Type != "object" && !filled[field.Path] {
			t.Errorf("nothing fills %s, which the receiving model requires", field.Path)
		}
	}
	for _, a := range h.Attachments {
		from, ok := original.Metadata.DataType(a.From)
		if !ok {
			t.Errorf("the original form has no data type %s", a.From)
		}
		to, ok := receiving.Metadata.DataType(a.To)
		if !ok {
			t.Errorf("the receiving application has no data type %s", a.To)
		}
		for _, contentType := range from.AllowedContentTypes {
			if !to.AllowsContentType(contentType) {
				t.Errorf("%s may be %s, which %s does not take", a.From, contentType, a.To)
			}
		}
	}
}
