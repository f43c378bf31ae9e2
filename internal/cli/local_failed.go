package cli

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/stafett/stafett/app"
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

// whyNotCarried says what keeps the service beside the local platform from running, and
// what to do. What is wrong in a file of an application is told by who serves it.
func (b *besideService) whyNotCarried(err error) string {
	var reasons []string
	hint := ""
	for _, one := range oneByOne(unwrapDefinitions(err)) {
		if broken, ok := errors.AsType[*app.Fault](one); ok {
			reasons = append(reasons, filepath.Join(broken.Dir, filepath.FromSlash(broken.File))+" is not as it must be")
		}
		fault, ok := errors.AsType[*handover.Fault](one)
		if ok && (fault.Subject == handover.AboutOriginalPolicy || fault.Subject == handover.AboutReceivingPolicy) {
			hint = "\nhint: run: stafett prepare " + b.failed.flags + ", which gives the owner its rights in the policies"
		}
	}
	if len(reasons) > 0 {
		return strings.Join(slices.Compact(reasons), ", ")
	}
	return err.Error() + hint
}
