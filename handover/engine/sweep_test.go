package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
	"github.com/stafett/stafett/handover/queue"
)

// sameProcess is a queue without a job engine, for tests whose clock is not the
// real one.
type sameProcess struct {
	mu    sync.Mutex
	jobs  []func(func(context.Context, string, string))
	total int // jobs that ever were queued
	more  chan struct{}
}

func newQueue() *sameProcess { return &sameProcess{more: make(chan struct{}, 1)} }

func (q *sameProcess) Enqueue(_ context.Context, lane string, keys []string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.total += len(keys)
	for _, key := range keys {
		q.jobs = append(q.jobs, func(work func(context.Context, string, string)) { work(context.Background(), lane, key) })
	}
	select {
	case q.more <- struct{}{}:
	default:
	}
	return nil
}

func (q *sameProcess) Waiting(context.Context, []string) (map[string]int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return map[string]int{application: len(q.jobs)}, nil
}

func (q *sameProcess) Run(ctx context.Context, cfg queue.RunConfig) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.more:
		}
		q.mu.Lock()
		jobs := q.jobs
		q.jobs = nil
		q.mu.Unlock()
		for _, job := range jobs {
			job(cfg.Work)
		}
	}
}

func (q *sameProcess) Close() error { return nil }

func (q *sameProcess) queued() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.total
}

// times collects when something happened.
type times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (s *times) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, d.Round(time.Millisecond))
}

func (s *times) list() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

func TestSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var good, bad times
		o := newOffice(t, func(c *clerk, cfg *engine.Config) {
			cfg.Queue, cfg.Poll = newQueue(), time.Hour
			cfg.Random = func() float64 { return 0.5 } // no jitter
			cfg.Definitions = append(cfg.Definitions, engine.Definition{ID: "broken", To: application})
			c.swept = func(_ context.Context, definitionID string) error {
				if definitionID == "broken" {
					bad.add(time.Since(began))
					switch {
					case time.Since(began) < 50*time.Second:
						panic("of the test")
					case time.Since(began) < 100*time.Second:
						return errors.New("the list cannot be read")
					}
					return nil
				}
				good.add(time.Since(began))
				time.Sleep(90 * time.Second) // longer than the interval
				return nil
			}
		}).start()
		time.Sleep(80 * time.Second)
		synctest.Wait()
		if got, want := o.engine.Status().Sweeps, []engine.SweepStatus{
			{DefinitionID: "broken", Failures: 2, Cause: "the list cannot be read"}, {DefinitionID: "til-mottak"},
		}; !slices.Equal(got, want) {
			t.Errorf("the sweeps are %v, want %v", got, want)
		}
		time.Sleep(2*time.Minute - 10*time.Second)
		synctest.Wait()
		// A sweep waits for the one before; it does not wait for another definition's.
		if got, want := good.list(), []time.Duration{0, 150 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("swept at %v, want %v", got, want)
		}
		if got, want := bad.list(), []time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute}; !slices.Equal(got, want) {
			t.Errorf("the broken one was swept at %v, want %v", got, want)
		}
		if got, want := o.engine.Status().Sweeps, []engine.SweepStatus{
			{DefinitionID: "broken", Complete: began.Add(3 * time.Minute)}, {DefinitionID: "til-mottak", Complete: began},
		}; !slices.Equal(got, want) {
			t.Errorf("the sweeps are %v, want %v", got, want)
		}
		o.stop()
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.duplicates != 5 {
			t.Errorf("%d sweeps for duplicates", o.duplicates)
		}
	})
}

// What is in the queue already heeds a pause, and is worked after it.
func TestAPauseReachesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, func(c *clerk, cfg *engine.Config) {
			cfg.Queue, cfg.PerApplication = newQueue(), 1
			cfg.Definitions = append(cfg.Definitions, engine.Definition{ID: "another", To: application})
			c.step = func(ctx context.Context, r *handover.Record) error {
				if c.ran(r.Key) == 1 && r.Key == application+"-0" {
					if err := c.journal.Pause(ctx, "til-mottak", true); err != nil {
						return err
					}
					time.Sleep(2 * time.Second) // a step that was under way
				}
				r.State = handover.Done
				return nil
			}
		})
		keys := o.store(application, 3)
		other := handover.Record{Key: "z", DefinitionID: "another", To: application, State: handover.Planned, CreatedAt: o.now()}
		if _, _, err := o.journal.Begin(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		o.start()
		time.Sleep(time.Minute)
		if o.state(keys[0]) != handover.Done || o.state(other.Key) != handover.Done {
			t.Error("what was under way, or is not paused, is not done")
		}
		for _, key := range keys[1:] {
			if n := o.ran(key); n != 0 {
				t.Errorf("%s was run %d times", key, n)
			}
		}
		if err := o.journal.Pause(t.Context(), "til-mottak", false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		for _, key := range keys[1:] {
			if o.state(key) != handover.Done {
				t.Errorf("%s is not done after the pause", key)
			}
		}
	})
}

func TestProcessesShareSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		swept := map[int]int{}
		offices := make([]*office, 3)
		for i := range offices {
			offices[i] = newOffice(t, func(c *clerk, cfg *engine.Config) {
				cfg.Queue, cfg.Poll, cfg.Shared = newQueue(), time.Hour, true
				if i > 0 {
					cfg.Journal = offices[0].journal
				}
				c.swept = func(context.Context, string) error {
					mu.Lock()
					defer mu.Unlock()
					swept[i]++
					return nil
				}
			})
		}
		for _, o := range offices {
			o.start()
			time.Sleep(time.Second)
		}
		time.Sleep(time.Hour)
		for _, o := range offices {
			o.stop()
			if age := time.Since(o.engine.Status().Sweeps[0].Complete); age > 3*time.Minute {
				t.Errorf("a process thinks that the last sweep was %v ago", age)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if sum := swept[0] + swept[1] + swept[2]; sum < 50 || sum > 90 {
			t.Errorf("three processes made %d sweeps in an hour, %v", sum, swept)
		}
	})
}

func TestOldDetailIsPruned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, func(_ *clerk, cfg *engine.Config) {
			cfg.Queue, cfg.Poll, cfg.KeepDetail = newQueue(), time.Hour, 24*time.Hour
		})
		settled := func(key string, age time.Duration) handover.Record {
			return handover.Record{Key: key, State: handover.Done, FormSHA256: "f0", UpdatedAt: time.Now().Add(-age)}
		}
		if _, _, err := o.journal.Begin(t.Context(), settled("old", 25*time.Hour), settled("young", 22*time.Hour)); err != nil {
			t.Fatal(err)
		}
		hash := func(key string) string {
			r, err := o.journal.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			return r.FormSHA256
		}
		o.start()
		time.Sleep(time.Second)
		if hash("old") != "" || hash("young") == "" {
			t.Errorf("after the start the hashes are %q and %q", hash("old"), hash("young"))
		}
		time.Sleep(4 * time.Hour)
		if hash("young") != "" {
			t.Error("what has grown old is not cleared")
		}
	})
}
