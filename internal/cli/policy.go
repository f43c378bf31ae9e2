package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/internal/term"
)

type policyOptions struct {
	application    string
	action         string
	org, role      string
	task, endEvent string
}

// policyActions are asked about when none is named.
func policyActions() []string {
	return []string{"instantiate", "read", "write", "confirm", "reject", "complete", "delete"}
}

func newPolicy(s *session) *cobra.Command {
	var options policyOptions
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Who may do what in an application, and which rule says so",
		Long: `Evaluates the application's config/authorization/policy.xml as Altinn's decision
point does, for a caller: the organisation that owns the applications, unless
--org or --role says otherwise. Nothing is asked of anybody.

With --action it tells of every rule what it made of the request. That an action
is permitted is not all: the application asks for a scope too, and the policy may
ask for a level of authentication (docs/auth.md).`,
		Annotations: exits("0; with --action 4 when the policy does not permit it."),
		Example: `  stafett policy                                    # what the organisation may
  stafett policy --action instantiate --role dagl   # may a daily manager create one, and why
  stafett policy --application original --task Task_1`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case options.org != "" && options.role != "":
				return misused(cmd, "--org and --role exclude each other: one caller at a time")
			case options.task != "" && options.endEvent != "":
				return misused(cmd, "--task and --end-event exclude each other: an instance is in one place")
			}
			return s.policy(options)
		},
	}
	cmd.Flags().StringVar(&options.application, "application", "receiving", "`receiving` or original")
	cmd.Flags().StringVar(&options.action, "action", "", "one `ACTION` only, and why")
	cmd.Flags().StringVar(&options.org, "org", "", "as this organisation, by its `CODE` at Altinn (default: the owner)")
	cmd.Flags().StringVar(&options.role, "role", "", "as a person with this role, by its `CODE`, such as dagl")
	cmd.Flags().StringVar(&options.task, "task", "", "on an instance in this `TASK` (default: on none)")
	cmd.Flags().StringVar(&options.endEvent, "end-event", "", "on an instance whose process has ended in this `EVENT`")
	mustComplete(cmd, "application", func() []string { return []string{"receiving", "original"} })
	mustComplete(cmd, "action", policyActions)
	return cmd
}

// policyDocument is what policy prints with --json.
type policyDocument struct {
	Schema    string           `json:"schema"`
	App       string           `json:"app"`
	Subject   string           `json:"subject"`
	Decisions []policyDecision `json:"decisions"`
}

type policyDecision struct {
	Action   string `json:"action"`
	Decision string `json:"decision"` // as in XACML: Permit, Deny, NotApplicable or Indeterminate
	Rule     string `json:"rule,omitempty"`
	// Rules is what each rule made of it; only for a single action.
	Rules []policyRule `json:"rules,omitempty"`
}

type policyRule struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
}

func (s *session) policy(options policyOptions) error {
	p, err := s.findProject()
	if err != nil {
		return err
	}
	path := p.Applications.Receiving
	switch options.application {
	case "receiving":
	case "original":
		path = p.Applications.Original
	default:
		return &usageError{fmt.Errorf("--application is %q; it is receiving or original", options.application)}
	}
	folder, err := loadApplication(p, options.application, path)
	if err != nil {
		return err
	}
	subject := policy.Attribute{ID: policy.AttributeOrg, Value: p.Owner.Org}
	described := "the organisation " + p.Owner.Org
	switch {
	case options.role != "":
		subject, described = policy.Attribute{ID: policy.AttributeRoleCode, Value: options.role}, "a person with the role "+options.role
	case options.org != "":
		subject.Value, described = options.org, "the organisation "+options.org
	}
	if err := checkPlace(folder, options); err != nil {
		return err
	}
	actions := policyActions()
	if options.action != "" {
		actions = []string{options.action}
	}
	document := policyDocument{Schema: "stafett/policy/v1", App: folder.ID, Subject: described}
	for _, action := range actions {
		decision := folder.Policy.Evaluate(policyRequest(folder, subject, action, options))
		told := policyDecision{Action: action, Decision: string(decision.Result), Rule: decision.RuleID}
		if options.action != "" {
			for _, rule := range decision.Trace {
				told.Rules = append(told.Rules, policyRule{ID: rule.RuleID, Outcome: outcomeOf(rule)})
			}
		}
		document.Decisions = append(document.Decisions, told)
	}
	if s.json {
		if err := s.printJSON(document); err != nil {
			return err
		}
	} else {
		s.tellDecisions(document, folder)
	}
	if options.action != "" && document.Decisions[0].Decision != string(policy.Permit) {
		return &exitError{exitDenied}
	}
	return nil
}

// checkPlace refuses a task or end event that the process does not have, about
// which a policy would be silent.
func checkPlace(folder *app.Folder, options policyOptions) error {
	for _, place := range []struct {
		what, id string
		kinds    []process.Kind
	}{
		{"task", options.task, []process.Kind{process.TaskElement, process.ServiceTask}},
		{"end event", options.endEvent, []process.Kind{process.EndEvent}},
	} {
		var ids []string
		for _, element := range folder.Process.Elements() {
			if slices.Contains(place.kinds, element.Kind) {
				ids = append(ids, element.ID)
			}
		}
		if place.id != "" && !slices.Contains(ids, place.id) {
			return &usageError{fmt.Errorf("the process of %s has no %s %q; it has %s", folder.ID, place.what, place.id, strings.Join(ids, ", "))}
		}
	}
	return nil
}

func policyRequest(folder *app.Folder, subject policy.Attribute, action string, options policyOptions) policy.Request {
	resource := []policy.Attribute{{ID: policy.AttributeOrg, Value: folder.Org}, {ID: policy.AttributeApp, Value: folder.Name}}
	if options.task != "" {
		resource = append(resource, policy.Attribute{ID: policy.AttributeTask, Value: options.task})
	}
	if options.endEvent != "" {
		resource = append(resource, policy.Attribute{ID: policy.AttributeEndEvent, Value: options.endEvent})
	}
	return policy.Request{
		Subject: []policy.Attribute{subject}, Resource: resource,
		Action: []policy.Attribute{{ID: policy.AttributeAction, Value: action}},
	}
}

// outcomeOf tells what a rule made of a request: its effect, or what would have
// matched where it did not.
func outcomeOf(rule policy.RuleTrace) string {
	if rule.Failed == "" {
		if rule.Message != "" {
			return string(rule.Result) + ": " + rule.Message
		}
		return string(rule.Result)
	}
	about := map[policy.Category]string{policy.Resource: "is about", policy.Action: "is about the action", policy.Subject: "is for"}[rule.Failed]
	var alternatives []string
	for _, wanted := range rule.Wanted {
		var all []string
		for _, attribute := range wanted {
			text := attribute.Value
			if rule.Failed != policy.Action {
				text = attribute.ID + " " + text
			}
			all = append(all, text)
		}
		alternatives = append(alternatives, strings.Join(all, " with "))
	}
	return about + " " + strings.Join(alternatives, ", or ")
}

func (s *session) tellDecisions(document policyDocument, folder *app.Folder) {
	out := s.streams.Out
	out.Printf("%s\n", out.Bold(document.App+", asked by "+document.Subject))
	for _, decision := range document.Decisions {
		mark, by := term.Failed, "no rule permits it"
		switch {
		case decision.Decision == string(policy.Permit):
			mark, by = term.OK, "rule "+decision.Rule
		case decision.Rule != "":
			by = decision.Decision + " by rule " + decision.Rule
		}
		out.Printf("  %s %-12s %s\n", out.Mark(mark), decision.Action, by)
		for _, rule := range decision.Rules {
			out.Printf("      rule %s: %s\n", rule.ID, rule.Outcome)
			if i := slices.IndexFunc(folder.Policy.Rules, func(r policy.Rule) bool { return r.ID == rule.ID }); i >= 0 && folder.Policy.Rules[i].Description != "" {
				out.Printf("        %s\n", out.Faint(folder.Policy.Rules[i].Description))
			}
		}
	}
}
