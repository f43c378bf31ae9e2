package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
)

func TestDueHandoversAreWorked(t *testing.T) {
	t.Parallel()
	const other = "fts/annet"
	var running, most [2]atomic.Int64
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		cfg.Definitions = append(cfg.Definitions, engine.Definition{ID: "til-annet", To: other}, engine.Definition{ID: "også-til-annet", To: other})
		cfg.PerApplication, cfg.Workers = 3, 5
		c.step = func(_ context.Context, r *handover.Record) error {
			i := 0
			if r.To == other {
				i = 1
			}
			most[i].Store(max(most[i].Load(), running[i].Add(1)))
			defer running[i].Add(-1)
			r.State = handover.Done
			return nil
		}
	})
	// A backlog, many times what the queue takes, and what comes while it is
	// worked.
	o.begin(application, 150)
	o.start()
	o.begin(other, 150)
	o.eventually("all is done", func() bool { return o.unsettled() == 0 })
	for i := range most {
		if n := most[i].Load(); n > 3 {
			t.Errorf("%d handovers at a time to one application, of 3", n)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.runs) != 300 || len(o.postponed) != 0 {
		t.Errorf("%d handovers were run and %d put off", len(o.runs), len(o.postponed))
	}
}

func TestWhatNobodyServesAnyMoreIsInNobodysWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(_ *clerk, cfg *engine.Config) {
		cfg.Definitions[0].Adopts = []string{"til-gammelt"}
		cfg.Poll = time.Hour // only what it is told
	})
	// They have waited longer, and are more than any queue takes.
	left := o.store("fts/nedlagt", 100)
	keys := append(o.store("fts/gammelt", 1), o.begin(application, 1)...)
	o.start()
	o.eventually("what is served is done", func() bool { return o.state(keys[0]) == handover.Done && o.state(keys[1]) == handover.Done })
	o.stop()
	if picked, err := o.journal.Wake(t.Context(), handover.WakeQuery{Limit: 1000, Again: time.Hour}); err != nil || len(picked) != len(left) {
		t.Errorf("%d of %d wait untouched for who serves them (%v)", len(picked), len(left), err)
	}
}

func TestTheBacklogStaysInTheJournal(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		cfg.PerApplication, cfg.Poll = 2, time.Hour
		c.step = func(_ context.Context, r *handover.Record) error {
			<-release
			r.State = handover.Done
			return nil
		}
	})
	o.begin(application, 50)
	o.start()
	o.eventually("two are worked on", func() bool { return o.engine.Status().Applications[0].Running == 2 })
	for range 20 { // however often it looks
		o.engine.Notify()
		if n := o.engine.Status().Applications[0].Waiting; n > 8 {
			t.Fatalf("%d wait in the queue, of 8", n)
		}
	}
	close(release)
	o.eventually("all is done", func() bool { return o.unsettled() == 0 })
}

func TestWhatCannotBeDoneIsPutOff(t *testing.T) {
	t.Parallel()
	down := errors.New("the platform is down")
	o := newOffice(t, func(c *clerk, _ *engine.Config) {
		c.step = func(_ context.Context, r *handover.Record) error {
			switch r.Key {
			case application + "-0":
				return down
			case application + "-1":
				panic("of the test")
			case application + "-2":
				return handover.ErrLost
			}
			r.State = handover.Done
			return nil
		}
	}).start()
	keys := o.begin(application, 4)
	o.eventually("the last is done", func() bool { return o.state(keys[3]) == handover.Done })
	o.eventually("two are put off", func() bool { return o.cause(keys[0]) != nil && o.cause(keys[1]) != nil })
	o.stop()
	if !errors.Is(o.cause(keys[0]), down) {
		t.Errorf("put off because of %v", o.cause(keys[0]))
	}
	for _, key := range keys {
		if n := o.ran(key); n != 1 {
			t.Errorf("%s was run %d times", key, n)
		}
	}
	if o.cause(keys[2]) != nil || o.cause(keys[3]) != nil {
		t.Error("what another process works on, or is done, was put off")
	}
}

func TestWorkGoesOnWhileThereIsMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		cfg.Poll = time.Hour // only what it is told
		c.step = func(_ context.Context, r *handover.Record) error {
			if r.Attempts++; r.Attempts == 5 { // five slices
				r.State = handover.Done
			}
			return nil
		}
	}).start()
	key := o.begin(application, 1)[0]
	o.eventually("it is done", func() bool { return o.state(key) == handover.Done })
	if n := o.ran(key); n != 5 {
		t.Errorf("it was run %d times, not 5", n)
	}
}

func TestAPausedDefinitionRests(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	if err := o.journal.Pause(t.Context(), "til-mottak", true); err != nil {
		t.Fatal(err)
	}
	swept := make(chan struct{})
	o.swept = func(context.Context, string) error { close(swept); return nil }
	key := o.begin(application, 1)[0]
	o.start()
	<-swept // what is sent in is found all the same
	if n := o.ran(key); n != 0 {
		t.Errorf("it was run %d times", n)
	}
	if err := o.journal.Pause(t.Context(), "til-mottak", false); err != nil {
		t.Fatal(err)
	}
	o.engine.Notify()
	o.eventually("it is done", func() bool { return o.state(key) == handover.Done })
}

func TestAStartTakesUpWhatAStopLeft(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	key := o.begin(application, 1)[0]
	// A process picks it, and is killed before it works it.
	picked, err := o.journal.Wake(t.Context(), handover.WakeQuery{Limit: 1, Again: time.Hour})
	if err != nil || len(picked) != 1 {
		t.Fatal(picked, err)
	}
	o.start()
	o.eventually("it is done", func() bool { return o.state(key) == handover.Done })
}

func TestStopLetsWorkEnd(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		cfg.Grace = time.Minute
		c.step = func(ctx context.Context, r *handover.Record) error {
			close(began)
			<-release
			r.State = handover.Done
			return ctx.Err()
		}
	}).start()
	key := o.begin(application, 1)[0]
	<-began
	var stopping sync.WaitGroup
	stopping.Go(o.stop)
	close(release)
	stopping.Wait()
	if s := o.state(key); s != handover.Done {
		t.Errorf("it is %s", s)
	}
}

func TestStopCutsWhatOutlivesTheGrace(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		cfg.Grace = 10 * time.Millisecond
		c.step = func(ctx context.Context, _ *handover.Record) error {
			close(began)
			<-ctx.Done()
			return ctx.Err()
		}
	}).start()
	key := o.begin(application, 1)[0]
	<-began
	o.stop()
	if err := o.cause(key); err != nil {
		t.Errorf("put off because of %v: the next process is to take it up at once", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := engine.New(engine.Config{}); err == nil {
		t.Error("an engine of nothing was made")
	}
	o := newOffice(t, nil)
	twice := []engine.Definition{{ID: "a", To: application}, {ID: "a", To: application}}
	if _, err := engine.New(engine.Config{Service: o.clerk, Journal: o.journal, Queue: &sameProcess{}, Definitions: twice}); err == nil {
		t.Error("an engine with a definition twice was made")
	}
	if got := o.engine.Status().Sweeps; !slices.Equal(got, []engine.SweepStatus{{DefinitionID: "til-mottak"}}) {
		t.Errorf("before the start the sweeps are %v", got)
	}
}
