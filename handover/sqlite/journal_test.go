package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/journaltest"
	"github.com/stafett/stafett/handover/sqlite"
)

func open(t *testing.T, path string, now func() time.Time) *sqlite.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestJournal(t *testing.T) {
	t.Parallel()
	journaltest.RunTests(t, func(t *testing.T, now func() time.Time) handover.Journal {
		return open(t, filepath.Join(t.TempDir(), "journal.db"), now)
	})
}

func TestSeveralProcessesOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "A journal, 100% ours?.db")
	var all sync.WaitGroup
	for range 4 {
		// Opening at once also means migrating at once.
		all.Go(func() {
			j, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer j.Close()
			for _, key := range []string{"a", "b", "c"} {
				if _, _, err := j.Begin(t.Context(), handover.Record{Key: key, State: handover.Planned}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	records, err := open(t, path, nil).List(t.Context(), handover.Filter{})
	if err != nil || len(records) != 3 {
		t.Errorf("%d records, %v, want 3", len(records), err)
	}
}

func TestFileIsTheUsersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: Windows has no permission bits")
	}
	path := filepath.Join(t.TempDir(), "journal.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil { // made by somebody careless
		t.Fatal(err)
	}
	j := open(t, path, nil)
	if _, _, err := j.Begin(t.Context(), handover.Record{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("the files are %v, %v; want the database and its log", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v, want 0600", file, info.Mode(), err)
		}
	}
}

func TestSchemaOfALaterProgramIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	open(t, path, nil)
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("PRAGMA user_version = 1000"); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	if err == nil || !strings.Contains(err.Error(), "use a newer program") {
		t.Errorf("got %v", err)
	}
}

func TestOpenTellsWhichFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notOne := filepath.Join(dir, "text.db")
	if err := os.WriteFile(notOne, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "no", "such", "folder.db"), notOne} {
		if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
