//go:build linux || darwin

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestRemoveOldJournals(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	files := map[string]struct {
		age  time.Duration
		kept bool
	}{
		"local-aaaaaaaa.db":       {age: 100 * time.Hour},
		"local-aaaaaaaa.db-wal":   {age: 99 * time.Hour},
		"local-aaaaaaaa.db.lock":  {age: 100 * time.Hour},
		"local-aaaaaaaa.db.run":   {age: 100 * time.Hour},
		"local-aaaaaaaa-test.db":  {age: 100 * time.Hour},
		"local-bbbbbbbb.db":       {age: 100 * time.Hour, kept: true}, // written to lately
		"local-bbbbbbbb.db-wal":   {age: time.Hour, kept: true},
		"local-cccccccc.db":       {age: 100 * time.Hour, kept: true}, // in use
		"local-cccccccc.db.lock":  {age: 100 * time.Hour, kept: true},
		"local-dddddddd.db":       {age: 71 * time.Hour, kept: true}, // of a platform that may run
		"tt02.db":                 {age: 1000 * time.Hour, kept: true},
		"prod.db":                 {age: 1000 * time.Hour, kept: true},
		"local-eeeeeeee.db.bak":   {age: 1000 * time.Hour, kept: true},
		"local-notatenantname.db": {age: 1000 * time.Hour, kept: true},
		"audit.jsonl":             {age: 1000 * time.Hour, kept: true},
	}
	for name, file := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-file.age)); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.Open(filepath.Join(dir, "local-cccccccc.db.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	removeOldJournals(dir, now)
	removeOldJournals(filepath.Join(dir, "nowhere"), now)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		if there := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name }); there != file.kept {
			t.Errorf("%s is there: %t, want %t", name, there, file.kept)
		}
	}
}
