package handover_test

import (
	"errors"
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
				for range 2 { // a refusal changes nothing
					err := w.process.CheckLineage(w.Context())
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
