package handover_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/stafett/stafett/handover"
)

// turn is a process's time: what it does until its death or its stop, and how
// long nobody does anything after it.
type turn struct {
	submits int           // forms that come before it
	writes  int           // until its death; 0: it stops in peace
	sweeps  int           // one each unclear wait
	workers int           // that share the work
	pause   time.Duration // until the next process starts
}

// TestAnythingMayHappen draws faults of the platform, lives and deaths of
// processes and pauses between them, and checks the promise when all has come
// to rest. Requests to create end far later than any process or window lasts.
func TestAnythingMayHappen(t *testing.T) {
	t.Parallel()
	anyFault := func(lateness, latest int) *rapid.Generator[fault] {
		return rapid.Custom(func(t *rapid.T) fault {
			f := fault{
				lost:   rapid.Bool().Draw(t, "lost"),
				undone: rapid.IntRange(0, 2).Draw(t, "undone") == 0,
				status: rapid.SampledFrom([]int{0, 0, 401, 403, 404, 409, 429, 500, 503}).Draw(t, "status"),
				half:   rapid.IntRange(0, 4).Draw(t, "half"),
			}
			if !f.undone && rapid.IntRange(0, lateness).Draw(t, "late") == 0 {
				f.after = time.Duration(rapid.IntRange(1, latest).Draw(t, "minutes")) * time.Minute
			}
			return f
		})
	}
	// What does nothing wrong but to fail; only creates and additions may be
	// done by halves.
	plain := rapid.Custom(func(t *rapid.T) fault {
		return fault{undone: true, lost: rapid.Bool().Draw(t, "lost"), status: rapid.SampledFrom([]int{401, 429, 500}).Draw(t, "status")}
	})
	anyTurn := rapid.Custom(func(t *rapid.T) turn {
		return turn{
			submits: rapid.IntRange(0, 2).Draw(t, "submits"),
			writes:  rapid.IntRange(0, 12).Draw(t, "writes"),
			sweeps:  rapid.IntRange(1, 4).Draw(t, "sweeps"),
			workers: rapid.IntRange(1, 3).Draw(t, "workers"),
			pause:   time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Minute,
		}
	})
	toTwo, toTwoConfirmed := both(t), confirming(t)
	rapid.Check(t, func(rt *rapid.T) {
		faults := map[string][]fault{
			"create": rapid.SliceOfN(anyFault(1, 120), 0, 4).Draw(rt, "create"),
			"add":    rapid.SliceOfN(anyFault(2, 60), 0, 4).Draw(rt, "add"),
		}
		for _, operation := range []string{"source", "form", "attachment", "list", "instance", "data", "remove", "delete", "substatus", "confirm"} {
			faults[operation] = rapid.SliceOfN(plain, 0, 2).Draw(rt, operation)
		}
		mayDelete, twice := rapid.Bool().Draw(rt, "may delete"), rapid.Bool().Draw(rt, "lists twice")
		turns := rapid.SliceOfN(anyTurn, 1, 5).Draw(rt, "turns")
		served := rapid.SampledFrom([]*handover.Definition{compiled(t), toTwo, toTwoConfirmed}).Draw(rt, "definition")
		var seen recorder
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if cause := recover(); cause != nil && cause != any(errStop) {
					panic(cause)
				}
			}()
			seen.TB = t
			w := newWorld(&seen)
			w.platform.mayDelete, w.platform.twice = mayDelete, twice
			w.definitions = []*handover.Definition{served}
			w.turmoil(faults, turns)
		})
		if len(seen.errors) > 0 {
			rt.Fatal(seen.errors)
		}
	})
}

// turmoil hands some forms over while everything happens at once, and checks
// them.
func (w *world) turmoil(faults map[string][]fault, turns []turn) {
	for operation, list := range faults {
		w.platform.fail(operation, list...)
	}
	var sources []string
	for i, turn := range turns {
		for range turn.submits {
			sources = append(sources, w.platform.submit(form, everything()...))
		}
		w.live(&mortal{Journal: w.journal, left: turn.writes, after: i%2 == 0}, func(ctx context.Context) {
			var workers sync.WaitGroup
			for range turn.workers {
				workers.Go(func() { w.drive(ctx, turn.sweeps) })
			}
			workers.Wait()
		})
		time.Sleep(turn.pause)
	}
	w.restart(w.journal)
	w.quiesce()
	w.platform.faults = map[string][]fault{} // a person has mended what was refused for good
	recipients := 2
	if w.definitions[0] == compiled(w) {
		recipients = 1
	}
	for _, source := range sources {
		for _, r := range w.recordsOf(source, recipients) {
			if _, err := w.process.Retry(w.Context(), r.Key); err != nil {
				w.Errorf("retry: %v", err)
			}
		}
	}
	w.quiesce()
	for _, source := range sources {
		for _, r := range w.recordsOf(source, recipients) {
			w.holds(r.Key)
		}
		if n := len(w.platform.instances[source].CompleteConfirmations); (n > 0) != w.definitions[0].Confirms() {
			w.Errorf("the source was confirmed %d times", n)
		}
	}
}

// drive does what an engine does: it sweeps, runs what is due, and postpones what
// cannot be done.
func (w *world) drive(ctx context.Context, sweeps int) {
	for range sweeps {
		_, _ = w.process.SweepSources(ctx, "til-mottak") // what fails is met again
		due, _ := w.journal.List(ctx, handover.Filter{Due: time.Now()})
		for _, r := range due {
			if _, err := w.process.Run(ctx, r.Key); err != nil && ctx.Err() == nil {
				_, _ = w.process.Postpone(ctx, r.Key, err)
			}
		}
		_, _ = w.process.SweepDuplicates(ctx, "til-mottak")
		time.Sleep(unclearWait)
	}
}

// recordsOf reads the records of a source, of which there must be so many.
func (w *world) recordsOf(source string, want int) []handover.Record {
	w.Helper()
	records, err := w.journal.List(w.Context(), handover.Filter{Source: source})
	if err != nil || len(records) != want {
		w.Errorf("%s has %d records, want %d: %v", source, len(records), want, err)
	}
	return records
}

// recorder gathers failures, so that they can be given to rapid after the
// bubble has ended.
type recorder struct {
	testing.TB
	errors []string
}

var errStop = fmt.Errorf("the test has failed")

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Error(args ...any)                 { r.errors = append(r.errors, fmt.Sprint(args...)) }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); panic(errStop) }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); panic(errStop) }
