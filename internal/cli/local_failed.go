package cli

import (
	"errors"
	"sync"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
)

// failures tells on stderr of the forms that the service beside the local platform
// gives up, each once.
type failures struct {
	err   *term.Stream
	flags string // with which a command finds the project

	mu   sync.Mutex
	told map[string]bool // by the handover's key
}

func (f *failures) tell(r handover.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told[r.Key] {
		return
	}
	f.told[r.Key] = true
	f.err.Printf("%s the form %s is not carried over: %s; see: stafett handover show %s %s\n",
		f.err.Mark(term.Failed), reference(r.Source), r.Reason, f.flags, reference(r.Source))
}

// hintOfPolicies says what to do about definitions that fail for the rights that the
// owner lacks; empty for anything else.
func hintOfPolicies(err error, flags string) string {
	for _, one := range oneByOne(unwrapDefinitions(err)) {
		fault, ok := errors.AsType[*handover.Fault](one)
		if ok && (fault.Subject == handover.AboutOriginalPolicy || fault.Subject == handover.AboutReceivingPolicy) {
			return "\nhint: run: stafett prepare " + flags + ", which gives the owner its rights in the policies"
		}
	}
	return ""
}
