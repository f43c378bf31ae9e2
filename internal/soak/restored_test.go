//go:build !race

package soak_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stafett/stafett/handover"
)

// TestAJournalIsRestoredOrLost puts a journal back as it was in the middle of the
// work, and takes it away altogether, as docs/exactly-once.md says it may be done:
// when the unclear wait has passed since the last handover. Nothing is made twice.
func TestAJournalIsRestoredOrLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	j := w.inFile(t)
	forms := formsIn(t, 60)
	random := rand.New(rand.NewPCG(4, 0))
	if err := w.sent.send(forms / 2); err != nil {
		t.Fatal(err)
	}
	w.killedAt(t, j, handover.Creating, random)
	backup := j.read(t)
	w.worksThrough(t, j, forms/2)
	if err := w.sent.send(forms); err != nil {
		t.Fatal(err)
	}
	w.worksThrough(t, j, forms)

	j.remove(t)
	for path, content := range backup {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.worksThrough(t, j, forms)

	j.remove(t)
	w.worksThrough(t, j, forms)
}

// worksThrough lets a service hand all forms over, and kills it after that. There
// may be no duplicate, whatever came before.
func (w *world) worksThrough(t *testing.T, j *journal, forms int) {
	t.Helper()
	s := w.serve(t, "", j.environ, j.args...)
	if err := j.rests(t.Context(), forms); err != nil {
		t.Fatal(errorAnd(err, s))
	}
	s.kill()
	w.requests.rest()
	out, err := w.finalVerdict(t, j)
	if err != nil || out.duplicates > w.late.beyondTheWait() {
		t.Fatalf("%d duplicates: %v", out.duplicates, err)
	}
}

// files are those of a journal in SQLite.
func (j *journal) files() []string { return []string{j.path, j.path + "-wal", j.path + "-shm"} }

// read reads the journal's files.
func (j *journal) read(t *testing.T) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	for _, path := range j.files()[:2] {
		content, err := os.ReadFile(path)
		if err == nil {
			contents[path] = content
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return contents
}

// remove loses the journal.
func (j *journal) remove(t *testing.T) {
	t.Helper()
	for _, path := range j.files() {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}
