package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/local/web/records"
)

const testTenant = "7f0c2f2e-51b5-4f43-9d53-2f6f2c1f0a10"

func TestConsoleTellsOfTheJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "my project", "stafett.yaml")
	s := &session{lookup: func(string) string { return "" }}
	told := newConsoleHandovers(s, path, testTenant, true)
	var missing *records.NoJournalError
	if _, err := told.List(t.Context(), nil, 10); !errors.As(err, &missing) || missing.Command != `stafett prepare --local -p "`+path+`"` {
		t.Errorf("without a journal: %v", err)
	}
	if _, err := newConsoleHandovers(s, path, testTenant, false).Show(t.Context(), "k"); !errors.As(err, &missing) || !strings.HasPrefix(missing.Command, "stafett serve --local ") {
		t.Errorf("without a journal and a service: %v", err)
	}

	journal, err := sqlite.Open(t.Context(), filepath.Join(filepath.Dir(path), ".stafett", "local-7f0c2f2e.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := journal.Close(); err != nil {
			t.Error(err)
		}
	})
	begun := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	states := handover.States()
	const many = 1010 // more than are read in one go
	var all []handover.Record
	for n := range many {
		all = append(all, handover.Record{
			Key: fmt.Sprintf("key-%04d", n), DefinitionID: "a-til-b", Source: fmt.Sprintf("50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f%04d", n),
			From: "fts/a", To: "fts/b", State: states[n%len(states)], CreatedAt: begun.Add(time.Duration(n) * time.Second), NotBefore: begun,
			Setback: handover.Setback{Cause: "a setback"}, Files: []handover.File{{Element: "e", DataType: "kart", Size: 7, SHA256: "ab", Receiving: "r"}},
		})
	}
	if _, _, err := journal.Begin(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	if err := journal.Pause(t.Context(), "a-til-b", true); err != nil {
		t.Fatal(err)
	}
	list, err := told.List(t.Context(), nil, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Handovers) != 3 || list.Handovers[0].Key != "key-1009" || list.Handovers[2].Key != "key-1007" {
		t.Errorf("the newest are %+v", list.Handovers)
	}
	if list.Counts["done"] != many/len(states) || len(list.Counts) != len(states) || len(list.Paused) != 1 || list.Paused[0] != "a-til-b" {
		t.Errorf("the numbers are %v, paused %v", list.Counts, list.Paused)
	}
	list, err = told.List(t.Context(), []string{"failed", "unclear"}, 2)
	if err != nil || len(list.Handovers) != 2 || list.Handovers[0].Key != "key-1007" || list.Handovers[1].Key != "key-1002" {
		t.Errorf("the newest that failed or are unclear are %+v, %v", list.Handovers, err)
	}
	waiting, err := told.Show(t.Context(), "key-1002")
	if err != nil || waiting.State != "unclear" || waiting.Settled || waiting.Fault != "a setback" || !waiting.NextTry.Equal(begun) || waiting.Reference != "0b1f6d1f1002" {
		t.Errorf("one that waits is %+v, %v", waiting, err)
	}
	done, err := told.Show(t.Context(), "key-1006")
	if err != nil || done.State != "done" || !done.Settled || done.Fault != "" || !done.NextTry.IsZero() || len(done.Files) != 1 || !done.Files[0].Verified || done.Files[0].Size != 7 {
		t.Errorf("one that is done is %+v, %v", done, err)
	}
	for _, key := range []string{"key-100", "other", ""} {
		if _, err := told.Show(t.Context(), key); !errors.Is(err, records.ErrNoHandover) {
			t.Errorf("%q is found: %v", key, err)
		}
	}
}

// showsConsole reads a page of the console until it shows texts. It must not hold a
// secret.
func showsConsole(ts *testscript.TestScript, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: console PATH TEXT…")
	}
	deadline := time.After(readyPatience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		page, err := consolePage(connected(ts).ready.Console + args[0])
		ts.Check(err)
		if found := leaks(page); len(found) > 0 {
			ts.Fatalf("%s holds %s", args[0], strings.Join(found, ", "))
		}
		missing := ""
		for _, text := range args[1:] {
			if !strings.Contains(page, text) {
				missing = text
			}
		}
		if missing == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("after %s %s does not show %q:\n%s", readyPatience, args[0], missing, page)
		}
	}
}

func consolePage(address string) (string, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	return string(page), err
}
