package handover_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

func (w *world) sweep(want handover.SweepResult) {
	w.Helper()
	got, err := w.process.Sweep(w.Context())
	if got.Known > got.Seen {
		w.Errorf("the sweep gave %+v", got)
	}
	got.Known = 0
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
		w.sweep(handover.SweepResult{Seen: 4}) // within the overlap
		time.Sleep(time.Hour)
		w.platform.submit(form, pdf())
		w.sweep(handover.SweepResult{Seen: 5, Begun: 1, Settled: 1})
		w.sweep(handover.SweepResult{Seen: 1})
		w.restart(w.journal)
		w.sweep(handover.SweepResult{Seen: 1}) // the watermark is in the journal
	})
}

func TestSweepRecordsWhatCanNeverBeCarried(t *testing.T) {
	in(t, func(w *world) {
		source := w.platform.submit(form) // without its PDF
		good := w.platform.submit(form, pdf())
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Dead: 1, Settled: 1})
		w.holds(handover.Key("til-mottak", good, recipient))
		r := w.beginOf(source)
		if r.State != handover.Failed || !strings.Contains(r.Reason, "ref-data-as-pdf") {
			w.Fatalf("got %+v", r)
		}
		w.platform.put(w.platform.instances[source], "ref-data-as-pdf", "application/pdf", "Søknad.pdf", []byte("%PDF"), "1337")
		retried, err := w.process.Retry(w.Context(), r.Key)
		if err != nil || retried.State != handover.Planned {
			w.Fatalf("got %+v, %v", retried, err)
		}
		w.settle(retried.Key)
		w.holds(retried.Key)
		w.only(retried.Key)
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

func TestAFormThatBringsAboutAPanicStopsNoOther(t *testing.T) {
	in(t, func(w *world) {
		source := w.platform.submit(form, pdf())
		good := w.platform.submit(form, pdf())
		w.platform.fail("form", fault{panics: true}, fault{}, fault{panics: true})
		result, err := w.process.SweepSources(w.Context(), "til-mottak")
		if err == nil || result.Begun != 1 || !strings.Contains(err.Error(), "a fault in the program") {
			t.Fatalf("got %+v, %v", result, err)
		}
		if !strings.Contains(err.Error(), source) && !strings.Contains(err.Error(), good) {
			t.Errorf("the error names no source: %v", err)
		}
		if strings.Contains(err.Error()+w.log.String(), "Áile") {
			t.Error("the form is quoted")
		}
		if _, err := w.process.Reconcile(w.Context(), "til-mottak"); err == nil {
			t.Error("to reconcile met the fault, too, and does not say so")
		}
		time.Sleep(24 * time.Hour)
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 2})
		w.holds(handover.Key("til-mottak", source, recipient))
		w.holds(handover.Key("til-mottak", good, recipient))
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

// Two journals for one definition are not what the protocol is for, but they must
// not lose the form: each service records its own instance and takes the other's
// for a duplicate. Only the later one is deleted, by whoever recorded the earlier.
func TestAnEarlierInstanceIsNeverDeleted(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		r = w.settle(r.Key)
		recorded, err := w.platform.find(r.Receiving)
		if err != nil {
			w.Fatal(err)
		}
		// The other service's instance, which came a second earlier.
		other := *recorded
		other.ID = w.platform.newID(orgParty)
		other.Created = recorded.Created.Add(-time.Second)
		other.LastChanged = time.Now()
		w.platform.instances[other.ID] = &other
		w.sweep(handover.SweepResult{Seen: 1, Duplicates: 1})
		got, err := w.process.Get(w.Context(), r.Key)
		if err != nil || len(got.Duplicates) != 1 || got.Duplicates[0].Fate != handover.Marked || w.platform.calls["delete"] != 0 {
			w.Errorf("got %+v, %v after %d deletions", got.Duplicates, err, w.platform.calls["delete"])
		}
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

// TestSweepReturnsToAHeldHandover: what could not be dealt with holds the window
// back, however much comes after it.
func TestSweepReturnsToAHeldHandover(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 30 * time.Minute})
		w.settle(r.Key)
		w.platform.late.Wait()
		if _, _, err := w.journal.Acquire(w.Context(), r.Key, "another", time.Hour); err != nil {
			w.Fatal(err)
		}
		time.Sleep(16 * time.Minute)
		w.platform.submit(form, pdf())
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 1})
		time.Sleep(time.Hour)
		w.restart(w.journal)
		w.sweep(handover.SweepResult{Seen: 1, Duplicates: 1})
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestSweepCountsADuplicateDuringCleanUp has a second duplicate that comes
// after the last search, while the first one cannot be removed yet.
func TestSweepCountsADuplicateDuringCleanUp(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 13 * time.Minute}, fault{after: 6 * time.Minute})
		w.settle(r.Key) // the third, after ten minutes
		w.platform.faults["delete"] = slices.Repeat([]fault{{status: 500, undone: true}}, 100)
		sweep := func(duplicates int) {
			w.Helper()
			if got, err := w.process.Sweep(w.Context()); err == nil || got.Duplicates != duplicates {
				w.Errorf("got %+v, %v, want %d duplicates and an error", got, err, duplicates)
			}
		}
		time.Sleep(2 * time.Minute)
		sweep(1)
		w.platform.late.Wait()
		sweep(1)
		time.Sleep(16 * time.Minute)
		w.platform.submit(form, pdf())
		sweep(0)
		w.platform.faults["delete"] = nil
		w.restart(w.journal)
		w.sweep(handover.SweepResult{Seen: 1, Settled: 1})
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestSweepLeavesOthersInstancesAlone has stamped instances that are not this
// journal's, or not this definition's.
func TestSweepLeavesOthersInstancesAlone(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.settle(r.Key)
		other := handover.Record{Key: "a removed definition's", DefinitionID: "fjerna", State: handover.Done, Receiving: "50000001/x"}
		if _, _, err := w.journal.Begin(w.Context(), other); err != nil {
			w.Fatal(err)
		}
		for _, key := range []string{other.Key, "another journal's"} {
			for range 2 {
				_, err := w.platform.CreateInstance(w.Context(), "fts/mottak", altinn.Template{
					Owner: altinn.InstanceOwner{OrganisationNumber: orgNumber}, DataValues: map[string]string{handover.Stamp: key},
				}, nil)
				if err != nil {
					w.Fatal(err)
				}
			}
		}
		w.sweep(handover.SweepResult{Seen: 1})
		w.holds(r.Key)
		if w.platform.calls["delete"]+w.platform.calls["substatus"] != 0 {
			w.Error("what is not this definition's was touched")
		}
	})
}

// TestSweepAsksTheJournalOnlyOfTheWindow: what a sweep costs does not grow with
// what has been handed over.
func TestSweepAsksTheJournalOnlyOfTheWindow(t *testing.T) {
	in(t, func(w *world) {
		counted := &counting{Journal: w.journal}
		w.restart(counted)
		for range 50 {
			w.platform.submit(form, pdf())
			if _, err := w.process.Sweep(w.Context()); err != nil {
				w.Fatal(err)
			}
			time.Sleep(6 * time.Minute)
		}
		for _, want := range []int64{2, 4} { // two receiving instances; after a restart two sources as well
			counted.gets.Store(0)
			w.sweep(handover.SweepResult{Seen: 2})
			if got := counted.gets.Load(); got != want {
				w.Errorf("a sweep asked the journal for %d records, want %d", got, want)
			}
			w.restart(counted)
		}
	})
}

// counting is a journal that counts what is read.
type counting struct {
	handover.Journal
	gets atomic.Int64
}

func (c *counting) List(ctx context.Context, f handover.Filter) ([]handover.Record, error) {
	if f.Source != "" {
		c.gets.Add(1)
	}
	return c.Journal.List(ctx, f)
}

func (c *counting) Get(ctx context.Context, key string) (handover.Record, error) {
	c.gets.Add(1)
	return c.Journal.Get(ctx, key)
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
