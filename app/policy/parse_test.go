package policy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
)

func TestParseFields(t *testing.T) {
	t.Parallel()
	p := example(t)
	if p.ID != "urn:altinn:resource:app_fts_prove:policyid:1" || p.Version != "1.0" || len(p.Rules) != 3 || len(p.Obligations) != 2 {
		t.Errorf("read %q version %q with %d rules and %d obligations", p.ID, p.Version, len(p.Rules), len(p.Obligations))
	}
	if r := p.Rules[1]; r.Description != "The agency" || r.Effect != policy.EffectPermit || r.ID != rulePrefix+"2" {
		t.Errorf("rule 2 = %+v", r)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	with := func(parts ...string) string { return document(rules+"deny-overrides", parts...) }
	target := func(s string) string { return with(rule("r", "Permit", s)) }
	tests := map[string]struct {
		text string
		want []string
	}{
		"no XML":              {"{}", []string{"text outside the root element"}},
		"another root":        {"<html/>", []string{"line 1: the root element is <html>", policy.Namespace}},
		"an older namespace":  {`<Policy xmlns="urn:oasis:names:tc:xacml:2.0:policy:schema:os"/>`, []string{"xacml:2.0"}},
		"a policy set":        {`<PolicySet xmlns="` + policy.Namespace + `"/>`, []string{"<PolicySet>"}},
		"no names":            {`<Policy xmlns="` + policy.Namespace + `"/>`, []string{"<Policy> has no PolicyId", "<Policy> has no RuleCombiningAlgId"}},
		"a variable":          {with("<VariableDefinition/>"), []string{"<VariableDefinition> in <Policy> is not supported"}},
		"advice":              {with("<AdviceExpressions/>"), []string{"<AdviceExpressions> in <Policy> is not supported"}},
		"a condition":         {with(`<Rule RuleId="r" Effect="Permit"><Condition/></Rule>`), []string{"<Condition> in <Rule> is not supported"}},
		"a rule's obligation": {with(`<Rule RuleId="r" Effect="Permit"><ObligationExpressions/></Rule>`), []string{"<ObligationExpressions> in <Rule> is not supported"}},
		"no namespace inside": {with(`<Rule xmlns=""/>`), []string{`<Rule> in <Policy> has the namespace ""`}},
		"an effect":           {with(`<Rule RuleId="r" Effect="Allow"/>`), []string{`Effect of <Rule> is "Allow"; it can be Permit or Deny`}},
		"no effect":           {with(`<Rule RuleId="r"/>`), []string{"<Rule> has no Effect"}},
		"a stray element":     {target("<AllOf/>"), []string{"<AllOf> in <Target> is not supported"}},
		"an empty match":      {target(anyOf(allOf(`<Match MatchId="m"/>`))), []string{"<Match> has no <AttributeValue>"}},
		"no designator": {target(anyOf(allOf(`<Match MatchId="m"><AttributeValue DataType="string">x</AttributeValue></Match>`))),
			[]string{"<Match> has no <AttributeDesignator>"}},
		"a selector": {target(anyOf(allOf(`<Match MatchId="m"><AttributeValue DataType="string">x</AttributeValue><AttributeSelector/></Match>`))),
			[]string{"<AttributeSelector> in <Match> is not supported"}},
		"a category": {target(one("urn:oasis:names:tc:xacml:3.0:attribute-category:environment", "e", "x")),
			[]string{"attribute-category:environment\" is not supported; expected subject, resource or action"}},
		"types that differ": {strings.Replace(target(one(policy.Subject, "s", "x")), policy.TypeString, policy.TypeInteger, 1),
			[]string{"they never match"}},
		"MustBePresent": {strings.Replace(target(one(policy.Subject, "s", "x")), `"false"`, `"maybe"`, 1), []string{`MustBePresent is "maybe"`}},
		"an obligation without value": {with(`<ObligationExpressions><ObligationExpression ObligationId="o" FulfillOn="Permit">` +
			`<AttributeAssignmentExpression AttributeId="a"/></ObligationExpression></ObligationExpressions>`), []string{"has 0 values; expected 1"}},
		"all faults at once": {with("\n<VariableDefinition/>\n<Rule/>"), []string{"line 2: ", "line 3: <Rule> has no RuleId"}},
		"a DTD":              {`<!DOCTYPE Policy>` + with(), []string{"document type declarations are not allowed"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.Parse([]byte(test.text))
			if err == nil {
				t.Fatalf("read as %+v", p)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestRuleIdsNeedNotBeUnique(t *testing.T) {
	t.Parallel()
	if p := parse(t, document(rules+"deny-overrides", rule("r", "Permit"), rule("r", "Deny"))); len(p.Rules) != 2 {
		t.Errorf("read %d rules", len(p.Rules))
	}
}

// Whatever can be read can be evaluated, and answers one of the four results.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/policy.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(document(rules+"first-applicable", rule("r", "Deny", one(policy.Action, policy.AttributeAction, "read")))))
	f.Add([]byte("<!DOCTYPE a><a/>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Parse(data)
		if err != nil {
			return
		}
		d := p.Evaluate(request("read", org("fts"), role("dagl")))
		switch d.Result {
		case policy.Permit, policy.Deny, policy.NotApplicable:
			if d.StatusCode != policy.StatusOK {
				t.Errorf("%s with status %s", d.Result, d.StatusCode)
			}
		case policy.Indeterminate:
			if d.StatusCode == policy.StatusOK || d.StatusMessage == "" {
				t.Errorf("Indeterminate with status %s, %q", d.StatusCode, d.StatusMessage)
			}
		default:
			t.Errorf("result %q", d.Result)
		}
	})
}
