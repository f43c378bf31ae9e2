package fit

import (
	"fmt"
	"slices"

	"github.com/stafett/stafett/app/policy"
)

// Unfillable tells that the policy of the original application lets nobody but
// organisations, as such, write in any of its tasks, so that no form is ever sent
// in; a sentence without full stop, or "" when somebody may. That is what a policy
// says that was copied from another application: its rules are about that one.
func Unfillable(in Input) string {
	f := in.Original.App
	for _, task := range f.Process.Tasks() {
		who := permitted(f.Policy, f, "write", state{policy.AttributeTask, task.ID})
		if slices.ContainsFunc(who, func(a alternative) bool { return !a.isOrganisation() }) {
			return ""
		}
	}
	return fmt.Sprintf("the policy of %s lets no person write in any of its tasks, so nobody can fill in a form", f.ID)
}
