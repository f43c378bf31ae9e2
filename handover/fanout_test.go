package handover_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

const condition = "    condition:"

// confirming confirms the source besides.
func confirming(t testing.TB) *handover.Definition {
	return both(t, condition, "    confirm: true\n"+condition)
}

func TestFanOut(t *testing.T) {
	in(t, func(w *world) {
		w.serve(both(w))
		w.platform.fail("create", fault{lost: true}) // the two do not disturb each other
		source := w.platform.submit(form, everything()...)
		w.sweep(handover.SweepResult{Seen: 1, Begun: 2, Settled: 1, Waiting: 1})
		w.quiesce()
		records, err := w.process.Begin(w.Context(), "til-mottak", source, handover.ByAPI)
		if err != nil || len(records) != 2 || records[0].Trigger != handover.BySweep {
			w.Fatalf("got %+v, %v", records, err)
		}
		for _, r := range records {
			w.holds(r.Key)
			w.only(r.Key)
		}
		if a, b := records[0].Recipient, records[1].Recipient; a == b || !strings.Contains(a+b, otherOrg) {
			w.Errorf("the recipients are %s and %s", a, b)
		}
		if w.platform.calls["confirm"] != 0 {
			w.Error("the source was confirmed, though the definition does not say so")
		}
	})
}

// TestTheLastOneConfirms: the source is confirmed when all who are to receive it
// have it.
func TestTheLastOneConfirms(t *testing.T) {
	in(t, func(w *world) {
		w.serve(confirming(w))
		source := w.platform.submit(form, everything()...)
		records, err := w.process.Begin(w.Context(), "til-mottak", source, handover.ByEvent)
		if err != nil {
			w.Fatal(err)
		}
		first := w.settle(records[0].Key)
		if first.Confirmed || w.platform.calls["confirm"] != 0 {
			w.Errorf("confirmed after the first of two: %+v", first)
		}
		second := w.settle(records[1].Key)
		if !second.Confirmed || len(w.platform.instances[source].CompleteConfirmations) != 1 {
			w.Errorf("not confirmed after the last: %+v", second)
		}
		w.holds(first.Key)
		w.holds(second.Key)
	})
}

// TestConfirmationThatIsNotGranted waits for the policy and says which action it
// lacks.
func TestConfirmationThatIsNotGranted(t *testing.T) {
	in(t, func(w *world) {
		w.serve(variant(w, condition, "    confirm: true\n"+condition))
		r := w.begin()
		w.platform.fail("confirm", fault{status: 403, undone: true})
		_, err := w.process.Run(w.Context(), r.Key)
		if !altinn.IsStatus(err, 403) {
			w.Fatalf("got %v", err)
		}
		waiting, err := w.process.Postpone(w.Context(), r.Key, err)
		if err != nil || waiting.State != handover.Verified || waiting.Setback.Status != 403 || !strings.Contains(waiting.Setback.Cause, "the action complete") || !waiting.NotBefore.After(time.Now()) {
			w.Errorf("got %+v, %v", waiting, err)
		}
		if done := w.settle(r.Key); !done.Confirmed || done.Delays != 0 || done.Setback != (handover.Setback{}) {
			w.Errorf("got %+v", done)
		}
		w.holds(r.Key)
	})
}

func TestPostpone(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		cause := &altinn.StatusError{Status: 503, Method: "GET", Path: "/x", Detail: "Áile Ærlig"}
		longest := 5 * time.Minute
		for n := range 15 {
			before := time.Now()
			postponed, err := w.process.Postpone(w.Context(), r.Key, cause)
			want := min(time.Second<<n, longest)
			if got := postponed.NotBefore.Sub(before); err != nil || got < want/2 || got > want || postponed.Delays != n+1 {
				w.Errorf("delay %d is %v, want up to %v: %+v, %v", n+1, got, want, postponed, err)
			}
			if again, err := w.process.Postpone(w.Context(), r.Key, cause); err != nil || again.Delays != n+1 {
				w.Errorf("postponed twice for one delay: %+v, %v", again, err)
			}
			time.Sleep(time.Until(postponed.NotBefore))
		}
		cause.RetryAfter = time.Hour
		postponed, err := w.process.Postpone(w.Context(), r.Key, errors.Join(errors.New("x"), cause))
		if err != nil || !postponed.NotBefore.Equal(time.Now().Add(time.Hour)) {
			w.Errorf("Retry-After: %+v, %v", postponed, err)
		}
		w.keepsSecrets()
		time.Sleep(time.Hour)
		if done := w.settle(r.Key); done.Delays != 0 {
			w.Errorf("after all it has %d delays", done.Delays)
		}
		if done, err := w.process.Postpone(w.Context(), r.Key, cause); err != nil || done.State != handover.Done || done.Delays != 0 {
			w.Errorf("a done one was postponed: %+v, %v", done, err)
		}
		if _, err := w.process.Postpone(w.Context(), "unknown", cause); !errors.Is(err, handover.ErrNoRecord) {
			w.Errorf("unknown: %v", err)
		}
	})
}

// TestPostponeOfWhatIsUnclear waits for the server's worst case, not for less.
func TestPostponeOfWhatIsUnclear(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.live(&mortal{Journal: w.journal, left: 2}, func(ctx context.Context) { // after it wrote that it creates
			_, _ = w.process.Run(ctx, r.Key)
		})
		w.restart(w.journal)
		time.Sleep(2 * time.Minute) // the lease is over
		postponed, err := w.process.Postpone(w.Context(), r.Key, errors.New("no answer"))
		if err != nil || postponed.State != handover.Unclear || !postponed.NotBefore.Equal(time.Now().Add(unclearWait)) {
			w.Errorf("got %+v, %v", postponed, err)
		}
		w.settle(r.Key)
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestRunTakesASlice: a handover with a long step goes on when its turn comes
// again, and what is announced is done at once.
func TestRunTakesASlice(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		slow := fault{slow: 3 * time.Second}
		w.platform.fail("list", slow)
		w.platform.fail("create", slow)
		w.platform.fail("instance", slow)
		for i, want := range []handover.State{handover.Created, handover.Done} {
			got, err := w.process.Run(w.Context(), r.Key)
			if err != nil || got.State != want {
				w.Errorf("run %d: got %s, %v, want %s", i+1, got.State, err, want)
			}
		}
		w.holds(r.Key)
	})
}
