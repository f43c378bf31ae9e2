package handover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/altinn"
)

// SweepResult counts what one sweep did.
type SweepResult struct {
	Seen       int // completed source instances in the part of the list that was read
	Begun      int // handovers that were new
	NotWanted  int // sources that do not meet their definition's condition
	Settled    int // handovers that came to Done or Failed
	Waiting    int // handovers that have to wait
	Duplicates int // duplicates that came to light after their handover's last search
}

// Sweep goes through all definitions once: it finds the completed instances of
// the original application that have changed since the last sweep (with an
// overlap), begins their handovers, runs every handover that is due, and deals
// with duplicates that have come to light.
//
// What fails for one instance does not stop the others; the error joins all
// failures. A source that can never be carried, such as one without a required
// file, becomes a failed record, so that somebody sees it. One that cannot be
// read just now holds the watermark back, so that the next sweep meets it again.
func (s *Service) Sweep(ctx context.Context) (SweepResult, error) {
	var (
		result SweepResult
		errs   []error
	)
	for _, d := range s.cfg.Definitions {
		swept, err := s.SweepSources(ctx, d.id)
		result.add(swept)
		errs = append(errs, err)
	}
	if err := s.sweepDue(ctx, &result); err != nil {
		errs = append(errs, fmt.Errorf("sweep: %w", err))
	}
	for _, d := range s.cfg.Definitions {
		swept, err := s.SweepDuplicates(ctx, d.id)
		result.add(swept)
		errs = append(errs, err)
	}
	return result, errors.Join(errs...)
}

func (r *SweepResult) add(other SweepResult) {
	r.Seen += other.Seen
	r.Begun += other.Begun
	r.NotWanted += other.NotWanted
	r.Settled += other.Settled
	r.Waiting += other.Waiting
	r.Duplicates += other.Duplicates
}

// SweepSources finds the completed instances of a definition's original
// application that have changed since the last such sweep, with an overlap, and
// begins their handovers.
//
// What fails for one instance does not stop the others; the error joins all
// failures. One that cannot be read just now holds the watermark back, so that
// the next sweep meets it again.
func (s *Service) SweepSources(ctx context.Context, definitionID string) (SweepResult, error) {
	return s.sweepOne(ctx, "sweep", definitionID, func(d *Definition, result *SweepResult) error {
		err := s.sweepSources(ctx, d, result)
		s.cfg.Observer.Swept(ctx, d.id, *result, err)
		return err
	})
}

// SweepDuplicates looks for receiving instances of a definition that came to
// light after their handover's last search, and deals with them.
func (s *Service) SweepDuplicates(ctx context.Context, definitionID string) (SweepResult, error) {
	return s.sweepOne(ctx, "sweep for duplicates", definitionID, func(d *Definition, result *SweepResult) error {
		return s.sweepDuplicates(ctx, d, result)
	})
}

func (s *Service) sweepOne(ctx context.Context, what, definitionID string, sweep func(*Definition, *SweepResult) error) (SweepResult, error) {
	var result SweepResult
	d, ok := s.definitions[definitionID]
	if !ok {
		return result, fmt.Errorf("%s %q: %w", what, definitionID, ErrUnknownDefinition)
	}
	if s.cfg.Lister == nil {
		return result, fmt.Errorf("%s %s: a lister is needed", what, definitionID)
	}
	if err := sweep(d, &result); err != nil {
		return result, fmt.Errorf("%s %s: %w", what, definitionID, err)
	}
	return result, nil
}

// Watch sweeps, waits, and sweeps again until the context ends, whose cause it
// returns. Failures of a sweep are logged.
func (s *Service) Watch(ctx context.Context, interval time.Duration) error {
	for {
		result, err := s.Sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			s.log.Error("a sweep was not complete", "reason", reason(err))
		case result.Begun+result.Settled > 0:
			s.log.Info("swept", "seen", result.Seen, "begun", result.Begun, "settled", result.Settled, "waiting", result.Waiting)
		}
		if err := sleep(ctx, interval); err != nil {
			return err
		}
	}
}

func (s *Service) sweepSources(ctx context.Context, d *Definition, result *SweepResult) error {
	mark, err := s.cfg.Journal.Watermark(ctx, d.id)
	if err != nil {
		return err
	}
	complete := true
	q := altinn.Query{AppID: d.from, ProcessIsComplete: &complete, Ascending: true, OmitDataElements: true}
	if !mark.IsZero() {
		q.LastChanged.From = mark.Add(-s.cfg.Overlap)
	}
	var errs []error
	newest := mark
	for source, err := range s.cfg.Lister.Instances(ctx, q) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		result.Seen++
		if source.Status.IsHardDeleted {
			continue
		}
		if err := s.meet(ctx, d, source, result); err != nil {
			errs = append(errs, err)
		} else if len(errs) == 0 && source.LastChanged.After(newest) {
			newest = source.LastChanged
		}
	}
	if newest.After(mark) {
		errs = append(errs, s.cfg.Journal.SetWatermark(ctx, d.id, newest))
	}
	return errors.Join(errs...)
}

// meet makes sure that a completed source has a record if it is to have one.
func (s *Service) meet(ctx context.Context, d *Definition, source altinn.Instance, result *SweepResult) error {
	known, err := s.known(ctx, d, source.ID)
	if err != nil || len(known) > 0 {
		return err
	}
	records, fresh, err := s.begin(ctx, d, source.ID, BySweep)
	if err != nil || fresh == 0 {
		return err
	}
	if records[0].State == Skipped {
		result.NotWanted++
	} else {
		result.Begun += fresh
	}
	return nil
}

// sweepDue runs what is due. Every record is taken once.
func (s *Service) sweepDue(ctx context.Context, result *SweepResult) error {
	due, err := s.cfg.Journal.List(ctx, Filter{Due: s.cfg.Now()})
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range due {
		if ctx.Err() != nil {
			return errors.Join(append(errs, context.Cause(ctx))...)
		}
		after, err := s.Run(ctx, r.Key)
		switch {
		case errors.Is(err, ErrHeld):
		case err != nil:
			errs = append(errs, err)
		case after.State.Settled():
			result.Settled++
		default:
			result.Waiting++
		}
	}
	return errors.Join(errs...)
}

// sweepDuplicates looks for duplicates of recorded instances, which a request
// can make that the server finished after all waiting. Only the duplicate is
// sure to be among what has changed lately, and the journal alone still knows
// the recorded one. Its watermark is one of its own: it goes by the receiving
// instances that have been looked at, whatever sources came meanwhile.
func (s *Service) sweepDuplicates(ctx context.Context, d *Definition, result *SweepResult) error {
	name := d.id + "/duplicates" // no id has a slash
	mark, err := s.cfg.Journal.Watermark(ctx, name)
	if err != nil {
		return err
	}
	since := mark.Add(-s.cfg.Overlap)
	if mark.IsZero() {
		records, err := s.cfg.Journal.List(ctx, Filter{DefinitionID: d.id})
		if err != nil || len(records) == 0 {
			return err
		}
		since = slices.MinFunc(records, func(a, b Record) int { return a.Reach.Compare(b.Reach) }).Reach
	}
	stamped, err := s.cfg.Finder.Stamped(ctx, d.target(), since)
	if err != nil {
		return err
	}
	sameKey := map[string][]Candidate{} // the journal is asked once for each
	for _, c := range stamped {
		sameKey[c.Key] = append(sameKey[c.Key], c)
	}
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
	case r.Receiving == "":
		return true, nil // its own search comes before it can be done, and finds them
	case !r.hasNew(found):
		return true, nil
	}
	after, err := s.act(ctx, key, searched{found})
	if errors.Is(err, ErrHeld) {
		return false, nil
	}
	result.Duplicates += max(0, len(after.Duplicates)-len(r.Duplicates))
	return err == nil, err
}

// hasNew reports whether an instance is among found that the record does not know.
func (r Record) hasNew(found []Candidate) bool {
	r = r.clone()
	known := len(r.Duplicates)
	r.others(found)
	return len(r.Duplicates) > known
}
