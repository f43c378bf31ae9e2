package fit

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
)

// Edit is a change to one file of one application.
type Edit struct {
	Application string // the role: [Original] or [Receiving]
	Name        string // the file's path below the application's folder, with slashes
	Path        string // the file on disk
	// Before is nil for a file that is to be made.
	Before, After []byte
	Reasons       []string // why, one for each change in the file; sentences without full stop
	Code          bool     // it is C# or a project file
}

// Need is one thing that is lacking, whether or not it can be mended by an
// [Edit].
type Need struct {
	// ID is stable and says what kind of need it is, such as "policy-instantiate".
	ID          string
	Application string // the role: [Original] or [Receiving]
	File        string // path below the application's folder, with slashes
	What        string // what is lacking; a sentence without full stop
	Remedy      string // what to write, and where
}

// Result is what the two applications lack.
type Result struct {
	// Edits mend what can be mended, at most one for each file of an application.
	Edits []Edit
	// Warnings are about what an edit cannot decide, or what its result permits
	// besides; one sentence each, without full stop.
	Warnings []string
	// Missing has everything that is lacking now, before the edits.
	Missing []Need
}

// Applications computes what both applications lack. It does no I/O and gives the
// same result for the same input. After its edits it gives none.
func Applications(in Input) (Result, error) {
	if in.Project == nil || in.Original.App == nil || in.Receiving.App == nil {
		return Result{}, errors.New("fit applications: the folders have not been read")
	}
	var all Result
	for _, part := range []struct {
		name string
		fit  func(Input) (Result, error)
	}{
		{"policies", policies}, {"metadata", metadata}, {"deployment", deployment}, {"program", program},
	} {
		result, err := part.fit(in)
		if err != nil {
			return Result{}, fmt.Errorf("fit applications: %s: %w", part.name, err)
		}
		all.Edits = append(all.Edits, result.Edits...)
		all.Warnings = append(all.Warnings, result.Warnings...)
		all.Missing = append(all.Missing, result.Missing...)
	}
	return all, nil
}

// edit returns the edit of one of the folder's files, and false when the content
// stays as it is.
func (f Folder) edit(name string, after []byte, reasons []string) (Edit, bool) {
	before := f.Files[name]
	if bytes.Equal(before, after) {
		return Edit{}, false
	}
	return Edit{
		Application: f.Role, Name: name, Path: filepath.Join(f.Dir, filepath.FromSlash(name)),
		Before: before, After: after, Reasons: reasons,
	}, true
}
