package app

import (
	"fmt"
	"path"
)

// Fault is one thing that is wrong in an application folder. [Load] returns
// all of them joined.
type Fault struct {
	Dir     string // as given to Load; empty from LoadFS
	File    string // relative to Dir, with slashes
	Problem string // what is wrong
	Err     error  // the cause; may be nil

	remedy string
}

func (f *Fault) Error() string {
	text := path.Join(f.Dir, f.File) + ": " + f.Problem
	if f.Err != nil {
		text += ": " + f.Err.Error()
	}
	if f.remedy != "" {
		text += "\n  " + f.remedy
	}
	return text
}

// Remedy says what to do about it, as Error does in a line of its own. It is
// empty where the problem says that itself.
func (f *Fault) Remedy() string { return f.remedy }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// faults collects what is wrong, so that one run of a tool shows it all.
type faults struct {
	dir  string
	list []error
}

func (f *faults) add(file, problem, remedy string, err error) {
	f.list = append(f.list, &Fault{Dir: f.dir, File: file, Problem: problem, Err: err, remedy: remedy})
}

func (f *faults) addf(file, remedy, format string, args ...any) {
	f.add(file, fmt.Sprintf(format, args...), remedy, nil)
}
