package handover

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The waits after steps that could not be taken: the first, doubled by each
// more, up to the longest.
const (
	firstDelay   = time.Second
	longestDelay = 5 * time.Minute
)

// Postpone puts a handover's next step off after [Service.Run] has given an
// error: the longer, the more often that has happened in a row, with jitter, and
// never before a Retry-After in the error. The record tells the cause. It never
// gives up. A handover that is settled or waits already is left as it is; the
// error is [ErrHeld] while another works on it.
func (s *Service) Postpone(ctx context.Context, key string, cause error) (Record, error) {
	return s.edit(ctx, "postpone", key, func(r Record) (Record, error) {
		return s.limitsOf(r).postponed(r, cause, rand.N[time.Duration], s.cfg.Now()), nil
	})
}

// postponed is the record after a step that could not be taken. The random
// function returns a duration below its argument.
func (l limits) postponed(r Record, cause error, random func(time.Duration) time.Duration, now time.Time) Record {
	r, _ = l.next(r, resumed{}, now)
	if r.State.Settled() || now.Before(r.NotBefore) {
		return r
	}
	r.Delays++
	delay := min(firstDelay<<min(r.Delays-1, 20), longestDelay)
	delay = delay/2 + random(delay/2)
	for _, refusal := range refusals(cause) {
		delay = max(delay, refusal.RetryAfter)
	}
	r.NotBefore, r.Setback = now.Add(delay), setbackOf(cause)
	// Run names the handover, which is plain here.
	r.Setback.Cause = strings.TrimPrefix(r.Setback.Cause, "run handover "+r.Key+": ")
	return r
}

// edit changes a record under a lease, without any action.
func (s *Service) edit(ctx context.Context, what, key string, change func(Record) (Record, error)) (Record, error) {
	lease, r, err := s.cfg.Journal.Acquire(ctx, key, s.cfg.Owner, s.cfg.LeaseTime)
	if err != nil {
		return Record{}, fmt.Errorf("%s handover %s: %w", what, key, err)
	}
	defer s.release(ctx, lease)
	changed, err := change(r)
	if err == nil {
		r, err = s.update(ctx, lease, r, changed)
	}
	if err != nil {
		return r, fmt.Errorf("%s handover %s: %w", what, key, err)
	}
	return r, nil
}
