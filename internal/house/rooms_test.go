package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const modulePath = "github.com/stafett/stafett"

// rooms is the house of DESIGN.md: each room with the rooms that it may use.
// What lies below a room's folder belongs to it. A room is listed after all
// rooms that it uses, so the table cannot hold a circle.
var rooms = []struct {
	name string
	uses []string
}{
	{"secret", nil},
	{"internal/nearest", nil},
	{"internal/flight", nil},
	{"jwk", []string{"secret"}},
	{"appsettings", []string{"secret", "internal/nearest"}},
	{"keyvault", []string{"secret"}},
	{"maskinporten", []string{"secret", "jwk", "internal/flight"}},
	{"selfservice", []string{"secret", "jwk"}},
	{"altinn", []string{"secret", "internal/flight"}},
	{"app", nil},
	{"integration", []string{"secret", "jwk", "appsettings", "keyvault", "maskinporten", "altinn"}},
	{"project", []string{"altinn", "app", "internal/nearest"}},
	{"handover", []string{"secret", "altinn", "app", "project", "internal/nearest"}},
	{"prepare", []string{"secret", "jwk", "appsettings", "keyvault", "maskinporten", "selfservice", "altinn", "app", "integration", "project", "handover", "internal/nearest"}},
	{"serve", []string{"secret", "keyvault", "maskinporten", "altinn", "app", "integration", "project", "handover"}},
	{"local", []string{"secret", "app", "internal/nearest"}},
	{"examples", nil},
	{"internal/term", nil},
	{"internal/isolate", nil},
	{"internal/story", []string{"secret", "jwk", "appsettings", "keyvault", "maskinporten", "selfservice", "altinn", "app", "integration", "project", "handover", "prepare", "serve", "local", "examples"}},
	{"internal/cli", []string{"secret", "jwk", "appsettings", "keyvault", "maskinporten", "selfservice", "altinn", "app", "integration", "project", "handover", "prepare", "serve", "local", "examples", "internal/nearest", "internal/term", "internal/isolate", "internal/story"}},
	{"internal/probes", nil},
	{"internal/clients", nil},
	{"internal/postgrestest", nil},
	{"internal/browsertest", nil},
	{"internal/soak", []string{"secret", "altinn", "app", "project", "handover", "serve", "local", "examples", "internal/postgrestest"}},
	{"internal/walk", nil},
	{"internal/house", nil},
	{"cmd/stafett", []string{"internal/cli"}},
}

// guests says which packages may import a library that belongs in few places:
// those at or below a folder in allowed. With tests, any test may as well.
var guests = []struct {
	library string
	allowed []string
	tests   bool
	why     string
}{
	{"github.com/Azure/", []string{"keyvault"}, true, "one room knows Azure, so that its errors are explained in one place"},
	{"modernc.org/sqlite", []string{"handover/sqlite", "handover/queue", "local/storage"}, true, "everything else speaks to a journal or to Storage"},
	{"github.com/jackc/pgx", []string{"handover/postgres", "handover/queue", "internal/postgrestest"}, true, "everything else speaks to a journal"},
	{"github.com/riverqueue/", []string{"handover/queue"}, false, "the job engine has one seam, so that it can be another"},
	{"github.com/prometheus/", []string{"serve"}, true, "libraries are told of by an observer; the service measures"},
	{"go.opentelemetry.io/", []string{"serve"}, true, "libraries are told of by an observer; the service traces"},
	{"github.com/spf13/", []string{"internal/cli"}, false, "commands are flags and presentation; the rest is a library"},
	{"testing", []string{"handover/journaltest", "internal/probes", "internal/postgrestest", "internal/browsertest", "internal/soak", "local/platformtest"}, true, "the binary must not register test flags"},
	{"github.com/chromedp/", []string{"internal/browsertest"}, true, "the binary must not hold a browser's protocol"},
	{"github.com/yuin/goldmark", []string{"local/web/form"}, false, "texts of applications are Markdown; nothing else is"},
	{"net/http/httptest", nil, true, "the stand-ins serve through the front, not through a test server"},
}

// pkg is what `go list -json` tells of a package.
type pkg struct {
	ImportPath   string
	Imports      []string // by the package
	TestImports  []string // by its own tests
	XTestImports []string // by tests of package x_test
	Deps         []string // by the package, transitively
}

// room returns the room in which an import path of this module lies, and the
// path below the module; ok is false for the packages of others.
func room(importPath string) (name, below string, ok bool) {
	below, ok = strings.CutPrefix(importPath, modulePath+"/")
	if !ok {
		return "", "", false
	}
	for _, r := range rooms {
		if within(below, r.name) {
			return r.name, below, true
		}
	}
	return "", below, true
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func mayUse(user, used string) bool {
	return user == used || slices.Contains(usesOf(user), used)
}

func TestRoomsUseOnlyRoomsAbove(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rooms {
		for _, u := range r.uses {
			if !seen[u] {
				t.Errorf("the table lets %s use %s, which does not stand above it", r.name, u)
			}
		}
		seen[r.name] = true
	}
	for _, p := range packages(t) {
		from, below, ours := room(p.ImportPath)
		if !ours {
			continue
		}
		if from == "" {
			t.Errorf("%s lies in no room of the house; see DESIGN.md", below)
			continue
		}
		// A test of package x_test stands outside the room and may use any; one
		// inside the room may use the examples, which are files only, and a
		// PostgreSQL or a browser of its own.
		for _, imported := range slices.Concat(p.Imports, p.TestImports) {
			to, path, ours := room(imported)
			if (to == "examples" || to == "internal/postgrestest" || to == "internal/browsertest") && !slices.Contains(p.Imports, imported) {
				continue
			}
			if ours && to != "" && !mayUse(from, to) {
				t.Errorf("%s imports %s; the room %s may use only %v, itself and libraries", below, path, from, usesOf(from))
			}
		}
		if !reaches(from, "local") {
			for _, dep := range p.Deps {
				if to, path, _ := room(dep); to == "local" {
					t.Errorf("%s depends on %s: a client must not know the local platform", below, path)
				}
			}
		}
	}
}

// reaches reports whether a room may come to another one, by way of rooms that
// it uses.
func reaches(from, to string) bool {
	return mayUse(from, to) || slices.ContainsFunc(usesOf(from), func(r string) bool { return reaches(r, to) })
}

func usesOf(name string) []string {
	for _, r := range rooms {
		if r.name == name {
			return r.uses
		}
	}
	return nil
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		_, below, ours := room(p.ImportPath)
		if !ours {
			continue
		}
		for _, g := range guests {
			if slices.ContainsFunc(g.allowed, func(folder string) bool { return within(below, folder) }) {
				continue
			}
			imports := p.Imports
			if !g.tests {
				imports = slices.Concat(p.Imports, p.TestImports, p.XTestImports)
			}
			for _, imported := range imports {
				if imported == g.library || strings.HasPrefix(imported, strings.TrimSuffix(g.library, "/")+"/") {
					t.Errorf("%s imports %s, which only %v may: %s", below, imported, g.allowed, g.why)
				}
			}
		}
	}
}

// TestDesignListsTheSameRooms holds the table of DESIGN.md and this one
// together, order included.
func TestDesignListsTheSameRooms(t *testing.T) {
	t.Parallel()
	design, err := os.ReadFile(filepath.Join(root(t), "DESIGN.md"))
	if err != nil {
		t.Fatal(err)
	}
	position := map[string]int{}
	for i, r := range rooms {
		position[r.name] = i
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z/]+)/` \\|").FindAllSubmatch(design, -1)
	if len(rows) < 10 {
		t.Fatalf("DESIGN.md has a table of %d rooms; has its form changed?", len(rows))
	}
	for _, row := range rows {
		if _, ok := position[string(row[1])]; !ok {
			t.Errorf("DESIGN.md has a room %s that the table in this test lacks", row[1])
		}
	}
	for _, r := range rooms {
		if !bytes.Contains(design, []byte("`"+r.name)) {
			t.Errorf("the room %s is not in DESIGN.md", r.name)
		}
	}
	// Folders inside a room are named too; one without an asterisk must exist.
	table := regexp.MustCompile("(?m)^\\| `([a-z/]+)/` \\| (.*)$").FindAllSubmatch(design, -1)
	for _, row := range table {
		for _, named := range regexp.MustCompile("`([a-z]+(?:/[a-z]+)?)`(\\\\\\*)?").FindAllSubmatch(row[2], -1) {
			folder := string(named[1])
			if string(row[1]) == "local" {
				folder = "local/" + folder
			}
			if planned := len(named[2]) > 0; !planned && strings.Contains(folder, "/") && folder != "local/secret" && folder != "local/app" && folder != "local/internal/nearest" {
				if info, err := os.Stat(filepath.Join(root(t), filepath.FromSlash(folder))); err != nil || !info.IsDir() {
					t.Errorf("DESIGN.md tells of %s, which does not exist; mark what is planned with an asterisk", folder)
				}
			}
		}
	}
}

// root returns the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var listed = sync.OnceValues(func() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(stderr.String()))
	}
	var all []pkg
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// packages returns the packages of this module and all that they depend on.
func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return all
}
