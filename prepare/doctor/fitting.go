package doctor

import (
	"path"

	"github.com/stafett/stafett/prepare/fit"
)

// The files of an application, below its root, that package fit judges.
const (
	policyFile   = "config/authorization/policy.xml"
	metadataFile = "config/applicationmetadata.json"
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

// lacking returns a finding for each thing that a file of an application lacks.
func (f *facts) lacking(role, file, cause string) findings {
	var found findings
	for _, need := range f.fit().result.Missing {
		if need.Application != role || path.Base(need.File) != path.Base(file) {
			continue
		}
		found = append(found, finding{status: Fail, evidence: need.What, cause: cause, remedy: by("%s, and deploy it", need.Remedy)})
	}
	return found
}
