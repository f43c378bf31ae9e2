package engine

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/stafett/stafett/handover"
)

// work works a job: it takes a handover as far as it goes for now.
func (e *Engine) work(ctx context.Context, application, key string) {
	l := e.lane(application)
	if left := l.waiting.Add(-1); left == int64(ahead*e.cfg.PerApplication/2) && l.more.Load() {
		e.Notify()
	}
	leave, ok := l.breaker.enter()
	if !ok {
		return // it is picked again when its mark has expired
	}
	defer leave()
	select {
	case <-ctx.Done():
		return
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	}
	if e.isPaused(ctx, key) {
		return // it stays due, and is picked when its mark has expired and the pause is over
	}
	l.running.Add(1)
	defer l.running.Add(-1)

	r, err := e.run(ctx, key)
	switch {
	case err == nil:
		if !r.State.Settled() && !r.NotBefore.After(e.cfg.Now()) {
			e.Notify() // its time was up, and there is more to do
		}
	case ctx.Err() != nil, ours(err):
	default:
		if _, err := e.cfg.Service.Postpone(ctx, key, err); err != nil && ctx.Err() == nil && !ours(err) {
			e.log.Warn("a handover could not be put off; it is tried again soon", "key", key, "reason", handover.Reason(err))
		}
	}
}

// pauseKnown is how long it is taken for granted that nothing is paused.
const pauseKnown = time.Second

// isPaused reports whether a handover's definition has been paused since it was
// picked. What the journal cannot tell is left alone: a pause is somebody's wish.
func (e *Engine) isPaused(ctx context.Context, key string) bool {
	now := e.cfg.Now()
	e.mu.Lock()
	known := now.Sub(e.unpaused) < pauseKnown
	e.mu.Unlock()
	if known {
		return false
	}
	paused, err := e.cfg.Journal.Paused(ctx)
	if err != nil {
		return true
	}
	if len(paused) == 0 {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.unpaused = now
		return false
	}
	r, err := e.cfg.Journal.Get(ctx, key)
	return err != nil || slices.Contains(paused, r.DefinitionID)
}

// ours reports whether an error only tells that another process is at work.
func ours(err error) bool {
	return errors.Is(err, handover.ErrHeld) || errors.Is(err, handover.ErrLost) || errors.Is(err, handover.ErrNoRecord)
}

// run runs a handover. A panic that one form brings about must not stop the
// others, nor be met again at once.
func (e *Engine) run(ctx context.Context, key string) (r handover.Record, err error) {
	err = e.guarded("key", key, func() (err error) {
		r, err = e.cfg.Service.Run(ctx, key)
		return err
	})
	return r, err
}

// guarded makes an error of a panic. name and value say for the log what was worked
// on.
func (e *Engine) guarded(name, value string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("work met a fault in this program", name, value, "panic", handover.PanicReason(p), "stack", string(debug.Stack()))
			err = errors.New("a fault in the program; its log has the details")
		}
	}()
	return do()
}

// lane finds the lane of an application. Jobs come from lanes only.
func (e *Engine) lane(application string) *lane {
	for _, l := range e.lanes {
		if l.application == application {
			return l
		}
	}
	panic("engine: a job from a lane that is not worked: " + application)
}
