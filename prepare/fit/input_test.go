package fit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/project"
)

// exampleProject is the project that the repository shows.
func exampleProject(t testing.TB) *project.Project {
	t.Helper()
	p, err := project.Load(filepath.Join("..", "..", "examples", "stafett.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRead(t *testing.T) {
	t.Parallel()
	in, err := fit.Read(exampleProject(t))
	if err != nil {
		t.Fatal(err)
	}
	if in.Family != appsettings.ClientLibrary || in.Section == "" {
		t.Errorf("section %q is of family %q", in.Section, in.Family)
	}
	for _, f := range []fit.Folder{in.Original, in.Receiving} {
		for _, name := range []string{"config/authorization/policy.xml", "config/applicationmetadata.json"} {
			onDisk, err := os.ReadFile(filepath.Join(f.Dir, f.App.Root, name))
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Files[filepath.ToSlash(filepath.Join(f.App.Root, name))]; string(got) != string(onDisk) {
				t.Errorf("%s: %s was not read as it is", f.Role, name)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	twice := exampleProject(t)
	twice.Applications.Receiving = twice.Applications.Original + string(filepath.Separator)
	nothing := exampleProject(t)
	nothing.Applications.Original, nothing.Applications.Receiving = t.TempDir(), filepath.Join(t.TempDir(), "gone")
	for want, p := range map[string]*project.Project{
		"is named as the original and as the receiving one": twice,
		"there is no folder config":                         nothing,
		"gone":                                              nothing,
	} {
		if _, err := fit.Read(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := fit.Applications(fit.Input{}); err == nil {
		t.Error("fitted what was not read")
	}
}
