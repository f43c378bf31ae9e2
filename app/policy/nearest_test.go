package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
)

func near(p *policy.Policy, req policy.Request) string {
	var b strings.Builder
	for _, n := range p.Nearest(req) {
		fmt.Fprintf(&b, "%s:", n.Rule.ID)
		for _, gap := range n.Gaps {
			category := string(gap.Category[strings.LastIndexAny(string(gap.Category), ":")+1:])
			fmt.Fprintf(&b, " %s", category)
			for _, a := range gap.Alternatives {
				fmt.Fprintf(&b, " (%s)", values(a.Missing))
			}
			fmt.Fprintf(&b, " sent (%s)", values(gap.Sent))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func values(attributes []policy.Attribute) string {
	texts := make([]string, len(attributes))
	for n, a := range attributes {
		texts[n] = a.ID + "=" + a.Value
	}
	return strings.Join(texts, " ")
}

func TestNearest(t *testing.T) {
	t.Parallel()
	app := one(policy.Resource, "app", "saksmottak")
	task := anyOf(allOf(match(policy.Resource, "app", "saksmottak"), match(policy.Resource, "task", "Task_1")))
	create, read := one(policy.Action, "action", "instantiate"), one(policy.Action, "action", "read")
	roles := anyOf(allOf(match(policy.Subject, "role", "DAGL")), allOf(match(policy.Subject, "org", "fts"), match(policy.Subject, "level", "3")), allOf(match(policy.Subject, "org", "fts")))
	p := parse(t, document(rules+"deny-overrides",
		rule("other application", "Permit", one(policy.Resource, "app", "other"), create, roles),
		rule("other action", "Permit", app, read, roles),
		rule("in a task", "Permit", task, create),
		rule("never", "Deny", app, create),
		rule("for owners", "Permit", app, create, roles),
		rule("for anybody", "Permit", app, create, one(policy.Subject, "role", "PRIV")),
	))
	request := policy.Request{
		Subject: []policy.Attribute{{ID: "role", Value: "PRIV"}, {ID: "user", Value: "7"}}, Action: attribute("action", "instantiate"), Resource: attribute("app", "saksmottak"),
	}
	want := `for owners: access-subject (role=DAGL) (org=fts) (org=fts level=3) sent (role=PRIV)
in a task: resource (task=Task_1) sent (app=saksmottak)
other application: resource (app=other) sent (app=saksmottak) access-subject (role=DAGL) (org=fts) (org=fts level=3) sent (role=PRIV)
other action: action (action=read) sent (action=instantiate) access-subject (role=DAGL) (org=fts) (org=fts level=3) sent (role=PRIV)
`
	if got := near(p, request); got != want {
		t.Errorf("nearest:\n%swant\n%s", got, want)
	}
}

// A rule with a function that is not known permits nobody.
func TestNothingIsNearWhatCannotBeEvaluated(t *testing.T) {
	t.Parallel()
	p := parse(t, document(rules+"permit-overrides",
		rule("odd", "Permit", anyOf(allOf(matchWith("urn:odd", policy.TypeString, policy.Subject, "role", "DAGL", false)))),
	))
	if got := p.Nearest(policy.Request{}); got != nil {
		t.Errorf("nearest: %+v", got)
	}
}
