package doctor_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/project"
)

// place is a folder with the example project, in which nothing is left to mend.
type place struct {
	t   *testing.T
	dir string
}

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{t: t, dir: t.TempDir()}
	if err := examples.WriteTo(p.dir); err != nil {
		t.Fatal(err)
	}
	p.replace("original-form/appsettings.json", `"ver2"`, `"test"`)
	p.replace("original-form/appsettings.json", `instances.read"`, `instances.read altinn:serviceowner/instances.write"`)
	p.replace("original-form/appsettings.json", ",\n    \"EnableDebugLog\": true", "")
	return p
}

func (p place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p place) read(name string) string {
	p.t.Helper()
	content, err := os.ReadFile(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(content)
}

func (p place) write(name, content string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// replace changes a text in a file, which must be there.
func (p place) replace(name, before, after string) {
	p.t.Helper()
	content := p.read(name)
	if !strings.Contains(content, before) {
		p.t.Fatalf("%s has no %q", name, before)
	}
	p.write(name, strings.Replace(content, before, after, 1))
}

// world is the folder alone, with nothing on the network.
func (p place) world() doctor.World {
	return doctor.World{
		Load:    func() (*project.Project, error) { return project.Load(p.path(examples.ProjectFile)) },
		Offline: true,
	}
}

// of returns the results of one check.
func of(report doctor.Report, id string) []doctor.Result {
	return slices.DeleteFunc(slices.Clone(report.Results), func(r doctor.Result) bool { return r.ID != id })
}

// troubles returns the results that failed or warn, in order.
func troubles(report doctor.Report) []doctor.Result {
	return slices.DeleteFunc(slices.Clone(report.Results), func(r doctor.Result) bool { return r.Status == doctor.OK || r.Status == doctor.Skip })
}

// expectFirst demands that the first trouble is of the check and status, with
// the words in what is told of it.
func expectFirst(t *testing.T, report doctor.Report, id string, status doctor.Status, words ...string) doctor.Result {
	t.Helper()
	found := troubles(report)
	if len(found) == 0 {
		t.Fatalf("nothing was found, want %s", id)
	}
	first := found[0]
	if first.ID != id || first.Status != status {
		t.Fatalf("found first %s (%s): %s; %s; want %s (%s)", first.ID, first.Status, first.Evidence, first.Cause, id, status)
	}
	told := strings.Join([]string{first.Evidence, first.Cause, first.Remedy.Text, strings.Join(first.Remedy.Command, " ")}, "\n")
	for _, word := range words {
		if !strings.Contains(told, word) {
			t.Errorf("%s does not tell %q:\n%s", id, word, told)
		}
	}
	if first.Cause == "" || first.Remedy.Text == "" || first.Evidence == "" {
		t.Errorf("%s has no evidence, no cause or no remedy: %+v", id, first)
	}
	return first
}

func expectNoTrouble(t *testing.T, report doctor.Report) {
	t.Helper()
	for _, r := range troubles(report) {
		t.Errorf("%s %s: %s; %s; %s", r.Status, r.ID, r.Evidence, r.Cause, r.Remedy.Text)
	}
}
