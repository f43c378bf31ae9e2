package authorization

import (
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/register"
)

// keptDecisions bounds the decision log.
const keptDecisions = 1000

// Decision is one decision that has been made, with why.
type Decision struct {
	Time     time.Time
	Subject  []policy.Attribute // enriched with roles; no identity number of a person
	Action   string
	Resource []policy.Attribute // enriched; no identity number of a person
	Result   policy.Result
	RuleID   string             // the rule that decided; empty if none did
	Reason   string             // why the result is Indeterminate
	Trace    []policy.RuleTrace // what each rule made of it
}

// decisionLog keeps the newest decisions in a ring.
type decisionLog struct {
	mu   sync.Mutex
	ring []Decision
	next int // where the oldest lies once the ring is full
}

func (l *decisionLog) add(d Decision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < keptDecisions {
		l.ring = append(l.ring, d)
		return
	}
	l.ring[l.next] = d
	l.next = (l.next + 1) % keptDecisions
}

func (l *decisionLog) all() []Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.ring[l.next:], l.ring[:l.next])
}

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
