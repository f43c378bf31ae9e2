package fit_test

import (
	"os"
	"path/filepath"
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
