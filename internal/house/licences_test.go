package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinkedModulesAreListed holds THIRD_PARTY.md to what the binary links on
// the systems that it is built for.
func TestLinkedModulesAreListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "THIRD_PARTY.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{} // module → version
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) >= 4 && strings.Contains(cells[1], ".") {
			listed[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	linked := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			linkedModules(t, linked, system, arch)
		}
	}
	for module, version := range linked {
		if listed[module] != version {
			t.Errorf("THIRD_PARTY.md has %s %q; the binary links %s", module, listed[module], version)
		}
	}
	for module := range listed {
		if _, ok := linked[module]; !ok {
			t.Errorf("THIRD_PARTY.md lists %s, which the binary does not link", module)
		}
	}
}

// linkedModules adds the modules of others that the binary is made of.
func linkedModules(t *testing.T, modules map[string]string, system, arch string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/stafett")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list what the binary links on %s/%s: %v", system, arch, err)
	}
	for line := range strings.Lines(string(out)) {
		if module, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			modules[module] = version
		}
	}
}
