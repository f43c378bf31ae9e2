package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

// TestJournalOfTheFirstSchema opens a journal that the first program made: what
// it holds is there, and what is new can be stored in it.
func TestJournalOfTheFirstSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	restore(t, path, "testdata/schema1.sql")
	j := open(t, path, nil)
	ctx := t.Context()
	waits, err := j.Get(ctx, "waits")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1932883730, 0).UTC()
	if waits.State != handover.Unclear || !waits.NotBefore.Equal(at.Add(5*time.Minute)) || waits.Version != 3 || len(waits.Files) != 1 || waits.Setback != (handover.Setback{}) {
		t.Errorf("the handover that waits came as %+v", waits)
	}
	if done, err := j.Get(ctx, "done"); err != nil || done.Receiving != "50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a13" {
		t.Errorf("the handover that is done came as %+v, %v", done, err)
	}
	if mark, err := j.Watermark(ctx, "fts/soknad"); err != nil || !mark.Equal(at) {
		t.Errorf("the watermark came as %v, %v", mark, err)
	}

	lease, held, err := j.Acquire(ctx, "waits", "a newer program", time.Minute)
	if err != nil || lease.Token != 2 {
		t.Fatalf("Acquire: %+v, %v", lease, err)
	}
	held.Setback = handover.Setback{Cause: "POST /x: 404 Not Found", Status: 404, UnknownParty: true}
	if _, err := j.Update(ctx, lease, held); err != nil {
		t.Fatal(err)
	}
	// A second opening migrates nothing, and reads what the first one stored.
	again, err := open(t, path, nil).Get(ctx, "waits")
	if err != nil || again.Setback != held.Setback {
		t.Errorf("read again: %+v, %v", again.Setback, err)
	}
}

// restore makes a database of a script.
func restore(t *testing.T, path, script string) {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(text)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestJournalOfTheSecondSchema opens a journal with a handover in each state that
// the second program knew. Several processes do so at once. It answers everything
// that a journal is asked now, and counts what was there before.
func TestJournalOfTheSecondSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	restore(t, path, "testdata/schema2.sql")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			j, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	at := time.Unix(1932883730, 0).UTC()
	j, ctx := open(t, path, func() time.Time { return at.Add(time.Minute) }), t.Context()
	s, err := j.Summary(ctx)
	if err != nil || len(s.Counts) != 8 || len(s.Oldest) != 1 || !s.Oldest[0].Reach.Equal(at.Add(-time.Hour)) {
		t.Errorf("Summary: %+v, %v", s, err)
	}
	for _, c := range s.Counts {
		if c.DefinitionID != "til-mottak" || c.Records != 1 {
			t.Errorf("Summary counts %+v", c)
		}
	}
	failed, err := j.List(ctx, handover.Filter{States: []handover.State{handover.Failed}})
	if err != nil || len(failed) != 1 || failed[0].Setback != (handover.Setback{Cause: "POST /fts/mottak/instances: 500 Internal Server Error", Status: 500, UnknownParty: true}) || failed[0].Trigger != "" {
		t.Errorf("List: %+v, %v", failed, err)
	}
	keys, err := j.Wake(ctx, handover.WakeQuery{Limit: 10, Again: time.Minute})
	// The one that is unclear waits; the holder of the one being created is gone.
	if want := []string{"planned", "creating", "created", "filling", "verified"}; err != nil || !slices.Equal(keys, want) {
		t.Errorf("Wake: %v, %v, want %v", keys, err, want)
	}
	if n, err := j.Prune(ctx, at.Add(time.Hour), 10); err != nil || n != 2 {
		t.Errorf("Prune: %d, %v", n, err)
	}
	if done, err := j.List(ctx, handover.Filter{Receiving: "50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7b06"}); err != nil || len(done) != 1 || done[0].Key != "done" || len(done[0].Duplicates) != 1 {
		t.Errorf("the one that is done: %+v, %v", done, err)
	}
}
