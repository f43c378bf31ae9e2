package policy_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
)

const rulePrefix = "urn:altinn:resource:app_fts_prove:policyid:1:ruleid:"

func example(t testing.TB) *policy.Policy {
	t.Helper()
	data, err := os.ReadFile("testdata/policy.xml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func request(action string, subject ...policy.Attribute) policy.Request {
	return policy.Request{
		Subject: subject,
		Action:  []policy.Attribute{{ID: policy.AttributeAction, Value: action}},
		Resource: []policy.Attribute{
			{ID: policy.AttributeOrg, Value: "fts"},
			{ID: policy.AttributeApp, Value: "prove"},
			{ID: policy.AttributeParty, Value: "70001"},
		},
	}
}

func role(code string) policy.Attribute {
	return policy.Attribute{ID: policy.AttributeRoleCode, Value: code, DataType: policy.TypeString}
}

func org(code string) policy.Attribute {
	return policy.Attribute{ID: policy.AttributeOrg, Value: code, DataType: policy.TypeString}
}

// Who may make an instance, with the rights that the template gives.
func TestEvaluateInstantiate(t *testing.T) {
	t.Parallel()
	p := example(t)
	person := policy.Attribute{ID: "urn:altinn:userid", Value: "20001"}
	tests := map[string]struct {
		subject []policy.Attribute
		result  policy.Result
		rule    string
	}{
		"person without a role at the party":   {[]policy.Attribute{person}, policy.NotApplicable, ""},
		"person with a role that is not named": {[]policy.Attribute{person, role("REGNA")}, policy.NotApplicable, ""},
		"manager of the party":                 {[]policy.Attribute{person, role("REGNA"), role("DAGL")}, policy.Permit, "1"},
		"person for themselves":                {[]policy.Attribute{person, role("PRIV")}, policy.Permit, "1"},
		"owner's token":                        {[]policy.Attribute{org("fts")}, policy.Permit, "2"},
		"owner's token in capitals":            {[]policy.Attribute{org("FTS")}, policy.Permit, "2"},
		"another organisation's token":         {[]policy.Attribute{org("ttd")}, policy.NotApplicable, ""},
		"token without an org claim": {[]policy.Attribute{
			{ID: policy.AttributeOrganisationNumber, Value: "313547264"}}, policy.NotApplicable, ""},
		"no subject": {nil, policy.NotApplicable, ""},
		"org code of another data type": {[]policy.Attribute{
			{ID: policy.AttributeOrg, Value: "fts", DataType: policy.TypeAnyURI}}, policy.NotApplicable, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Evaluate(request("instantiate", test.subject...))
			if d.Result != test.result || d.StatusCode != policy.StatusOK {
				t.Fatalf("result %s (%s), want %s", d.Result, d.StatusCode, test.result)
			}
			if got := strings.TrimPrefix(d.RuleID, rulePrefix); got != test.rule {
				t.Errorf("decided by rule %q, want %q", got, test.rule)
			}
			if want := 2; (d.Result == policy.Permit) != (len(d.Obligations) == want) {
				t.Errorf("%d obligations with %s", len(d.Obligations), d.Result)
			}
		})
	}
}

func TestObligations(t *testing.T) {
	t.Parallel()
	d := example(t).Evaluate(request("read", org("fts")))
	want := []policy.Obligation{
		{ID: "urn:altinn:obligation:authenticationLevel1", FulfillOn: policy.EffectPermit, Assignments: []policy.Assignment{{
			AttributeID: "urn:altinn:obligation1-assignment1", Category: policy.MinimumLevel, Value: "2", DataType: policy.TypeInteger}}},
		{ID: "urn:altinn:obligation:authenticationLevel2", FulfillOn: policy.EffectPermit, Assignments: []policy.Assignment{{
			AttributeID: "urn:altinn:obligation2-assignment2", Category: policy.MinimumLevelOrg, Value: "3", DataType: policy.TypeInteger}}},
	}
	if fmt.Sprint(d.Obligations) != fmt.Sprint(want) {
		t.Errorf("obligations = %+v\nwant %+v", d.Obligations, want)
	}
}

// The trace says for each rule which side failed and what would have matched.
func TestTrace(t *testing.T) {
	t.Parallel()
	d := example(t).Evaluate(request("complete", role("dagl")))
	if d.Result != policy.NotApplicable || len(d.Trace) != 3 {
		t.Fatalf("result %s with %d rules traced", d.Result, len(d.Trace))
	}
	wants := []struct {
		failed policy.Category
		wanted []string
	}{
		{policy.Action, []string{"read", "write", "delete", "instantiate"}},
		{policy.Subject, []string{"fts"}},
		{policy.Resource, []string{"fts prove Task_2"}},
	}
	for i, want := range wants {
		got := d.Trace[i]
		if got.RuleID != fmt.Sprint(rulePrefix, i+1) || got.Result != policy.NotApplicable || got.Failed != want.failed {
			t.Errorf("rule %d: %s %s failed at %s, want %s", i+1, got.RuleID, got.Result, got.Failed, want.failed)
		}
		var values []string
		for _, alternative := range got.Wanted {
			var together []string
			for _, a := range alternative {
				together = append(together, a.Value)
			}
			values = append(values, strings.Join(together, " "))
		}
		if !slices.Equal(values, want.wanted) {
			t.Errorf("rule %d wants %q, want %q", i+1, values, want.wanted)
		}
	}
}

func TestTaskIsPartOfTheResource(t *testing.T) {
	t.Parallel()
	p := example(t)
	req := request("confirm", role("priv"))
	if got := p.Evaluate(req).Result; got != policy.NotApplicable {
		t.Errorf("without a task: %s", got)
	}
	req.Resource = append(req.Resource, policy.Attribute{ID: policy.AttributeTask, Value: "Task_2"})
	if got := p.Evaluate(req).Result; got != policy.Permit {
		t.Errorf("in Task_2: %s", got)
	}
}
