package handover

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// sweepDuplicates looks for duplicates of recorded instances, which a request
// can make that the server finished after all waiting. Only the duplicate is
// sure to be among what has changed lately, and the journal alone still knows
// the recorded one. Its watermark is one of its own: it goes by the receiving
// instances that have been looked at, whatever sources came meanwhile.
func (s *Service) sweepDuplicates(ctx context.Context, d *Definition, result *SweepResult) error {
	name := d.keyID() + "/duplicates" // outlives a change of id, as keys do
	mark, err := s.cfg.Journal.Watermark(ctx, name)
	if err != nil {
		return err
	}
	since := mark.Add(-s.cfg.Overlap)
	if mark.IsZero() {
		if since, err = s.firstReach(ctx, d); err != nil || since.IsZero() {
			return err
		}
	}
	stamped, err := s.cfg.Finder.Stamped(ctx, d.target(), since)
	if err != nil {
		return err
	}
	sameKey := byKey(stamped) // the journal is asked once for each
	var errs []error
	newest, passed := mark, true
	for _, c := range stamped {
		if found := sameKey[c.Key]; found != nil {
			delete(sameKey, c.Key)
			seen, err := s.countDuplicates(ctx, d, c.Key, found, result)
			if err != nil {
				errs = append(errs, err)
			}
			passed = passed && seen
		}
		if passed && c.Changed.After(newest) {
			newest = c.Changed
		}
	}
	if newest.After(mark) {
		errs = append(errs, s.cfg.Journal.SetWatermark(ctx, name, newest))
	}
	return errors.Join(errs...)
}

// firstReach is a time before which this journal has not asked for anything to be
// created: the form of a definition's oldest record had ended by then. It is zero
// if there is no record.
func (s *Service) firstReach(ctx context.Context, d *Definition) (time.Time, error) {
	var first time.Time
	for _, id := range d.ids() {
		oldest, err := s.cfg.Journal.List(ctx, Filter{DefinitionID: id, Limit: 1})
		if err != nil {
			return first, err
		}
		if len(oldest) > 0 && (first.IsZero() || oldest[0].Reach.Before(first)) {
			first = oldest[0].Reach
		}
	}
	return first, nil
}

// countDuplicates compares instances that carry a key with the key's record, and
// deals with those that the record does not know. It reports whether the next
// sweep may pass them over.
func (s *Service) countDuplicates(ctx context.Context, d *Definition, key string, found []Candidate, result *SweepResult) (bool, error) {
	r, err := s.cfg.Journal.Get(ctx, key)
	switch {
	case errors.Is(err, ErrNoRecord):
		return true, nil // another journal's, or one that a search will find when its handover has begun
	case err != nil:
		return false, err
	case !d.owns(r):
		return true, nil // of another definition with the same target, which has a sweep of its own
	case r.Receiving == "" && r.State != Cancelled:
		return true, nil // its own search comes before it can be done, and finds them
	case !r.hasNew(found):
		return s.inspectLate(ctx, r, found)
	}
	after, err := s.act(ctx, key, searched{found})
	if errors.Is(err, ErrHeld) {
		return false, nil
	}
	result.Duplicates += max(0, len(after.Duplicates)-len(r.Duplicates))
	if err != nil {
		return false, err
	}
	return s.inspectLate(ctx, after, found)
}

// hasNew reports whether an instance is among found that the record does not know.
func (r Record) hasNew(found []Candidate) bool {
	r = r.clone()
	known := len(r.Duplicates)
	r.others(found)
	return len(r.Duplicates) > known
}

// inspectLate has a handover inspected whose receiving instance has changed,
// once for each change, if there may be an upload whose outcome never was clear.
func (s *Service) inspectLate(ctx context.Context, r Record, found []Candidate) (bool, error) {
	i := slices.IndexFunc(found, func(c Candidate) bool { return c.ID == r.Receiving })
	switch {
	case i < 0 || r.Fills == 0 || r.Unclears == 0:
		return true, nil
	case r.State != Done:
		return r.State.Settled(), nil
	case !s.late.news(r.Key, found[i].Changed):
		return true, nil
	}
	_, err := s.act(ctx, r.Key, suspected{})
	if err != nil {
		s.late.forget(r.Key)
	}
	if errors.Is(err, ErrHeld) {
		return false, nil
	}
	return err == nil, err
}

// lateChanges remembers of handovers with which change they were inspected.
type lateChanges struct {
	mu   sync.Mutex
	last map[string]time.Time // by key
}

// news notes a change and reports whether it is a new one.
func (l *lateChanges) news(key string, changed time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.last[key]; ok && !changed.After(last) {
		return false
	}
	l.last[key] = changed
	return true
}

func (l *lateChanges) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, key)
}
