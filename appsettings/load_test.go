package appsettings_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/secret"
)

// folder writes files below a new folder and returns it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// nowhere keeps a test from reading what the machine has at the platform's places.
func nowhere(dir string) appsettings.Directories {
	return appsettings.Directories{
		RuntimeSecrets:    filepath.Join(dir, "mnt"),
		AppsettingsSecret: filepath.Join(dir, "altinn"),
		UserSecrets:       filepath.Join(dir, "usersecrets"),
	}
}

func load(t *testing.T, files map[string]string, o appsettings.Options) *appsettings.Configuration {
	t.Helper()
	o.Dir = folder(t, files)
	o.Directories = nowhere(o.Dir)
	c, err := appsettings.Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func vault(secrets ...appsettings.VaultSecret) func(context.Context) ([]appsettings.VaultSecret, error) {
	return func(context.Context) ([]appsettings.VaultSecret, error) { return secrets, nil }
}

// check compares values by path; null is "<null>" and absent "<absent>".
func check(t *testing.T, c *appsettings.Configuration, want map[string]string) {
	t.Helper()
	for path, text := range want {
		got := "<absent>"
		if v, ok := c.Get(path); ok {
			got = v.Secret().Reveal()
			if _, isText := v.Text(); !isText && v.String() == "null" {
				got = "<null>"
			}
		}
		if got != text {
			t.Errorf("%s = %q, want %q", path, got, text)
		}
	}
}

// The golden case is of Microsoft's documented rules: the values that ASP.NET
// Core has for these layers, on .NET 8 and .NET 10.
func TestLayersGiveTheValuesOfDotNET(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"appsettings.json":            `{"A":{"B":1,"C":true,"D":[1,2,3],"E":null,"F":{},"G":[]}}`,
		"appsettings.Production.json": `{"a":{"D":["x"],"c":false}}`,
	}
	options := appsettings.Options{
		Environ: []string{"A__D__1=y"},
		Vault:   vault(appsettings.VaultSecret{Name: "A--B", Value: secret.New("kv"), Enabled: true}),
	}
	want := map[string]string{
		"A:B": "kv", "a:c": "False", "A:D:0": "x", "A:D:1": "y", "A:D:2": "3", "A:F": "<null>", "A": "<absent>",
	}

	options.Generation = 8
	c := load(t, files, options)
	check(t, c, want)
	check(t, c, map[string]string{"A:E": "", "A:G": "<null>"})

	options.Generation = 9
	c = load(t, files, options)
	check(t, c, want)
	check(t, c, map[string]string{"A:E": "<null>", "A:G": ""})
}

func TestJSONValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		want       map[string]string
	}{
		{"a number keeps its digits", `{"a":1.50,"b":1E2,"c":-0,"d":12345678901234567890}`,
			map[string]string{"a": "1.50", "b": "1E2", "c": "-0", "d": "12345678901234567890"}},
		{"escapes are undone", `{"a":"\u00e5\n\ud83d\ude00"}`, map[string]string{"a": "å\n😀"}},
		{"a name may hold separators", `{"A:B":1,"a":{"c":2}}`, map[string]string{"A:B": "1", "a:C": "2"}},
		{"__ and -- mean nothing in a file", `{"A__B":1,"A--B":2}`, map[string]string{"A__B": "1", "A--B": "2", "A:B": "<absent>"}},
		{"objects of one name merge", `{"A":{"x":1},"a":{"y":2}}`, map[string]string{"A:x": "1", "A:y": "2"}},
		{"nested arrays", `{"a":[[1,[2]],{"b":3}]}`, map[string]string{"a:0:0": "1", "a:0:1:0": "2", "a:1:b": "3"}},
		{"comments and trailing commas", "// first\n{/*x*/\"a\":[1,2,],\"b\":\"//no\",} // last",
			map[string]string{"a:1": "2", "b": "//no", "a:2": "<absent>"}},
		{"an empty object behind a value hides it", `{"a":1,"a":{}}`, map[string]string{"a": "<null>"}},
		{"an empty name", `{"":{"b":1,"":2}}`, map[string]string{":b": "1", ":": "2"}},
		{"UTF-8 with mark", "\ufeff{\"a\":\"å\"}", map[string]string{"a": "å"}},
		{"UTF-16 little endian", "\xff\xfe{\x00\"\x00a\x00\"\x00:\x00\"\x00\xe5\x00\"\x00}\x00", map[string]string{"a": "å"}},
		{"UTF-16 big endian", "\xfe\xff\x00{\x00\"\x00a\x00\"\x00:\x001\x00}", map[string]string{"a": "1"}},
		{"UTF-32 little endian", "\xff\xfe\x00\x00{\x00\x00\x00}\x00\x00\x00", map[string]string{"a": "<absent>"}},
		{"UTF-32 big endian", "\x00\x00\xfe\xff\x00\x00\x00{\x00\x00\x00}", map[string]string{"a": "<absent>"}},
		{"bytes that are no UTF-8", "{\"a\":\"\xe5\"} // \xe5", map[string]string{"a": "\ufffd"}},
		{"several bytes that are no UTF-8", "{\"a\":\"\xe5\xf8\xf0\x9f\x98(\xe2\x82\xe2\x82\xac\xed\xa0\x80\"}", map[string]string{"a": "\ufffd\ufffd\ufffd(\ufffd€\ufffd\ufffd\ufffd"}},
		{"a carriage return ends a comment", "// a\r{\"a\":1}", map[string]string{"a": "1"}},
		{"dotless i is no i", `{"ı":1}`, map[string]string{"I": "<absent>", "i": "<absent>", "ı": "1"}},
		{"letters beyond ASCII fold", `{"Søknad":1}`, map[string]string{"SØKNAD": "1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, load(t, map[string]string{"appsettings.json": test.file}, appsettings.Options{}), test.want)
		})
	}
}

func TestFaultyFilesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	key := "eyJrdHkiOiJSU0EiLCJkIjoi"
	tests := []struct {
		name, file, want string
		line             int
	}{
		{"array at the root", "\n[]", "must hold one JSON object", 2},
		{"empty", "", "is empty", 0},
		{"only white space", " \n ", "is empty", 0},
		{"duplicate", "{\n\"A:B\":1,\n\"a\":{\n\"b\":2}}", "a:b is set twice in this file (first on line 2)", 4},
		{"duplicate literal", "{\"a\":1,\n\"A\":2}", "A is set twice", 2},
		{"value behind an empty object", "{\"a\":{},\n\"a\":1}", "a is set twice", 2},
		{"single quotes", "{\n 'a': 1}", "invalid character '\\''", 2},
		{"ends early", "{\n\"a\": 1,\n", "ends too early", 3},
		{"key with a line break", "{\"EncodedJwk\": \"" + key + "\n" + key + "\"}", "malformed", 1},
		{"bad word", "{\"a\": True}", "malformed", 1},
		{"comment before a colon", "{\n\"a\"/*x*/:1}", "comment stands between the name a and its colon", 2},
		{"comma alone", "{,}", "invalid character ','", 1},
		{"half a surrogate pair", "{\n\"a\":\"\\ud83d\"}", "half a surrogate pair", 2},
		{"half a pair with a wrong other half", `{"a":"\ud83d\u0041"}`, "half a surrogate pair", 1},
		{"half a pair in a name", `{"\ude00":1}`, "half a surrogate pair", 1},
		{"too deep", strings.Repeat(`{"a":`, 64) + "[1]" + strings.Repeat("}", 64), "deeper than 64", 1},
		{"far too deep behind a comment", "{\"a\": /*/ \" */" + strings.Repeat("[", 1_000_000), "deeper than 64", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"appsettings.json": test.file})
			_, err := appsettings.Load(context.Background(), appsettings.Options{Dir: dir, Directories: nowhere(dir)})
			var fault *appsettings.FileError
			if !errors.As(err, &fault) {
				t.Fatalf("error = %v", err)
			}
			if fault.File != "appsettings.json" || fault.Line != test.line || !strings.Contains(fault.Problem, test.want) {
				t.Errorf("fault = %q on line %d, want %q on line %d", err, fault.Line, test.want, test.line)
			}
			if strings.Contains(err.Error(), key) {
				t.Errorf("the error quotes a value: %v", err)
			}
		})
	}
}

func TestSixtyFourLevelsAreNotTooDeep(t *testing.T) {
	t.Parallel()
	load(t, map[string]string{"appsettings.json": strings.Repeat(`{"[\"{":`, 63) + "[1]" + strings.Repeat("}", 63)}, appsettings.Options{})
}

func TestAllFaultyFilesAreReportedTogether(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"appsettings.json": "{", "appsettings.Local.json": "]"})
	_, err := appsettings.Load(context.Background(), appsettings.Options{Dir: dir, Directories: nowhere(dir), Vault: func(context.Context) ([]appsettings.VaultSecret, error) {
		t.Error("the vault was asked although the application would not get that far")
		return nil, nil
	}})
	for _, name := range []string{"appsettings.json:", "appsettings.Local.json:"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error = %v, want it to name %s", err, name)
		}
	}
}

// Each layer sets its own key and all keys of the layers below it, so that the
// winner of every key is known.
func TestOrderOfLayers(t *testing.T) {
	t.Parallel()
	var names []string
	next := func(name string) string { // a JSON object in which name wins over all before it
		names = append(names, name)
		var b strings.Builder
		for i, earlier := range names {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(`"` + earlier + `":"` + name + `"`)
		}
		return "{" + b.String() + "}"
	}
	files := map[string]string{}
	files["appsettings.json"] = next("base")
	files["appsettings.Staging.json"] = next("environment-file")
	runtime := []string{"maskinporten-settings.json", "maskinporten-settings-internal.json", "A.json", "b.json", "a-Override.json"}
	for _, name := range runtime {
		files["mnt/"+name] = next(name)
	}
	files["altinn/altinn-appsettings-secret.json"] = next("altinn-secret")
	o := appsettings.Options{EnvironmentName: "Staging", Generation: 9}
	files["appsettings.json"] = strings.Replace(files["appsettings.json"], "{", `{"env":"file","line":"file","vault":"file",`, 1)
	o.Environ = []string{"env=environment", "line=environment", "local=environment", "vault=environment"}
	o.CommandLine = []string{"--line=line", "--local=line", "--vault=line"}
	files["appsettings.Local.json"] = `{"local":"local","vault":"local"}`
	o.Vault = vault(appsettings.VaultSecret{Name: "vault", Value: secret.New("vault"), Enabled: true})

	c := load(t, files, o)
	check(t, c, map[string]string{"base": "altinn-secret", "altinn-secret": "altinn-secret",
		"env": "environment", "line": "line", "local": "local", "vault": "vault"})
	var sources []string
	for _, v := range c.All("base") {
		sources = append(sources, v.Secret().Reveal())
	}
	if !slices.Equal(sources, names) {
		t.Errorf("layers, weakest first: %v, want %v", sources, names)
	}

	o.Generation = 8
	c = load(t, files, o)
	sources = nil
	for _, v := range c.All("base") {
		sources = append(sources, v.Secret().Reveal())
	}
	want := []string{"base", "environment-file", runtime[0], runtime[1], "altinn-secret"}
	if !slices.Equal(sources, want) {
		t.Errorf("layers of generation 8: %v, want %v", sources, want)
	}
}

func TestDevelopmentHasUserSecretsAndNoMountedFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"App/appsettings.json":          `{"a":"file","b":"file"}`,
		"App/App.csproj":                "<Project><PropertyGroup><UserSecretsId> id-1 </UserSecretsId></PropertyGroup></Project>",
		"usersecrets/id-1/secrets.json": `{"a":"user","A:B":"user"}`,
		"mnt/other.json":                `{"b":"mounted"}`,
	}
	if runtime.GOOS == "linux" { // elsewhere, file systems do not mind the case, and neither does .NET
		files["App/appsettings.development.json"] = `{"b":"wrong case"}`
	}
	c := load(t, files, appsettings.Options{Environ: []string{"ASPNETCORE_ENVIRONMENT=Development"}, Generation: 9})
	check(t, c, map[string]string{"a": "user", "a:b": "user", "b": "file"})
	if filepath.Base(c.Dir()) != "App" {
		t.Errorf("content root = %s", c.Dir())
	}

	c = load(t, files, appsettings.Options{Generation: 9})
	check(t, c, map[string]string{"a": "file", "b": "mounted"})
}

func TestUserSecretsLieWhereTheEnvironmentSays(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"App.csproj": "<Project><PropertyGroup><UserSecretsId>x</UserSecretsId></PropertyGroup></Project>",
		"home/.microsoft/usersecrets/x/secrets.json":       `{"a":"home"}`,
		"roaming/Microsoft/UserSecrets/x/secrets.json":     `{"a":"appdata"}`,
		"home/.microsoft/usersecrets/other/secrets.json":   `{"a":"other"}`,
		"roaming/Microsoft/UserSecrets/other/secrets.json": `{"a":"other"}`,
	})
	places := nowhere(dir)
	places.UserSecrets = ""
	for _, test := range []struct {
		environ []string
		want    string
	}{
		{nil, "<absent>"},
		{[]string{"HOME=" + dir + "/home"}, "home"},
		{[]string{"HOME=" + dir + "/home", "AppData=" + dir + "/roaming"}, "appdata"},
	} {
		c, err := appsettings.Load(context.Background(), appsettings.Options{
			Dir: dir, Directories: places, Environ: test.environ, EnvironmentName: "Development"})
		if err != nil {
			t.Fatal(err)
		}
		check(t, c, map[string]string{"a": test.want})
	}
}

// A folder may be called what would be a pattern.
func TestUserSecretsOfAFolderWithBrackets(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"app [1-2]/App.csproj":       "<Project><PropertyGroup><UserSecretsId>x</UserSecretsId></PropertyGroup></Project>",
		"usersecrets/x/secrets.json": `{"a":"user"}`,
	})
	places := nowhere(dir)
	places.UserSecrets = filepath.Join(dir, "usersecrets")
	c, err := appsettings.Load(context.Background(), appsettings.Options{Dir: filepath.Join(dir, "app [1-2]"), Directories: places, EnvironmentName: "Development"})
	if err != nil {
		t.Fatal(err)
	}
	check(t, c, map[string]string{"a": "user"})
}

func TestProjectFileThatIsNoXMLIsAFault(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"App.csproj": "<Project><a></b>"})
	_, err := appsettings.Load(context.Background(), appsettings.Options{Dir: dir, Directories: nowhere(dir), EnvironmentName: "Development"})
	if err == nil || !strings.Contains(err.Error(), "App.csproj") {
		t.Errorf("error = %v", err)
	}
}

func TestEnvironmentName(t *testing.T) {
	t.Parallel()
	files := map[string]string{"appsettings.json": `{"environment":"from the file does not count","overlay":"none"}`}
	for _, name := range []string{"Production", "A", "C", "D", "E", "G"} {
		files["appsettings."+name+".json"] = `{"overlay":"` + name + `"}`
	}
	for _, test := range []struct {
		name string
		o    appsettings.Options
		want string
	}{
		{"default", appsettings.Options{}, "Production"},
		{"ASPNETCORE", appsettings.Options{Environ: []string{"ASPNETCORE_ENVIRONMENT=A"}}, "A"},
		{"DOTNET beats ASPNETCORE", appsettings.Options{Environ: []string{"dotnet_environment=D", "ASPNETCORE_ENVIRONMENT=A"}}, "D"},
		{"command line beats both", appsettings.Options{Environ: []string{"DOTNET_ENVIRONMENT=D"}, CommandLine: []string{"--environment", "C"}}, "C"},
		{"an unprefixed variable is no host setting", appsettings.Options{Environ: []string{"ENVIRONMENT=E"}}, "Production"},
		{"empty", appsettings.Options{Environ: []string{"ASPNETCORE_ENVIRONMENT="}}, "none"},
		{"given", appsettings.Options{EnvironmentName: "G", CommandLine: []string{"--environment", "C"}}, "G"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, load(t, files, test.o), map[string]string{"overlay": test.want})
		})
	}
}

func TestVaultThatFailsFailsTheLoad(t *testing.T) {
	t.Parallel()
	denied := errors.New("denied")
	_, err := appsettings.Load(context.Background(), appsettings.Options{Dir: t.TempDir(),
		Vault: func(context.Context) ([]appsettings.VaultSecret, error) { return nil, denied }})
	if !errors.Is(err, denied) {
		t.Errorf("error = %v", err)
	}
}

func TestRuntimeSecretsLieWhereTheConfigurationSays(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"appsettings.json":                              `{"AppSettings":{"RuntimeSecretsDirectory":"elsewhere"},"MaskinportenSettingsFilepath":"mine.json"}`,
		"mine.json":                                     `{"M":"mine"}`,
		"elsewhere/maskinporten-settings.json":          `{"M":"an other file of the directory","N":"3"}`,
		"elsewhere/maskinporten-settings-internal.json": `{"I":"internal"}`,
		"mnt/maskinporten-settings-internal.json":       `{"I":"not here"}`,
	}
	check(t, load(t, files, appsettings.Options{Generation: 8}), map[string]string{"M": "mine", "I": "internal", "N": "<absent>"})
}

func TestOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"file": ""})
	for name, o := range map[string]appsettings.Options{
		"generation":    {Dir: dir, Generation: 7},
		"no folder":     {Dir: filepath.Join(dir, "missing")},
		"not a folder":  {Dir: filepath.Join(dir, "file")},
		"no permission": {Dir: dir, EnvironmentName: "x", Directories: appsettings.Directories{AppsettingsSecret: filepath.Join(dir, "file")}},
	} {
		if _, err := appsettings.Load(context.Background(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
