package doctor

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/project"
)

// fitting is what the two folders lack. It is computed once, by the first check
// that asks.
type fitting struct {
	done   bool
	input  fit.Input
	result fit.Result
	// left is what is still lacking after the edits that preparing would make.
	left []fit.Need
	err  error
}

func (f *facts) fit() *fitting {
	if f.fitting.done {
		return &f.fitting
	}
	f.fitting.done = true
	f.fitting.err = f.fitting.compute(f.project)
	return &f.fitting
}

func (f *fitting) compute(p *project.Project) error {
	var err error
	if f.input, err = fit.Read(p); err != nil {
		return err
	}
	if f.result, err = fit.Applications(f.input); err != nil || len(f.result.Edits) == 0 {
		f.left = f.result.Missing
		return err
	}
	fitted := f.input
	for _, folder := range []*fit.Folder{&fitted.Original, &fitted.Receiving} {
		if err := edit(folder, f.result.Edits); err != nil {
			return err
		}
	}
	after, err := fit.Applications(fitted)
	f.left = after.Missing
	return err
}

// edit makes edits in a folder as it was read, and not on disk.
func edit(folder *fit.Folder, edits []fit.Edit) error {
	laid := make(map[string][]byte)
	for _, edit := range edits {
		if edit.Application == folder.Role {
			laid[edit.Name] = edit.After
		}
	}
	if len(laid) == 0 {
		return nil
	}
	folder.Files = maps.Clone(folder.Files)
	maps.Copy(folder.Files, laid)
	var err error
	folder.App, err = app.LoadFS(laidFS{os.DirFS(folder.Dir), laid})
	return err
}

// compared returns what was found in the folders, where they could be compared: else
// a need may be there that nobody has looked for.
func (f *facts) compared(found findings) findings {
	if err := f.fit().err; err != nil {
		return skip("the folders cannot be compared: %v", err)
	}
	return found
}

// lacking returns a finding for each need of an application that is wanted, nil
// when there is none, and when the folders cannot be compared.
func (f *facts) lacking(role, cause string, wanted func(id string) bool) findings {
	var found findings
	for _, need := range f.fit().result.Missing {
		if need.Application != role || !wanted(need.ID) {
			continue
		}
		remedy := by("%s, and deploy it", need.Remedy)
		if !slices.Contains(f.fitting.left, need) {
			remedy.Command = preparing
		}
		found = append(found, finding{status: Fail, evidence: need.What, cause: cause, remedy: remedy})
	}
	return found
}

func aboutPolicy(id string) bool { return strings.HasPrefix(id, "policy-") }

// needs tells of these ids only.
func needs(ids ...string) func(string) bool {
	return func(id string) bool { return slices.Contains(ids, id) }
}
