package authorization

import (
	"regexp"
	"slices"
	"time"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/register"
)

// Decision is one decision that has been made, with why. It is noted in the
// timeline.
type Decision struct {
	Time     time.Time
	Subject  []policy.Attribute // enriched with roles; no identity number of a person
	Action   string
	Resource []policy.Attribute // enriched; no identity number of a person
	Result   policy.Result
	AppID    string             // of the application whose policy was asked; empty if there is none
	RuleID   string             // the rule that decided; empty if none did
	Rule     string             // what the policy says that the rule is for
	Reason   string             // why the result is Indeterminate
	Trace    []policy.RuleTrace // what each rule made of it
	// Nearest are the rules that came closest to a Permit, unless it was one; no
	// identity number of a person. At most five are told.
	Nearest []policy.Near
}

const keptNearest = 5

// InstanceID is {party id}/{guid} of the instance that the decision is about, or
// empty.
func (d Decision) InstanceID() string { return value(d.Resource, AttributeInstance) }

// withoutIdentityNumbers leaves out every attribute whose value or name holds a
// person's identity number, whatever stands around the number.
func withoutIdentityNumbers(from attributes) attributes {
	return slices.DeleteFunc(slices.Clone(from), func(a policy.Attribute) bool {
		return hideIdentityNumbers(a.Value) != a.Value || hideIdentityNumbers(a.ID) != a.ID
	})
}

var digits = regexp.MustCompile(`[0-9]{11,}`)

// hideIdentityNumbers takes identity numbers out of a reason, which may repeat
// what the request said.
func hideIdentityNumbers(text string) string {
	return digits.ReplaceAllStringFunc(text, func(number string) string {
		if register.ValidPersonNumber(number) {
			return "[redacted]"
		}
		return number
	})
}
