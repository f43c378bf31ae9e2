package clients_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
)

// page is docs/clients.md.
func page(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../docs/clients.md")
	check(t, err)
	return string(content)
}

// TestPageHasTheProgramThatIsRun runs what the page has for copying, after `stafett
// prepare` as the page says.
func TestPageHasTheProgramThatIsRun(t *testing.T) {
	t.Parallel()
	const name = "organisation.mjs"
	program, err := os.ReadFile("node/" + name)
	check(t, err)
	if !strings.Contains(page(t), "```js\n"+string(program)+"```\n") {
		t.Errorf("docs/clients.md does not have the text of node/%s", name)
	}
	needNode(t)
	w := theWorld(t)
	w.prepare(t)
	if said, want := runNode(t, w, name), w.ready.Seed.Org+" "+w.ready.Seed.OrgNumber+"\n"; !strings.HasSuffix(said, want) {
		t.Errorf("%s says %q, want %q", name, said, want)
	}
}

// TestPageHasTheVersions holds the page's table to what is installed.
func TestPageHasTheVersions(t *testing.T) {
	t.Parallel()
	versions := make(map[string]string)
	for _, folder := range []string{"node", "dotnet"} {
		var manifest struct {
			Dependencies map[string]string `json:"dependencies"`
		}
		readJSON(t, folder+"/package.json", &manifest)
		maps.Copy(versions, manifest.Dependencies)
	}
	module, err := os.ReadFile("../../go.mod")
	check(t, err)
	for line := range strings.Lines(string(module)) {
		fields := strings.Fields(line)
		for _, name := range []string{"azidentity", "azsecrets"} {
			if len(fields) >= 2 && strings.HasSuffix(fields[0], "/"+name) {
				versions[name] = strings.TrimPrefix(fields[1], "v")
			}
		}
	}
	if len(versions) < 9 {
		t.Fatalf("found only the versions %v", versions)
	}
	for name, version := range versions {
		if !strings.Contains(page(t), "`"+name+"` "+version) {
			t.Errorf("docs/clients.md does not say `%s` %s", name, version)
		}
	}
}

// TestPageHasTheVersionsOfDotnet does the same for what is inside a module.
func TestPageHasTheVersionsOfDotnet(t *testing.T) {
	t.Parallel()
	needDotnet(t)
	var inside struct {
		Libraries map[string]struct{} `json:"libraries"`
	}
	readJSON(t, dotnetRuntime+"/azmcp.deps.json", &inside)
	names := map[string]string{
		"Azure.Identity": "`Azure.Identity` ", "Azure.Security.KeyVault.Secrets": "`Azure.Security.KeyVault.Secrets` ",
		"runtimepack.Microsoft.NETCore.App.Runtime.linux-x64": "on .NET ", "runtimepack.Microsoft.AspNetCore.App.Runtime.linux-x64": "| ASP.NET Core | ",
	}
	found := 0
	for library := range inside.Libraries {
		name, version, _ := strings.Cut(library, "/")
		if words, ok := names[name]; ok {
			found++
			if !strings.Contains(page(t), words+version) {
				t.Errorf("docs/clients.md does not say %s%s", words, version)
			}
		}
	}
	if found != len(names) {
		t.Errorf("found %d of %d libraries", found, len(names))
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	check(t, err)
	check(t, json.Unmarshal(content, into))
}
