package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

func TestOneServesAJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	serves := sqlite.Options{Exclusive: true}
	first, err := sqlite.Open(t.Context(), path, serves)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, serves); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("a second service got %v, want ErrInUse", err)
	}
	// A command beside it reads and changes the journal.
	beside := open(t, path, nil)
	if _, _, err := beside.Begin(t.Context(), handover.Record{Key: "k"}); err != nil {
		t.Error(err)
	}
	if _, err := first.Get(t.Context(), "k"); err != nil {
		t.Errorf("the service does not see what the command has stored: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := sqlite.Open(t.Context(), path, serves)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path + ".lock"); err != nil || info.Size() != 0 {
		t.Errorf("the lock's file: %v, %v", info, err)
	}
}
