package handover_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

func (w *world) sweep(want handover.SweepResult) {
	w.Helper()
	got, err := w.process.Sweep(w.Context())
	if err != nil || got != want {
		w.Errorf("the sweep gave %+v, %v\nwant %+v", got, err, want)
	}
}

func TestSweep(t *testing.T) {
	in(t, func(w *world) {
		w.sweep(handover.SweepResult{})
		first := w.platform.submit(form, everything()...)
		second := w.platform.submit(form, pdf())
		w.platform.submit(`{"Soker":{"Navn":"Ingen"}}`, pdf())
		open := w.platform.submit(form, pdf())
		w.platform.instances[open].Process = &altinn.Process{CurrentTask: &altinn.Task{ElementID: "Task_1"}}
		deleted := w.platform.submit(form, pdf())
		w.platform.instances[deleted].Status.IsHardDeleted = true
		w.sweep(handover.SweepResult{Seen: 4, Begun: 2, NotWanted: 1, Settled: 2})
		for _, source := range []string{first, second} {
			key := handover.Key("til-mottak", source, recipient)
			w.holds(key)
			w.only(key)
		}
		w.sweep(handover.SweepResult{Seen: 4, NotWanted: 1}) // within the overlap
		time.Sleep(time.Hour)
		w.platform.submit(form, pdf())
		w.sweep(handover.SweepResult{Seen: 5, Begun: 1, NotWanted: 1, Settled: 1})
		w.sweep(handover.SweepResult{Seen: 1})
		w.restart(w.journal)
		w.sweep(handover.SweepResult{Seen: 1}) // the watermark is in the journal
	})
}

func TestSweepRecordsWhatCanNeverBeCarried(t *testing.T) {
	in(t, func(w *world) {
		source := w.platform.submit(form) // without its PDF
		good := w.platform.submit(form, pdf())
		w.sweep(handover.SweepResult{Seen: 2, Begun: 2, Settled: 1})
		w.holds(handover.Key("til-mottak", good, recipient))
		key := handover.Key("til-mottak", source, recipient)
		r, err := w.process.Get(w.Context(), key)
		if err != nil || r.State != handover.Failed || !strings.Contains(r.Reason, "ref-data-as-pdf") {
			w.Fatalf("got %+v, %v", r, err)
		}
		w.platform.put(w.platform.instances[source], "ref-data-as-pdf", "application/pdf", "Søknad.pdf", []byte("%PDF"), "1337")
		if _, err := w.process.Retry(w.Context(), key); err != nil {
			w.Fatal(err)
		}
		w.holds(key)
		w.only(key)
	})
}

func TestSweepMeetsAgainWhatItCouldNotRead(t *testing.T) {
	in(t, func(w *world) {
		source := w.platform.submit(form, pdf())
		time.Sleep(time.Hour) // far beyond the overlap
		later := w.platform.submit(form, pdf())
		w.platform.fail("source", fault{status: 500, undone: true})
		if result, err := w.process.Sweep(w.Context()); err == nil || result.Begun != 1 {
			w.Errorf("got %+v, %v", result, err)
		}
		w.holds(handover.Key("til-mottak", later, recipient))
		time.Sleep(24 * time.Hour)
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 1})
		w.holds(handover.Key("til-mottak", source, recipient))
	})
}

func TestSweepWaitsAndGoesOn(t *testing.T) {
	in(t, func(w *world) {
		source := w.platform.submit(form, everything()...)
		w.platform.fail("create", fault{lost: true})
		w.sweep(handover.SweepResult{Seen: 1, Begun: 1, Waiting: 1})
		time.Sleep(unclearWait - time.Second)
		w.sweep(handover.SweepResult{Seen: 1})
		time.Sleep(time.Second)
		w.sweep(handover.SweepResult{Seen: 1, Settled: 1})
		w.holds(handover.Key("til-mottak", source, recipient))
		w.only(handover.Key("til-mottak", source, recipient))
	})
}

func TestSweepFindsLateDuplicates(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 8 * time.Minute})
		if got := w.settle(r.Key); len(got.Duplicates) != 0 {
			w.Fatalf("got %v before the late instance", got.Duplicates)
		}
		w.sweep(handover.SweepResult{Seen: 1})
		w.platform.late.Wait()
		w.sweep(handover.SweepResult{Seen: 1, Duplicates: 1})
		w.sweep(handover.SweepResult{Seen: 1})
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestSweepFindsLateDuplicatesAfterARestart has nothing to go by but the journal:
// the new process sees the late instance, and not the recorded one any more.
func TestSweepFindsLateDuplicatesAfterARestart(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 30 * time.Minute})
		w.settle(r.Key)
		time.Sleep(16 * time.Minute) // further than the overlap
		w.platform.submit(form, pdf())
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 1})
		w.restart(w.journal)
		w.platform.late.Wait()
		w.sweep(handover.SweepResult{Seen: 1, Duplicates: 1})
		w.sweep(handover.SweepResult{Seen: 1})
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestSweepFindsLateDuplicatesOfAPause has one that came while no process ran,
// and forms that came long after it: they must not move the window past it.
func TestSweepFindsLateDuplicatesOfAPause(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 30 * time.Minute})
		w.settle(r.Key)
		w.sweep(handover.SweepResult{Seen: 1})
		time.Sleep(3 * time.Hour)
		w.platform.submit(form, pdf())
		w.restart(w.journal)
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 1, Duplicates: 1})
		w.holds(r.Key)
		w.only(r.Key)
	})
}

func TestWatch(t *testing.T) {
	in(t, func(w *world) {
		ctx, cancel := context.WithCancelCause(w.Context())
		stopped := make(chan error)
		w.platform.fail("list", fault{status: 500, undone: true}) // the first sweep fails
		go func() { stopped <- w.process.Watch(ctx, 30*time.Second) }()
		time.Sleep(time.Minute)
		source := w.platform.submit(form, everything()...)
		time.Sleep(time.Minute)
		w.holds(handover.Key("til-mottak", source, recipient))
		enough := errors.New("enough")
		cancel(enough)
		if err := <-stopped; !errors.Is(err, enough) {
			w.Errorf("Watch ended with %v", err)
		}
	})
}

// TestSQLite carries one form with a real journal and a real clock.
func TestSQLite(t *testing.T) {
	t.Parallel()
	journal, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	w := newWorld(t)
	w.journal = journal
	w.restart(journal)
	source := w.platform.submit(form, everything()...)
	w.platform.fail("create", fault{half: 2})
	w.sweep(handover.SweepResult{Seen: 1, Begun: 1, Settled: 1})
	key := handover.Key("til-mottak", source, recipient)
	w.holds(key)
	w.only(key)
}
