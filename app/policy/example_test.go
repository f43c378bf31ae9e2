package policy_test

import (
	"fmt"
	"os"

	"github.com/stafett/stafett/app/policy"
)

// A decision explains itself: which rule made it, or what each rule lacked.
func ExamplePolicy_Evaluate() {
	data, err := os.ReadFile("testdata/policy.xml")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := policy.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	d := p.Evaluate(policy.Request{
		Subject:  []policy.Attribute{{ID: policy.AttributeOrg, Value: "ttd"}},
		Action:   []policy.Attribute{{ID: policy.AttributeAction, Value: "complete"}},
		Resource: []policy.Attribute{{ID: policy.AttributeOrg, Value: "fts"}, {ID: policy.AttributeApp, Value: "prove"}},
	})
	fmt.Println(d.Result)
	for _, rule := range d.Trace {
		if rule.Failed == policy.Subject {
			fmt.Println("needs", rule.Wanted[0][0].ID, "=", rule.Wanted[0][0].Value)
		}
	}
	// Output:
	// NotApplicable
	// needs urn:altinn:org = fts
}
