package handover_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

// witness writes down what it is told.
type witness struct {
	mu   sync.Mutex
	told []string

	changes int64
}

func (w *witness) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

func (w *witness) Begun(_ context.Context, r handover.Record) { w.tell("begun by %s", r.Trigger) }

func (w *witness) Step(ctx context.Context, r handover.Record, action string) (context.Context, func(handover.Record, error)) {
	return ctx, func(after handover.Record, err error) {
		w.tell("%s: %s to %s, %t", action, r.State, after.State, err == nil)
	}
}

func (w *witness) Changed(_ context.Context, was, r handover.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Version == was.Version+1 {
		w.changes++
	}
}

func (w *witness) Swept(_ context.Context, definitionID string, result handover.SweepResult, err error) {
	w.tell("swept %s: %d begun, %t", definitionID, result.Begun, err == nil)
}

func TestObserver(t *testing.T) {
	in(t, func(w *world) {
		seen := &witness{}
		h, err := handover.New(handover.Config{
			Definitions: []*handover.Definition{confirming(w)}, Source: sourceSide{w.platform}, Receiver: w.platform, Lister: w.platform,
			Finder: handover.NewIndex(w.platform, 10*time.Minute), Journal: w.journal, Observer: seen,
		})
		if err != nil {
			w.Fatal(err)
		}
		w.process = h
		w.platform.fail("list", fault{}, fault{status: 500, undone: true}) // the sweep's, then the search's
		source := w.platform.submit(form, maps()[0], pdf())
		if _, err := h.SweepSources(w.Context(), "til-mottak"); err != nil {
			w.Fatal(err)
		}
		records := w.recordsOf(source, 2)
		first, second := w.settle(records[0].Key), w.settle(records[1].Key)
		if want := first.Version + second.Version - 2; seen.changes != want {
			w.Errorf("it was told of %d changes, want %d", seen.changes, want)
		}
		want := []string{
			"begun by sweep", "begun by sweep", "swept til-mottak: 2 begun, true",
			"search: planned to planned, false",
			"search: planned to creating, true", "create: creating to created, true", "complete: created to verified, true", "confirm: verified to done, true",
			"search: planned to creating, true", "create: creating to created, true", "complete: created to verified, true", "confirm: verified to done, true",
		}
		if !slices.Equal(seen.told, want) {
			w.Errorf("got  %q\nwant %q", seen.told, want)
		}
	})
}
