package queue_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/stafett/stafett/handover/queue"
)

func TestSQLiteStartsEmpty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a journal?.queue")
	for range 2 {
		q, err := queue.OpenSQLite(t.Context(), path, queue.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := waiting(t, q, "ttd/sak"); n["ttd/sak"] != 0 {
			t.Errorf("waiting: %v", n)
		}
		enqueue(t, q, "ttd/sak", keys(3)...)
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode().Perm())
	}
}

func TestSQLiteLeavesOtherFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, database := filepath.Join(dir, "text"), filepath.Join(dir, "database")
	if err := os.WriteFile(text, []byte(strings.Repeat("Not a database. ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE riverbanks (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, database} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := queue.OpenSQLite(t.Context(), path, queue.Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("open %s: %v, want an error that names it", path, err)
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if path == text && string(before) != string(after) || len(after) < len(before) {
			t.Errorf("%s was changed", path)
		}
	}
}

func TestSQLiteSetsAsideWhatIsNoQueue(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("Not a database. ", 1000)
	textFile := func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	damaged := func(path string) error {
		q, err := queue.OpenSQLite(t.Context(), path, queue.Options{})
		if err != nil {
			return err
		}
		if err := q.Close(); err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		copy(content[:4096], make([]byte, 4096)) // its first page is gone
		return errors.Join(os.WriteFile(path, content, 0o600), os.WriteFile(path+"-wal", []byte(text), 0o600))
	}
	folder := func(path string) error { return os.Mkdir(path, 0o700) }
	for name, put := range map[string]func(string) error{"text": textFile, "damaged": damaged, "folder": folder} {
		path := filepath.Join(t.TempDir(), "journal.db.queue")
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		if _, err := queue.OpenSQLite(t.Context(), path, queue.Options{}); err == nil {
			t.Fatalf("%s: it is taken for a queue", name)
		}
		var log strings.Builder
		q, err := queue.OpenSQLite(t.Context(), path, queue.Options{SetAside: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		enqueue(t, q, "ttd/sak", keys(3)...)
		if n := waiting(t, q, "ttd/sak"); n["ttd/sak"] != 3 {
			t.Errorf("%s: waiting: %v", name, n)
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path + ".set-aside"); err != nil || !strings.Contains(log.String(), "set aside") {
			t.Errorf("%s: %v, log %q", name, err, log.String())
		}
	}
}

func TestSQLiteStopsWhenAsked(t *testing.T) {
	t.Parallel()
	q := backends["sqlite"](t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Run(ctx, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(context.Context, string, string) {}}); err != nil {
		t.Errorf("a queue that ends before it begins: %v", err)
	}
}
