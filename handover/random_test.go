package handover_test

import (
	"context"
	"fmt"
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
			pause:   time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Minute,
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		faults := map[string][]fault{
			"create": rapid.SliceOfN(anyFault(1, 120), 0, 4).Draw(rt, "create"),
			"add":    rapid.SliceOfN(anyFault(2, 60), 0, 4).Draw(rt, "add"),
		}
		for _, operation := range []string{"source", "form", "attachment", "list", "instance", "data", "remove", "delete", "substatus"} {
			faults[operation] = rapid.SliceOfN(plain, 0, 2).Draw(rt, operation)
		}
		mayDelete, twice := rapid.Bool().Draw(rt, "may delete"), rapid.Bool().Draw(rt, "lists twice")
		turns := rapid.SliceOfN(anyTurn, 1, 5).Draw(rt, "turns")
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
	var keys []string
	for i, turn := range turns {
		for range turn.submits {
			keys = append(keys, handover.Key("til-mottak", w.platform.submit(form, everything()...), recipient))
		}
		w.live(&mortal{Journal: w.journal, left: turn.writes, after: i%2 == 0}, func(ctx context.Context) {
			for range turn.sweeps {
				_, _ = w.process.Sweep(ctx) // what fails is met again
				time.Sleep(unclearWait)
			}
		})
		time.Sleep(turn.pause)
	}
	w.restart(w.journal)
	w.quiesce()
	w.platform.faults = map[string][]fault{} // a person has mended what was refused for good
	for _, key := range keys {
		if _, err := w.process.Retry(w.Context(), key); err != nil {
			w.Errorf("retry: %v", err)
		}
	}
	w.quiesce()
	for _, key := range keys {
		w.holds(key)
	}
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
