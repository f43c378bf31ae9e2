package clients_test

import (
	"encoding/json"
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
	if out, err := w.stafett(t.Context(), "prepare", "--local", "--yes", "--project", w.ready.Project).CombinedOutput(); err != nil {
		t.Fatalf("prepare: %v\n%s", err, out)
	}
	if said, want := runNode(t, w, name), w.ready.Seed.Org+" "+w.ready.Seed.OrgNumber+"\n"; !strings.HasSuffix(said, want) {
		t.Errorf("%s says %q, want %q", name, said, want)
	}
}

// TestPageHasTheVersions holds the page's table to what is installed.
func TestPageHasTheVersions(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("node/package.json")
	check(t, err)
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	check(t, json.Unmarshal(content, &manifest))
	versions := manifest.Dependencies
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
	if len(versions) < 7 {
		t.Fatalf("found only the versions %v", versions)
	}
	for name, version := range versions {
		if !strings.Contains(page(t), "`"+name+"` "+version) {
			t.Errorf("docs/clients.md does not say `%s` %s", name, version)
		}
	}
}
