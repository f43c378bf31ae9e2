package audit_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/audit"
)

var run = audit.Run{Actor: "kari@maskin", Command: "prepare", Environment: "tt02", Organisation: "313547264", Application: "fts/barmarkskjoring"}

func clock() time.Time { return time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC) }

func read(t *testing.T, path string) []audit.Entry {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var entries []audit.Entry
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var entry audit.Entry
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		entries = append(entries, entry)
	}
	return entries
}

func TestLogTellsOneRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".stafett", "audit.jsonl")
	log, err := audit.Open(path, run, clock)
	if err != nil {
		t.Fatal(err)
	}
	action := prepare.MakeKey{Secret: "MaskinportenSettings--EncodedJwk", Bits: 2048}
	log.Record(prepare.Event{Stage: prepare.Started, Action: action})
	log.Record(prepare.Event{Stage: prepare.Waiting, Detail: "not the log's business"})
	log.Record(prepare.Event{Stage: prepare.Done, Action: action, Detail: "key k1"})
	if err := log.Close(errors.New("the vault refused")); err != nil {
		t.Fatal(err)
	}
	want := []audit.Entry{
		{Time: clock(), Run: run, Stage: "begun"},
		{Time: clock(), Run: run, Stage: "started", System: "Key Vault", Change: "+", Text: action.String()},
		{Time: clock(), Run: run, Stage: "done", System: "Key Vault", Change: "+", Text: action.String(), Detail: "key k1"},
		{Time: clock(), Run: run, Stage: "ended", Detail: "the vault refused"},
	}
	got := read(t, path)
	if len(got) != len(want) {
		t.Fatalf("%d entries: %+v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("entry %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
}

func TestRunsAppend(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			log, err := audit.Open(path, run, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				log.Record(prepare.Event{Stage: prepare.Done, Action: prepare.MakeKey{Secret: strings.Repeat("s", 100)}})
			}
			if err := log.Close(nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(read(t, path)); got != 8*22 {
		t.Errorf("%d whole lines, want %d", got, 8*22)
	}
}

func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if log, err := audit.Open(dir, run, nil); err == nil || log != nil {
		t.Errorf("a folder was opened as a log: %v", err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("no file that is always full on", runtime.GOOS)
	}
	if log, err := audit.Open("/dev/full", run, nil); err == nil || log != nil || !strings.Contains(err.Error(), "write the audit log") {
		t.Errorf("a full disk took the first line: %v", err)
	}
}

// A line that a full disk or a crash has cut off does not take the next one with it.
func TestLogGoesOnAfterACutLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, []byte(`{"time":"2026-11`), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(path, run, clock)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(nil); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	if len(lines) != 3 || lines[0] != `{"time":"2026-11` || !json.Valid([]byte(lines[1])) || !json.Valid([]byte(lines[2])) {
		t.Errorf("%q", lines)
	}
}
