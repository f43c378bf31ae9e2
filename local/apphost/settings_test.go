package apphost

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stafett/stafett/app"
)

// An application publishes only if its settings say so, in the way in which
// .NET reads them.
func TestRegistersEvents(t *testing.T) {
	t.Parallel()
	const on = `{"AppSettings":{"RegisterEventsWithEventsComponent":true}}`
	for name, c := range map[string]struct {
		settings, staging string // empty for no file
		want, wantErr     bool
	}{
		"on":                     {on + " // commented", "", true, false},
		"with a byte order mark": {"\ufeff" + on, "", true, false},
		"names have no case":     {`{"appsettings":{"registereventswitheventscomponent":"True"}}`, "", true, false},
		"off":                    {`{"AppSettings":{"RegisterEventsWithEventsComponent":false}}`, "", false, false},
		"not a boolean":          {`{"AppSettings":{"RegisterEventsWithEventsComponent":"yes"}}`, "", false, false},
		"nothing said":           {`{"AppSettings":{}}`, "", false, false},
		"no section":             {`{"AppSettings":null}`, "", false, false},
		"no files":               {"", "", false, false},
		"off in the environment": {on, `{"AppSettings":{"RegisterEventsWithEventsComponent":"false"}}`, false, false},
		"on in the environment":  {"{}", on, true, false},
		"silent in environment":  {on, "{}", true, false},
		"no JSON":                {"{", "", false, true},
		"no object":              {"[]", "", false, true},
		"no JSON in environment": {on, "{", false, true},
	} {
		dir := t.TempDir()
		for file, content := range map[string]string{"appsettings.json": c.settings, "appsettings.Staging.json": c.staging} {
			if content == "" {
				continue
			}
			if err := os.Mkdir(filepath.Join(dir, "App"), 0o700); err != nil && !os.IsExist(err) {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "App", file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := readSettings(&app.Folder{Dir: dir, Root: "App"})
		if got.publishes != c.want || (err != nil) != c.wantErr {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := readSettings(&app.Folder{Root: "."}); got.publishes || err != nil {
		t.Errorf("without a folder on disk: %v, %v", got, err)
	}
}

func TestFrontEndSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for file, content := range map[string]string{
		"appsettings.json":         `{"AppSettings":{"AppOidcProvider":"idporten"},"FrontEndSettings":{"HelpURL":"a","Beta":true,"retries":3}}`,
		"appsettings.Staging.json": `{"frontendsettings":{"helpUrl":"b"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readSettings(&app.Folder{Dir: dir, Root: "."})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"helpURL": "b", "beta": "True", "retries": "3", "appOidcProvider": "idporten"}
	if shown := got.frontEndJSON(); !maps.Equal(shown, want) {
		t.Errorf("settings %v, want %v", shown, want)
	}
}

func TestCamelCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "", "a": "a", "A": "a", "URL": "url", "URLValue": "urlValue", "HelpURL": "helpURL", "helpURL": "helpURL"} {
		if got := camelCase(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}
