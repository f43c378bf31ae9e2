//go:build !race

package soak_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/fault"
)

// mutants are builds of the program without one of the things that the promise
// rests on: what stands in a file of package handover, and what is put there. They
// are all in one program; STAFETT_MUTANT says which one it is.
var mutants = []struct{ name, file, old, new string }{
	{"no stamp", "key.go", `stamps := map[string]string{Stamp: key}`,
		`stamps := map[string]string{Stamp: key}; if mutant("no stamp") { stamps[Stamp] = "none" }`},
	{"no wait", "service.go", `limits: limits{unclearWait: cfg.UnclearWait,`,
		`limits: limits{unclearWait: unlessMutant("no wait", cfg.UnclearWait),`},
	{"no search", "work.go", `Thorough: r.Attempts > 0})`, `Thorough: r.Attempts > 0}); if mutant("no search") { found = nil }`},
	{"lease ignored", "service.go", `cfg.UnclearWait = cmp.Or(cfg.UnclearWait, 5*time.Minute)`,
		`cfg.UnclearWait = cmp.Or(cfg.UnclearWait, 5*time.Minute); if mutant("lease ignored") { cfg.Journal = leaseless{cfg.Journal} }`},
	{"lease ignored", "service.go", `func() { cancel(errExpired) }`, `func() { if !mutant("lease ignored") { cancel(errExpired) } }`},
}

const mutantSource = `package handover

import (
	"context"
	"errors"
	"os"
	"time"
)

func mutant(name string) bool { return os.Getenv("STAFETT_MUTANT") == name }

func unlessMutant(name string, d time.Duration) time.Duration {
	if mutant(name) {
		return 0
	}
	return d
}

// leaseless acts as if it had not lost what it has lost.
type leaseless struct{ Journal }

func (leaseless) Extend(context.Context, Lease, time.Duration) error { return nil }

func (j leaseless) Update(ctx context.Context, l Lease, r Record) (Record, error) {
	updated, err := j.Journal.Update(ctx, l, r)
	if errors.Is(err, ErrLost) {
		return r, nil
	}
	return updated, err
}
`

// buildMutants builds the program with all mutants in it.
func buildMutants(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{"mutant.go": mutantSource}
	for _, m := range mutants {
		if text[m.file] == "" {
			content, err := os.ReadFile(filepath.Join(root, "handover", m.file))
			if err != nil {
				t.Fatal(err)
			}
			text[m.file] = string(content)
		}
		if strings.Count(text[m.file], m.old) != 1 {
			t.Fatalf("handover/%s does not have exactly one %q; what makes the mutant %q now?", m.file, m.old, m.name)
		}
		text[m.file] = strings.Replace(text[m.file], m.old, m.new, 1)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, content := range text {
		overlay.Replace[filepath.Join(root, "handover", name)] = write(name, []byte(content))
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "stafett")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", write("overlay.json", list), "-o", program, "./cmd/stafett")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the mutants: %v\n%s", err, output)
	}
	return program
}

// TestMutantsAreFoundOut holds this suite to its own promise: a service that lacks
// what its own rests on does not pass, and the same build without the lack does.
func TestMutantsAreFoundOut(t *testing.T) {
	t.Parallel()
	program := buildMutants(t)
	lost := fault.Rule{Host: appsHost, Method: http.MethodPost, Path: createPath, DropResponse: true, Times: 3}
	late := fault.Rule{Host: appsHost, Method: http.MethodPost, Path: createPath, Delay: commitLate, Before: true, Times: 3}
	for name, mutant := range map[string]string{"healthy, when it was frozen": "", "without leases": "lease ignored"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			j := w.inPostgres(t)
			s := w.aFrozenProcessWakes(t, j, program, "STAFETT_MUTANT="+mutant)
			w.foundOut(t, s, j, mutant != "")
		})
	}
	for name, mutant := range map[string]string{
		"healthy": "", "without a stamp": "no stamp", "without a wait": "no wait", "without a search": "no search",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.meet(t, lost, late)
			if err := w.sent.send(10); err != nil {
				t.Fatal(err)
			}
			j := w.inFile(t)
			s := w.serve(t, program, append([]string{"STAFETT_MUTANT=" + mutant}, j.environ...), j.args...)
			w.foundOut(t, s, j, mutant != "")
		})
	}
}

// foundOut lets a service come to rest and tells whether the oracle objects, or
// sees duplicates that nothing explains.
func (w *world) foundOut(t *testing.T, s *service, j *journal, want bool) {
	t.Helper()
	forms := len(w.sent.all())
	if err := j.rests(t.Context(), forms); err != nil {
		t.Fatal(errorAnd(err, s))
	}
	w.requests.rest()
	records, err := j.records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.kill()
	out, err := w.verdict(records)
	late := w.late.beyondTheWait()
	t.Logf("%d forms, %d live instances, %d duplicates, %d late commits: %v", forms, out.instances, out.duplicates, late, err)
	if found := err != nil || out.duplicates > late; found != want {
		t.Errorf("found out: %t, want %t", found, want)
	}
}
