package fit_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/project"
)

// variant is the repository's example with files changed, in a folder of its own:
// by path below examples/, what makes the new text of the old. A file that is not
// there has none.
type variant map[string]func(string) string

const (
	originalPolicy    = "original-form/config/authorization/policy.xml"
	originalMetadata  = "original-form/config/applicationmetadata.json"
	receivingPolicy   = "receiving-app/config/authorization/policy.xml"
	receivingMetadata = "receiving-app/config/applicationmetadata.json"
	projectFile       = "stafett.yaml"
)

// read copies the example with the changes and reads it.
func (v variant) read(t *testing.T) fit.Input {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples"))); err != nil {
		t.Fatal(err)
	}
	for name, change := range v {
		path := filepath.Join(dir, filepath.FromSlash(name))
		before, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		after := change(string(before))
		if after == string(before) {
			t.Fatalf("the change of %s changes nothing", name)
		}
		if err := os.WriteFile(path, []byte(after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return reread(t, filepath.Join(dir, projectFile))
}

func reread(t *testing.T, file string) fit.Input {
	t.Helper()
	p, err := project.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	in, err := fit.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// replace is a change of every occurrence; pairs are old and new.
func replace(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

// applied writes the edits and reads both folders again, as app.Load does.
func applied(t *testing.T, in fit.Input, edits []fit.Edit) fit.Input {
	t.Helper()
	for _, e := range edits {
		if err := os.WriteFile(e.Path, e.After, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return reread(t, in.Project.Path)
}

func applications(t *testing.T, in fit.Input) fit.Result {
	t.Helper()
	result, err := fit.Applications(in)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// heals applies the edits, and checks that nothing is left to edit and that the
// handovers' own check finds nothing.
func heals(t *testing.T, in fit.Input, result fit.Result) fit.Input {
	t.Helper()
	after := applied(t, in, result.Edits)
	if again := applications(t, after); len(again.Edits) > 0 {
		t.Errorf("fitting again edits %s for %q", again.Edits[0].Name, again.Edits[0].Reasons)
	}
	for _, d := range after.Project.Handovers {
		if err := handover.Check(d, after.Original.App, after.Receiving.App); err != nil {
			t.Errorf("after the edits: %v", err)
		}
	}
	return after
}

// ids are the ids of what is missing, in order.
func ids(needs []fit.Need) []string {
	var ids []string
	for _, n := range needs {
		ids = append(ids, n.ID)
	}
	return ids
}

// may asks a policy; subject and resource are ids and values in turn.
func may(p *policy.Policy, subject []string, action string, resource ...string) bool {
	attributes := func(pairs []string) []policy.Attribute {
		var all []policy.Attribute
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, policy.Attribute{ID: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	return p.Evaluate(policy.Request{
		Subject: attributes(subject), Resource: attributes(resource),
		Action: []policy.Attribute{{ID: policy.AttributeAction, Value: action}},
	}).Result == policy.Permit
}

// faults are those that a handover's own check finds about some subjects.
func faults(in fit.Input, subjects ...handover.Subject) []string {
	var all []string
	for _, d := range in.Project.Handovers {
		joined, ok := handover.Check(d, in.Original.App, in.Receiving.App).(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		for _, err := range joined.Unwrap() {
			if fault, ok := errors.AsType[*handover.Fault](err); ok && slices.Contains(subjects, fault.Subject) {
				all = append(all, fault.Message)
			}
		}
	}
	return all
}
