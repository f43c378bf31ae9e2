package definition_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/web/definition"
)

// The examples are without faults; what is wrong in a folder is found in the
// file where it stands.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		sub, err := fs.Sub(examples.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := app.LoadFS(sub)
		if err != nil {
			t.Fatal(err)
		}
		if faults, err := definition.Faults(folder); err != nil || len(faults) > 0 {
			t.Errorf("%s: %+v, %v", name, faults, err)
		}
	}

	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, examples.OriginalForm, "ui", "form", "layouts", "kjoring.json")
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), `"optionsId": "kommune"`, `"optionsId": "nowhere"`, 1)
	if err := os.WriteFile(page, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := app.Load(filepath.Join(dir, examples.OriginalForm))
	if err != nil {
		t.Fatal(err)
	}
	faults, err := definition.Faults(folder)
	if err != nil || len(faults) != 1 {
		t.Fatalf("%+v, %v", faults, err)
	}
	if got := faults[0]; got.File != "ui/form/layouts/kjoring.json" || got.Component == "" || !strings.Contains(got.Text, "nowhere") {
		t.Errorf("%+v", got)
	}
}
