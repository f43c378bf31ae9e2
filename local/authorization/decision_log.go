package authorization

import (
	"slices"
	"time"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/redact"
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

// Of a request, no more is remembered than anybody would send.
const (
	keptAttributes = 100
	keptOfValue    = 1 << 10 // bytes
)

// remembered leaves out every attribute whose value or name holds a token or a
// person's identity number, whatever stands around it, and what is too much.
func remembered(from attributes) attributes {
	kept := slices.DeleteFunc(slices.Clone(from), func(a policy.Attribute) bool {
		return len(a.Value)+len(a.ID) > keptOfValue || redact.Text(a.Value) != a.Value || redact.Text(a.ID) != a.ID
	})
	return kept[:min(len(kept), keptAttributes)]
}
