package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
)

// unclearWait is the server's worst case. Less would break what the handover
// promises, except where the server is the local platform.
const unclearWait = 5 * time.Minute

// checkUnclearWait refuses a wait in which a server may not be done.
func (s *session) checkUnclearWait(wait time.Duration) error {
	switch {
	case wait < time.Second:
		return &usageError{fmt.Errorf("--unclear-wait %s: a request takes longer than that; wait a second at least", wait)}
	case wait < unclearWait && !s.local:
		return &usageError{fmt.Errorf("--unclear-wait %s: Altinn may still be working on a request for %s; less is for --local only", wait, unclearWait)}
	}
	return nil
}

// settle carries a handover out to its end, and tells what it waits for.
func (s *session) settle(ctx context.Context, o *operator, record handover.Record) (handover.Record, error) {
	for !record.State.Settled() {
		if time.Until(record.NotBefore) > 0 {
			// Whoever sends by hand is better served by an error now than by the
			// tries to come, which are for a Register that is out of order.
			if record.Setback.UnknownParty {
				return record, &unknownRecipientError{recipient: record.Recipient, cause: record.Setback.Cause, again: record.NotBefore}
			}
			s.tellWaiting(fmt.Sprintf("%s; looking again at %s", cmp.Or(record.Setback.Cause, "an earlier outcome is not clear"), record.NotBefore.Local().Format(time.TimeOnly)))
			if err := sleepUntil(ctx, record.NotBefore); err != nil {
				return record, err
			}
		}
		var err error
		record, err = s.carry(ctx, o, record)
		if err != nil {
			return record, err
		}
	}
	return record, nil
}

const (
	// heldPatience is longer than any process keeps a handover after it has
	// stopped.
	heldPatience = 2 * time.Minute
	heldPoll     = 500 * time.Millisecond
)

// whenFree does something to a handover when no other process is at it. One that
// was killed a moment ago still seems to be.
func (s *session) whenFree(ctx context.Context, do func() (handover.Record, error)) (handover.Record, error) {
	deadline := time.Now().Add(heldPatience)
	for told := false; ; told = true {
		record, err := do()
		if !errors.Is(err, handover.ErrHeld) || time.Now().After(deadline) {
			return record, err
		}
		if !told {
			s.tellWaiting(handover.ErrHeld.Error() + ", or was killed a moment ago")
		}
		if err := sleepUntil(ctx, time.Now().Add(heldPoll)); err != nil {
			return record, err
		}
	}
}

func (s *session) tellWaiting(what string) {
	if !s.json {
		s.streams.Err.Printf("%s %s\n", s.streams.Err.Mark(term.Pending), what)
	}
}

func sleepUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// carry takes a handover further: in this process, or by waiting for what the
// running service does with it.
func (s *session) carry(ctx context.Context, o *operator, record handover.Record) (handover.Record, error) {
	if o.service != nil {
		return s.whenFree(ctx, func() (handover.Record, error) { return o.service.Run(ctx, record.Key) })
	}
	for was := record.Version; record.Version == was; {
		if err := sleepUntil(ctx, time.Now().Add(servicePoll)); err != nil {
			return record, err
		}
		found, err := o.Show(ctx, record.Key)
		if err != nil {
			return record, err
		}
		record = found[0]
	}
	return record, nil
}

// servicePoll is how often a service is asked how a handover is doing.
const servicePoll = 50 * time.Millisecond
