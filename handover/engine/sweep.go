package engine

import (
	"context"
	"errors"
	"time"

	"github.com/stafett/stafett/handover"
)

// sweep sweeps a definition until the context ends.
func (e *Engine) sweep(ctx context.Context, definitionID string) {
	for {
		if e.turn(ctx, definitionID) {
			e.sweepOnce(ctx, definitionID)
		}
		if !pause(ctx, e.jittered(e.cfg.SweepEvery)) {
			return
		}
	}
}

// sweepMark is the watermark that tells when the last complete sweep of a
// definition began. No definition's id holds a space.
func sweepMark(definitionID string) string { return definitionID + " swept" }

// turn reports whether it is this process's turn to sweep. Processes that share
// a journal leave a sweep out when another has just made one. It may happen that
// two sweep at the same time, which is harmless.
func (e *Engine) turn(ctx context.Context, definitionID string) bool {
	if !e.cfg.Shared {
		return true
	}
	last, err := e.cfg.Journal.Watermark(ctx, sweepMark(definitionID))
	if err != nil || e.cfg.Now().Sub(last) >= e.cfg.SweepEvery*3/4 {
		return true
	}
	e.note(definitionID, func(s *SweepStatus) {
		if last.After(s.Complete) {
			s.Complete, s.Failures, s.Cause = last, 0, ""
		}
	})
	return false
}

func (e *Engine) sweepOnce(ctx context.Context, definitionID string) {
	began := e.cfg.Now()
	err := e.guarded("definition", definitionID, func() error {
		_, err := e.cfg.Service.SweepSources(ctx, definitionID)
		return err
	})
	e.Notify()
	complete := err == nil
	if complete && e.cfg.Shared {
		err = e.cfg.Journal.SetWatermark(ctx, sweepMark(definitionID), began)
	}
	if ctx.Err() == nil {
		err = errors.Join(err, e.guarded("definition", definitionID, func() error {
			_, err := e.cfg.Service.SweepDuplicates(ctx, definitionID)
			return err
		}))
	}
	if ctx.Err() != nil {
		return
	}
	e.note(definitionID, func(s *SweepStatus) {
		if complete {
			s.Complete = began
		}
		if err == nil {
			s.Failures, s.Cause = 0, ""
			return
		}
		s.Failures, s.Cause = s.Failures+1, handover.Reason(err)
		e.log.Error("a sweep was not complete", "definition", definitionID, "times", s.Failures, "reason", s.Cause)
	})
}

func (e *Engine) note(definitionID string, change func(*SweepStatus)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sweeps[definitionID]
	change(&s)
	e.sweeps[definitionID] = s
}

const (
	pruneEvery = time.Hour
	pruneBatch = 1000 // so that nobody waits long for the journal
)

// prune clears old detail from the journal, once an hour.
func (e *Engine) prune(ctx context.Context) {
	for {
		for cleared := pruneBatch; cleared == pruneBatch; {
			var err error
			if cleared, err = e.cfg.Journal.Prune(ctx, e.cfg.Now().Add(-e.cfg.KeepDetail), pruneBatch); err != nil && ctx.Err() == nil {
				e.log.Error("cannot clear old detail from the journal", "reason", handover.Reason(err))
			}
		}
		if !pause(ctx, e.jittered(pruneEvery)) {
			return
		}
	}
}
