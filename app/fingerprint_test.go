package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stafett/stafett/app"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	for _, root := range []string{".", "App"} {
		dir := t.TempDir()
		write := func(name, content string) {
			t.Helper()
			path := filepath.Join(dir, root, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("config/authorization/policy.xml", "<a/>")
		before := app.Fingerprint(dir)
		if app.Fingerprint(dir) != before {
			t.Errorf("%s: it changes by itself", root)
		}
		for _, name := range []string{"config/authorization/policy.xml", "models/Form.schema.json", "ui/form/layouts/Page.json", "options/land.json", "appsettings.Staging.json"} {
			write(name, "something else")
			after := app.Fingerprint(dir)
			if after == before {
				t.Errorf("%s: a change of %s does not show", root, name)
			}
			before = after
		}
		write("bin/Debug/App.dll", "code")
		write("Program.cs", "code")
		if app.Fingerprint(dir) != before {
			t.Errorf("%s: what is not configuration shows", root)
		}
		if err := os.Remove(filepath.Join(dir, root, "options", "land.json")); err != nil {
			t.Fatal(err)
		}
		if app.Fingerprint(dir) == before {
			t.Errorf("%s: a file that is gone does not show", root)
		}
	}
}
