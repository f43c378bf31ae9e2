package cli

import "testing"

func TestPathsCanBePasted(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/tmp/stafett.yaml":  "/tmp/stafett.yaml",
		"a/b=http://[::1]:1": `"a/b=http://[::1]:1"`,
		"a/b=http://c:1":     "a/b=http://c:1",
		"Ærlig/a b.yaml":     `"Ærlig/a b.yaml"`,
		"it's.yaml":          `"it's.yaml"`,
		"$(reboot)/`x`.yaml": "'$(reboot)/`x`.yaml'",
		`it's "$HOME"`:       `'it'\''s "$HOME"'`,
	} {
		if got := quoted(path); got != want {
			t.Errorf("%s becomes %s, want %s", path, got, want)
		}
	}
}
