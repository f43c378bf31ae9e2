package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/handover"
)

// ahead is how many handovers to an application wait in the queue at most, for
// each that is worked at a time. A queue that is deeper wins nothing, and what is
// in it when its definition is paused waits a little longer after the pause.
const ahead = 4

// lane is the work for one receiving application.
type lane struct {
	application string
	definitions []string // whose handovers are to it, by all ids that they have had
	breaker     *breaker
	running     atomic.Int64
	waiting     atomic.Int64 // in the queue, at the last count
	// more tells that the journal has more that is due than the last pick took.
	more atomic.Bool
}

// dispatch has due handovers queued until the context ends.
func (e *Engine) dispatch(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-timer.C:
		}
		err := e.fill(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			e.log.Error("cannot look for due handovers; trying again", "reason", handover.Reason(err))
		case err == nil && failing:
			e.log.Info("looking for due handovers again")
		}
		if failing = err != nil; failing && !pause(ctx, time.Second) {
			return
		}
		timer.Reset(e.cfg.Poll)
	}
}

// fill tops up the queue from the journal.
func (e *Engine) fill(ctx context.Context) error {
	applications := make([]string, len(e.lanes))
	for i, l := range e.lanes {
		applications[i] = l.application
	}
	waiting, err := e.cfg.Queue.Waiting(ctx, applications)
	if err != nil {
		return err
	}
	for _, l := range e.lanes {
		l.waiting.Store(int64(waiting[l.application]))
		if err := e.top(ctx, l); err != nil {
			return fmt.Errorf("have handovers to %s worked: %w", l.application, err)
		}
	}
	return nil
}

// top tops up one lane. It waits until half of it is empty, so that jobs come in
// batches.
func (e *Engine) top(ctx context.Context, l *lane) error {
	full := ahead * e.cfg.PerApplication
	waiting := int(l.waiting.Load())
	limit := full - waiting
	if most := l.breaker.wanted(); most >= 0 {
		limit = min(limit, most-waiting)
	}
	if limit <= 0 || waiting > full/2 {
		return nil
	}
	keys, err := e.cfg.Journal.Wake(ctx, handover.WakeQuery{Limit: limit, Again: e.cfg.PickedFor, Definitions: l.definitions})
	if err != nil {
		return err
	}
	l.more.Store(len(keys) == limit)
	if len(keys) == 0 {
		return nil
	}
	l.waiting.Add(int64(len(keys)))
	return e.cfg.Queue.Enqueue(ctx, l.application, keys)
}
