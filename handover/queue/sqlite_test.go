package queue_test

import (
	"context"
	"database/sql"
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

func TestSQLiteStopsWhenAsked(t *testing.T) {
	t.Parallel()
	q := backends["sqlite"](t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Run(ctx, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(context.Context, string, string) {}}); err != nil {
		t.Errorf("a queue that ends before it begins: %v", err)
	}
}
