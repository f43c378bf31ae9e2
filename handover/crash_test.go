package handover_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/handover"
)

var errCrash = errors.New("the process is dead")

// mortal is a journal whose process dies at the n-th write, before or after the
// write is durable. A dead process writes no more, gives up no lease, and sends
// nothing, since its context has ended.
type mortal struct {
	handover.Journal
	after bool

	mu   sync.Mutex
	left int // writes until death; 0: never
	dead bool
	kill context.CancelFunc
}

// write does one write, or dies.
func (m *mortal) write(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errCrash
	}
	if m.left--; m.left != 0 {
		return do()
	}
	m.dead = true
	m.kill()
	if m.after {
		_ = do()
	}
	return errCrash
}

func (m *mortal) died() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

func (m *mortal) Begin(ctx context.Context, records ...handover.Record) (stored []handover.Record, fresh int, err error) {
	err = m.write(func() error { stored, fresh, err = m.Journal.Begin(ctx, records...); return err })
	return stored, fresh, err
}

func (m *mortal) Update(ctx context.Context, l handover.Lease, r handover.Record) (stored handover.Record, err error) {
	err = m.write(func() error { stored, err = m.Journal.Update(ctx, l, r); return err })
	return stored, err
}

func (m *mortal) SetWatermark(ctx context.Context, name string, at time.Time) error {
	return m.write(func() error { return m.Journal.SetWatermark(ctx, name, at) })
}

func (m *mortal) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (handover.Lease, handover.Record, error) {
	if m.died() {
		return handover.Lease{}, handover.Record{}, errCrash
	}
	return m.Journal.Acquire(ctx, key, owner, ttl)
}

func (m *mortal) Extend(ctx context.Context, l handover.Lease, ttl time.Duration) error {
	if m.died() {
		return errCrash
	}
	return m.Journal.Extend(ctx, l, ttl)
}

func (m *mortal) Release(ctx context.Context, l handover.Lease) error {
	if m.died() {
		return errCrash
	}
	return m.Journal.Release(ctx, l)
}

// live starts a process and does something in it that it may die of.
func (w *world) live(m *mortal, do func(context.Context)) (died bool) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	m.kill = cancel
	w.restart(m)
	do(ctx)
	return m.died()
}

// TestCrashAtEveryTransition lets the process die at each write of the journal,
// before and after it is durable, with several things going wrong besides.
func TestCrashAtEveryTransition(t *testing.T) {
	t.Parallel()
	scenarios := []struct {
		name   string
		faults map[string][]fault
	}{
		{"nothing else", nil},
		{"answer lost", map[string][]fault{"create": {{lost: true}}}},
		{"late instance", map[string][]fault{"create": {{after: 7 * time.Minute}}}},
		{"half an instance", map[string][]fault{"create": {{status: 500, half: 2}}, "add": {{lost: true}, {half: 1}}}},
		{"register out of order", map[string][]fault{"create": {{status: 404, undone: true}}}},
	}
	for _, scenario := range scenarios {
		for _, mayDelete := range []bool{true, false} {
			for _, after := range []bool{false, true} {
				for n, died := 1, true; died; n++ {
					if n > 40 {
						t.Fatal("a handover takes more than 40 writes")
					}
					t.Run(fmt.Sprintf("%s/delete %t/after %t/write %d", scenario.name, mayDelete, after, n), func(t *testing.T) {
						bubble(t, func(w *world) { died = crash(w, scenario.faults, mayDelete, n, after) })
					})
				}
			}
		}
	}
}

// crash runs one handover with a death at the n-th write, and checks that the
// processes after it bring it to its end.
func crash(w *world, faults map[string][]fault, mayDelete bool, n int, after bool) bool {
	w.platform.mayDelete = mayDelete
	for operation, list := range faults {
		w.platform.fail(operation, list...)
	}
	source := w.platform.submit(form, everything()...)
	died := w.live(&mortal{Journal: w.journal, left: n, after: after}, func(ctx context.Context) {
		for ctx.Err() == nil {
			if _, err := w.process.Sweep(ctx); err == nil {
				if due, _ := w.journal.List(w.Context(), handover.Filter{Due: time.Now().Add(time.Hour)}); len(due) == 0 {
					return
				}
			}
			time.Sleep(unclearWait)
		}
	})
	w.restart(w.journal)
	w.quiesce()
	r := w.holds(handover.Key("til-mottak", source, recipient))
	late := len(faults["create"]) > 0 && faults["create"][0].after > 0
	if len(r.Duplicates) > 0 && !late {
		w.Errorf("there are duplicates though nothing was late: %v", r.Duplicates)
	}
	return died
}

// TestFrozenProcess wakes after its lease has been taken over, and must neither
// send what it was about to send nor overwrite what its successor wrote.
func TestFrozenProcess(t *testing.T) {
	for _, at := range []handover.State{handover.Creating, handover.Filling} {
		t.Run(string(at), func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				w.platform.fail("create", fault{half: 2})
				successor := w.process
				w.restart(&freezing{Journal: w.journal, at: at, sleep: func() {
					w.process = successor
					time.Sleep(2 * time.Minute)
					w.settle(r.Key)
				}})
				if _, err := w.process.Run(w.Context(), r.Key); !errors.Is(err, handover.ErrLost) {
					w.Errorf("the frozen process got %v, want ErrLost", err)
				}
				w.quiesce()
				w.holds(r.Key)
				w.only(r.Key)
				if w.platform.calls["create"] != 1 {
					w.Errorf("%d creates, want 1", w.platform.calls["create"])
				}
			})
		})
	}
}

// freezing is the journal of a process that is frozen right after it wrote a
// state. While it is, its heartbeat does not beat.
type freezing struct {
	handover.Journal
	at     handover.State
	sleep  func()
	mu     sync.Mutex
	done   bool
	frozen bool
}

func (f *freezing) set(frozen bool) (first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first, f.done, f.frozen = !f.done, true, frozen
	return first
}

func (f *freezing) Update(ctx context.Context, l handover.Lease, r handover.Record) (handover.Record, error) {
	r, err := f.Journal.Update(ctx, l, r)
	if r.State == f.at && f.set(true) {
		f.sleep()
		f.set(false)
	}
	return r, err
}

func (f *freezing) Extend(ctx context.Context, l handover.Lease, ttl time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen {
		return errors.New("nobody runs this")
	}
	return f.Journal.Extend(ctx, l, ttl)
}

func TestHeartbeatKeepsALongTransfer(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{slow: 10 * time.Minute})
		go func() {
			if _, err := w.process.Settle(w.Context(), r.Key); err != nil {
				w.Error(err)
			}
		}()
		for range 9 {
			time.Sleep(time.Minute)
			if _, err := w.process.Run(w.Context(), r.Key); !errors.Is(err, handover.ErrHeld) {
				w.Errorf("got %v, want ErrHeld", err)
			}
		}
		time.Sleep(2 * time.Minute)
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestLeaseThatCannotBeProlonged: a process that does not reach its journal any
// more must not go on sending. Another takes over when the lease has run out, and
// waits from then on for what the server may still be doing.
func TestLeaseThatCannotBeProlonged(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		successor := w.process
		cut := &cutOff{Journal: w.journal}
		w.restart(cut)
		w.platform.fail("create", fault{until: 40 * time.Minute})
		gaveUp := make(chan time.Duration, 1)
		go func() {
			start := time.Now()
			if _, err := w.process.Run(w.Context(), r.Key); err == nil {
				w.Error("the process that was cut off noticed nothing")
			}
			gaveUp <- time.Since(start)
		}()
		synctest.Wait()
		cut.off.Store(true)
		time.Sleep(2 * time.Minute)
		w.process = successor
		w.settle(r.Key)
		if took := <-gaveUp; took > time.Minute {
			w.Errorf("it sent for %v, and its lease lasted a minute", took)
		}
		w.platform.late.Wait()
		w.quiesce()
		w.holds(r.Key)
		w.only(r.Key)
		if n := len(w.platform.stamped(r.Key)); n != 1 {
			w.Errorf("%d instances came into being, want 1", n)
		}
	})
}

// cutOff is a journal that cannot be reached while off is set.
type cutOff struct {
	handover.Journal
	off atomic.Bool
}

var errCutOff = errors.New("the journal cannot be reached")

func (c *cutOff) Extend(ctx context.Context, l handover.Lease, ttl time.Duration) error {
	if c.off.Load() {
		return errCutOff
	}
	return c.Journal.Extend(ctx, l, ttl)
}

func (c *cutOff) Update(ctx context.Context, l handover.Lease, r handover.Record) (handover.Record, error) {
	if c.off.Load() {
		return r, errCutOff
	}
	return c.Journal.Update(ctx, l, r)
}

func (c *cutOff) Release(ctx context.Context, l handover.Lease) error {
	if c.off.Load() {
		return errCutOff
	}
	return c.Journal.Release(ctx, l)
}
