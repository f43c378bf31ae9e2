package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
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
