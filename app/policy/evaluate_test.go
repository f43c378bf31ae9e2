package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
)

const (
	core1 = "urn:oasis:names:tc:xacml:1.0:function:"
	rules = "urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:"
)

// The builders below write just enough XACML for one test.

func document(algorithm string, parts ...string) string {
	return fmt.Sprintf(`<Policy xmlns=%q PolicyId="p" Version="1.0" RuleCombiningAlgId=%q>%s</Policy>`,
		policy.Namespace, algorithm, strings.Join(parts, ""))
}

func rule(id, effect string, anyOf ...string) string {
	return fmt.Sprintf(`<Rule RuleId=%q Effect=%q><Target>%s</Target></Rule>`, id, effect, strings.Join(anyOf, ""))
}

func anyOf(allOf ...string) string { return "<AnyOf>" + strings.Join(allOf, "") + "</AnyOf>" }

func allOf(match ...string) string { return "<AllOf>" + strings.Join(match, "") + "</AllOf>" }

func match(c policy.Category, id, value string) string {
	return matchWith(core1+"string-equal", policy.TypeString, c, id, value, false)
}

func matchWith(function, dataType string, c policy.Category, id, value string, mustBePresent bool) string {
	return fmt.Sprintf(`<Match MatchId=%q><AttributeValue DataType=%q>%s</AttributeValue>`+
		`<AttributeDesignator AttributeId=%q Category=%q DataType=%q MustBePresent="%t"/></Match>`,
		function, dataType, value, id, c, dataType, mustBePresent)
}

func one(c policy.Category, id, value string) string { return anyOf(allOf(match(c, id, value))) }

func parse(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

func attribute(id, value string) []policy.Attribute {
	return []policy.Attribute{{ID: id, Value: value}}
}

func TestCombining(t *testing.T) {
	t.Parallel()
	permit := rule("permit", "Permit", one(policy.Subject, "s", "yes"))
	deny := rule("deny", "Deny", one(policy.Subject, "s", "yes"))
	never := rule("never", "Permit", one(policy.Subject, "s", "no"))
	unsure := func(effect string) string {
		return rule("unsure", effect, anyOf(allOf(matchWith(core1+"string-equal", policy.TypeString, policy.Subject, "absent", "x", true))))
	}
	elsewhere := rule("elsewhere", "Permit", one(policy.Resource, "r", "other"))
	tests := []struct {
		algorithm string
		rules     []string
		want      policy.Result
		by        string
	}{
		{"deny-overrides", []string{permit, deny}, policy.Deny, "deny"},
		{"deny-overrides", []string{never, permit}, policy.Permit, "permit"},
		{"deny-overrides", []string{never}, policy.NotApplicable, ""},
		{"deny-overrides", []string{permit, unsure("Deny")}, policy.Indeterminate, "unsure"},
		{"deny-overrides", []string{unsure("Permit"), permit}, policy.Permit, "permit"},
		{"deny-overrides", []string{unsure("Permit"), never}, policy.Indeterminate, "unsure"},
		{"deny-overrides", []string{unsure("Permit"), deny}, policy.Deny, "deny"},
		{"ordered-deny-overrides", []string{permit, deny}, policy.Deny, "deny"},
		{"permit-overrides", []string{deny, permit}, policy.Permit, "permit"},
		{"permit-overrides", []string{deny, never}, policy.Deny, "deny"},
		{"permit-overrides", []string{deny, unsure("Permit")}, policy.Indeterminate, "unsure"},
		{"permit-overrides", []string{deny, unsure("Deny")}, policy.Deny, "deny"},
		{"ordered-permit-overrides", []string{deny, permit}, policy.Permit, "permit"},
		{"deny-unless-permit", []string{deny, permit}, policy.Permit, "permit"},
		{"deny-unless-permit", []string{never}, policy.Deny, ""},
		{"deny-unless-permit", []string{unsure("Permit"), deny}, policy.Deny, "deny"},
		{"permit-unless-deny", []string{permit, deny}, policy.Deny, "deny"},
		{"permit-unless-deny", []string{never}, policy.Permit, ""},
		{"first-applicable", []string{never, permit, deny}, policy.Permit, "permit"},
		{"first-applicable", []string{deny, permit}, policy.Deny, "deny"},
		{"first-applicable", []string{unsure("Permit"), permit}, policy.Indeterminate, "unsure"},
		// A request about something else is not applicable, whatever the algorithm.
		{"deny-unless-permit", []string{elsewhere}, policy.NotApplicable, ""},
		{"permit-unless-deny", []string{elsewhere}, policy.NotApplicable, ""},
		{"only-one-applicable", []string{permit}, policy.Indeterminate, ""},
	}
	for _, test := range tests {
		for _, family := range []string{"rule", "policy"} {
			urn := "urn:oasis:names:tc:xacml:3.0:" + family + "-combining-algorithm:" + test.algorithm
			d := parse(t, document(urn, test.rules...)).Evaluate(policy.Request{Subject: attribute("s", "yes"), Resource: attribute("r", "this")})
			if d.Result != test.want || d.RuleID != test.by {
				t.Errorf("%s of %d rules: %s by %q, want %s by %q", urn, len(test.rules), d.Result, d.RuleID, test.want, test.by)
			}
			if (d.Result == policy.Indeterminate) == (d.StatusCode == policy.StatusOK) {
				t.Errorf("%s: status %s with %s", urn, d.StatusCode, d.Result)
			}
		}
	}
}

func TestUnknownAlgorithm(t *testing.T) {
	t.Parallel()
	for _, urn := range []string{"deny-overrides", "urn:example:rule-combining-algorithm:deny-overrides", "urn:oasis:names:tc:xacml:3.0:deny-overrides"} {
		d := parse(t, document(urn, rule("r", "Permit"))).Evaluate(policy.Request{})
		if d.Result != policy.Indeterminate || !strings.Contains(d.StatusMessage, urn) {
			t.Errorf("%s: %s, %q", urn, d.Result, d.StatusMessage)
		}
	}
}

// Altinn takes any AllOf of any AnyOf that mentions a category; the standard
// would want one of each AnyOf.
func TestAnyOfsOfOneCategoryAreAlternatives(t *testing.T) {
	t.Parallel()
	p := parse(t, document(rules+"deny-overrides", rule("r", "Permit",
		one(policy.Subject, "s", "a"), one(policy.Subject, "t", "b"),
		anyOf(allOf(match(policy.Resource, "r", "1"), match(policy.Action, "x", "read")), allOf(match(policy.Resource, "r", "2"))))))
	tests := []struct {
		subject, resource, action []policy.Attribute
		want                      policy.Result
	}{
		{attribute("s", "a"), attribute("r", "1"), attribute("x", "read"), policy.Permit},
		{attribute("t", "b"), attribute("r", "1"), attribute("x", "read"), policy.Permit},
		{attribute("t", "a"), attribute("r", "1"), attribute("x", "read"), policy.NotApplicable},
		// Each category is looked at alone, so the resource of one AllOf goes with the action of another.
		{attribute("s", "a"), attribute("r", "2"), attribute("x", "read"), policy.Permit},
		{attribute("s", "a"), attribute("r", "2"), attribute("x", "write"), policy.NotApplicable},
	}
	for _, test := range tests {
		d := p.Evaluate(policy.Request{Subject: test.subject, Resource: test.resource, Action: test.action})
		if d.Result != test.want {
			t.Errorf("%v %v %v: %s, want %s", test.subject, test.resource, test.action, d.Result, test.want)
		}
	}
}

func TestAllMatchesOfAnAllOf(t *testing.T) {
	t.Parallel()
	p := parse(t, document(rules+"deny-overrides", rule("r", "Permit",
		anyOf(allOf(match(policy.Subject, "s", "a"), match(policy.Subject, "t", "b"))))))
	both := append(attribute("s", "a"), attribute("t", "b")...)
	if got := p.Evaluate(policy.Request{Subject: both}).Result; got != policy.Permit {
		t.Errorf("both: %s", got)
	}
	if got := p.Evaluate(policy.Request{Subject: both[:1]}).Result; got != policy.NotApplicable {
		t.Errorf("one of two: %s", got)
	}
}

func TestMustBePresent(t *testing.T) {
	t.Parallel()
	open := rule("open", "Permit")
	for _, c := range []policy.Category{policy.Resource, policy.Action} {
		p := parse(t, document(rules+"deny-overrides", open, rule("strict", "Permit",
			anyOf(allOf(matchWith(core1+"string-equal", policy.TypeString, c, "needed", "x", true))))))
		d := p.Evaluate(policy.Request{})
		if d.Result != policy.Indeterminate || d.StatusCode != policy.StatusMissingAttribute || !strings.Contains(d.StatusMessage, "rule strict: the request has no attribute needed") {
			t.Errorf("%s missing: %s, %s, %q", c, d.Result, d.StatusCode, d.StatusMessage)
		}
		given := attribute("needed", "y")
		if d := p.Evaluate(policy.Request{Resource: given, Action: given}); d.Result != policy.Permit || d.RuleID != "open" {
			t.Errorf("%s given: %s by %s", c, d.Result, d.RuleID)
		}
	}
}

func TestPolicyTarget(t *testing.T) {
	t.Parallel()
	p := parse(t, document(rules+"deny-overrides", "<Target>"+one(policy.Resource, "r", "1")+"</Target>", rule("r", "Permit")))
	for value, want := range map[string]policy.Result{"1": policy.Permit, "2": policy.NotApplicable} {
		if got := p.Evaluate(policy.Request{Resource: attribute("r", value)}).Result; got != want {
			t.Errorf("resource %s: %s, want %s", value, got, want)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	const xs = "http://www.w3.org/2001/XMLSchema#"
	tests := []struct {
		function, dataType, policyValue string
		request                         []string
		want                            policy.Result
	}{
		{core1 + "string-equal", xs + "string", "a", []string{"b", "a"}, policy.Permit},
		{core1 + "string-equal", xs + "string", "a", []string{"A"}, policy.NotApplicable},
		{core1 + "string-is-in", xs + "string", "a", []string{"b", "a"}, policy.Permit},
		{"urn:oasis:names:tc:xacml:3.0:function:string-equal-ignore-case", xs + "string", "DAGL", []string{"dagl"}, policy.Permit},
		{core1 + "anyURI-equal", xs + "anyURI", "urn:x", []string{"urn:x"}, policy.Permit},
		{core1 + "integer-equal", xs + "integer", "07", []string{"7"}, policy.Permit},
		{core1 + "integer-equal", xs + "integer", "7", []string{"8"}, policy.NotApplicable},
		{core1 + "integer-equal", xs + "integer", "7", []string{"seven"}, policy.Indeterminate},
		{core1 + "integer-equal", xs + "integer", "seven", []string{"7"}, policy.Indeterminate},
		{core1 + "integer-one-and-only", xs + "integer", "7", []string{"7"}, policy.Permit},
		{core1 + "integer-one-and-only", xs + "integer", "7", []string{"7", "7"}, policy.Indeterminate},
		{core1 + "time-equal", xs + "time", "12:00:00Z", []string{"13:00:00+01:00"}, policy.Permit},
		{core1 + "date-equal", xs + "date", "2031-05-01", []string{"2031-05-01Z"}, policy.Permit},
		{core1 + "date-equal", xs + "date", "2031-05-01", []string{"2031-05-02"}, policy.NotApplicable},
		{core1 + "dateTime-equal", xs + "dateTime", "2031-05-01T12:00:00.5Z", []string{"2031-05-01T14:00:00.500+02:00"}, policy.Permit},
		{core1 + "dateTime-equal", xs + "dateTime", "2031-05-01T12:00:00", []string{"in May"}, policy.Indeterminate},
		{core1 + "string-regexp-match", xs + "string", "^Task_[0-9]+$", []string{"Task_12"}, policy.Permit},
		{core1 + "string-regexp-match", xs + "string", "^Task_[0-9]+$", []string{"Task_x"}, policy.NotApplicable},
		{core1 + "string-regexp-match", xs + "string", "(", []string{"x"}, policy.Indeterminate},
		{core1 + "string-regexp-match", xs + "string", strings.Repeat("a", 1025), []string{"x"}, policy.Indeterminate},
		{core1 + "double-equal", xs + "string", "1", []string{"1"}, policy.Indeterminate},
		{"urn:example:function:string-equal", xs + "string", "1", []string{"1"}, policy.Indeterminate},
	}
	for _, test := range tests {
		p := parse(t, document(rules+"deny-overrides", rule("r", "Permit",
			anyOf(allOf(matchWith(test.function, test.dataType, policy.Subject, "s", test.policyValue, false))))))
		var subject []policy.Attribute
		for _, v := range test.request {
			subject = append(subject, policy.Attribute{ID: "s", Value: v, DataType: test.dataType})
		}
		d := p.Evaluate(policy.Request{Subject: subject})
		if d.Result != test.want {
			t.Errorf("%s(%.20s, %s): %s (%s), want %s", test.function, test.policyValue, test.request, d.Result, d.StatusMessage, test.want)
		}
		if d.Result == policy.Indeterminate && (d.StatusCode != policy.StatusProcessingError || !strings.Contains(d.StatusMessage, "rule r: ")) {
			t.Errorf("%s: status %s, %q", test.function, d.StatusCode, d.StatusMessage)
		}
	}
}

func TestShortDataTypes(t *testing.T) {
	t.Parallel()
	p := parse(t, document(rules+"deny-overrides", rule("r", "Permit",
		anyOf(allOf(matchWith(core1+"integer-equal", policy.TypeInteger, policy.Subject, "s", "1", false))))))
	for dataType, want := range map[string]policy.Result{
		"integer": policy.Permit, policy.TypeInteger: policy.Permit, "": policy.NotApplicable, "string": policy.NotApplicable, "anyURI": policy.NotApplicable,
	} {
		d := p.Evaluate(policy.Request{Subject: []policy.Attribute{{ID: "s", Value: "1", DataType: dataType}}})
		if d.Result != want {
			t.Errorf("data type %q: %s, want %s", dataType, d.Result, want)
		}
	}
}
