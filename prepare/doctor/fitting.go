package doctor

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/prepare/fit"
)

// fitting is what the two folders lack. It is computed once, by the first check
// that asks.
type fitting struct {
	done   bool
	input  fit.Input
	result fit.Result
	err    error
}

func (f *facts) fit() *fitting {
	if f.fitting.done {
		return &f.fitting
	}
	f.fitting.done = true
	if f.fitting.input, f.fitting.err = fit.Read(f.project); f.fitting.err == nil {
		f.fitting.result, f.fitting.err = fit.Applications(f.fitting.input)
	}
	return &f.fitting
}

// lacking returns a finding for each need of an application that is wanted, nil
// when there is none.
func (f *facts) lacking(role, cause string, wanted func(id string) bool) findings {
	var found findings
	for _, need := range f.fit().result.Missing {
		if need.Application == role && wanted(need.ID) {
			found = append(found, finding{status: Fail, evidence: need.What, cause: cause, remedy: by("%s, and deploy it", need.Remedy)})
		}
	}
	return found
}

func aboutPolicy(id string) bool { return strings.HasPrefix(id, "policy-") }

// needs tells of these ids only.
func needs(ids ...string) func(string) bool {
	return func(id string) bool { return slices.Contains(ids, id) }
}
