package handover_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

func TestLineage(t *testing.T) {
	const id = "id: til-mottak"
	cases := []struct {
		name    string
		replace []string
		earlier bool // the journal is of an earlier source
		faults  []string
	}{
		{name: "the same"},
		{name: "another id", replace: []string{id, "id: ny"}, faults: []string{"handover ny: ", "as til-mottak did", "adopts: [til-mottak]"}},
		{name: "another id that adopts", replace: []string{id, "id: ny\n    adopts: [til-mottak]"}},
		{name: "another source", earlier: true, faults: []string{"handover til-mottak: ", "from fts/soknad-2 to fts/mottak", "an id of its own"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				if c.earlier {
					w.journal = newMemoryJournal(time.Now)
					r.From = "fts/soknad-2"
					if _, _, err := w.journal.Begin(w.Context(), r); err != nil {
						w.Fatal(err)
					}
				}
				w.serve(variant(w, c.replace...))
				for _, check := range []func(context.Context) error{w.process.CheckHistory, w.process.CheckLineage, w.process.CheckLineage} { // a refusal changes nothing
					err := check(w.Context())
					if (err != nil) != (c.faults != nil) || err != nil && !is[*handover.LineageError](err) {
						w.Errorf("got %v", err)
					}
					for _, part := range c.faults {
						if err == nil || !strings.Contains(err.Error(), part) {
							w.Errorf("got %v, want %q", err, part)
						}
					}
				}
				if c.faults != nil {
					if lineages, err := w.journal.Lineages(w.Context()); err != nil || len(lineages) != 0 {
						w.Errorf("a refused definition was noted: %v, %v", lineages, err)
					}
				}
			})
		})
	}
}

// TestAdoptedHandoversGoOn under their old keys, and none begins twice.
func TestAdoptedHandoversGoOn(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.serve(variant(w, "id: til-mottak", "id: ny\n    adopts: [til-mottak]"))
		later := w.platform.submit(form, everything()...)
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 2})
		for _, source := range []string{r.Source, later} {
			key := handover.Key("til-mottak", source, recipient)
			w.holds(key)
			w.only(key)
		}
	})
}

func TestFirstStart(t *testing.T) {
	in(t, func(w *world) {
		for range 100 {
			w.platform.submit(form, pdf())
		}
		w.serve(variant(w, "since: 2000-01-01", "since: 2000-01-01T01:00:30Z")) // the bubble's clock begins at midnight
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Errorf("forms from before: %v", err)
		}
		w.journal = newMemoryJournal(time.Now)
		w.serve(compiled(w))
		deleted := w.platform.submit(form, pdf())
		w.platform.instances[deleted].Status.IsHardDeleted = true
		if n, err := w.process.Waiting(w.Context(), "til-mottak"); err != nil || n != 100 {
			w.Errorf("%d wait, %v, want 100", n, err)
		}
		w.platform.submit(form, pdf())
		for range 2 {
			first, ok := errors.AsType[*handover.FirstStartError](w.process.CheckLineage(w.Context()))
			if !ok || first.DefinitionID != "til-mottak" || first.Forms != 101 {
				w.Errorf("got %v", first)
			}
		}
		if err := w.process.AcceptFirst(w.Context(), "til-mottak"); err != nil {
			w.Fatal(err)
		}
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Errorf("agreed to: %v", err)
		}
		w.serve(variant(w, "id: til-mottak", "id: ny\n    adopts: [til-mottak]"))
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Errorf("under a new id: %v", err)
		}
		lineages, err := w.journal.Lineages(w.Context())
		if err != nil || len(lineages) != 2 || lineages[0].DefinitionID != "ny" || lineages[0].Confirmed || !lineages[1].Confirmed {
			w.Errorf("got %+v, %v", lineages, err)
		}
	})
}

// TestAdoptsStaysAsItIs: the first adopted id is part of all keys. Where it has
// changed, the next reconciliation would hand all forms over again.
func TestAdoptsStaysAsItIs(t *testing.T) {
	const id = "id: til-mottak"
	for _, c := range []struct{ name, before, after, fault string }{
		{"dropped", "id: ny\n    adopts: [til-mottak]", "id: ny", "adopts"},
		{"in another order", "id: ny\n    adopts: [til-mottak, mellom]", "id: ny\n    adopts: [mellom, til-mottak]", "adopts"},
		{"added where there is a history", id, "id: til-mottak\n    adopts: [eldre]", "adopts"},
		{"added to at the end", "id: ny\n    adopts: [til-mottak]", "id: nyare\n    adopts: [til-mottak, ny]", ""},
		{"without a history", "", "id: ny\n    adopts: [mellom, til-mottak]", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				if c.before != "" {
					w.serve(variant(w, id, c.before))
					w.platform.submit(form, pdf())
					if _, err := w.process.Sweep(w.Context()); err != nil {
						w.Fatal(err)
					}
				}
				w.serve(variant(w, id, c.after))
				err := w.process.CheckLineage(w.Context())
				if (err != nil) != (c.fault != "") || err != nil && (!is[*handover.LineageError](err) || !strings.Contains(err.Error(), c.fault)) {
					w.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestEarlierSince: the forms between are taken, after somebody has agreed if they
// are many. Those that have been taken are not taken again.
func TestEarlierSince(t *testing.T) {
	in(t, func(w *world) {
		const since = "since: 2000-01-01"
		for range 101 {
			w.platform.submit(form, pdf())
		}
		time.Sleep(time.Hour)
		w.serve(variant(w, since, "since: 2000-01-01T00:30:00Z"))
		w.platform.submit(form, pdf())
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.sweep(handover.SweepResult{Seen: 1, Begun: 1, Settled: 1})
		time.Sleep(time.Hour)

		w.serve(compiled(w))
		first, ok := errors.AsType[*handover.FirstStartError](w.process.CheckLineage(w.Context()))
		if !ok || first.Forms != 101 {
			w.Errorf("got %v, want an error that tells of 101 forms", first)
		}
		if err := w.process.AcceptFirst(w.Context(), "til-mottak"); err != nil {
			w.Fatal(err)
		}
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Errorf("agreed to: %v", err)
		}
		w.sweep(handover.SweepResult{Seen: 102, Begun: 101, Settled: 101})

		time.Sleep(time.Hour)
		w.platform.submit(form, pdf())
		w.serve(variant(w, since, "since: 2000-01-01T00:30:00Z")) // later, and back
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Fatal(err)
		}
		w.serve(compiled(w))
		if err := w.process.CheckLineage(w.Context()); err != nil {
			w.Errorf("what has been taken counts as new: %v", err)
		}
		w.sweep(handover.SweepResult{Seen: 2, Begun: 1, Settled: 1}) // with the last one that was seen
	})
}

// TestRenamedDefinitionFindsLateDuplicates of the time when it had its old id,
// whether or not a sweep had seen anything by then.
func TestRenamedDefinitionFindsLateDuplicates(t *testing.T) {
	for _, swept := range []bool{false, true} {
		t.Run(fmt.Sprintf("swept %t", swept), func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				w.platform.fail("create", fault{after: 30 * time.Minute})
				w.settle(r.Key)
				if swept {
					w.sweep(handover.SweepResult{Seen: 1})
				}
				w.platform.late.Wait()
				time.Sleep(3 * time.Hour)
				w.serve(variant(w, "id: til-mottak", "id: ny\n    adopts: [til-mottak]"))
				for range 2 {
					w.platform.submit(form, pdf())
					if _, err := w.process.Sweep(w.Context()); err != nil {
						w.Fatal(err)
					}
				}
				w.holds(r.Key)
				w.only(r.Key)
			})
		})
	}
}
