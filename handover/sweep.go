package handover

import (
	"context"
	"errors"
	"fmt"
)

// SweepResult counts what one sweep did.
type SweepResult struct {
	Seen       int // completed source instances in the part of the list that was read
	Known      int // of those, how many had a record
	Begun      int // handovers that are new
	NotWanted  int // sources that are new and do not meet their definition's condition
	Dead       int // sources that are new and can never be carried; each is a failed record
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
	r.Known += other.Known
	r.Begun += other.Begun
	r.NotWanted += other.NotWanted
	r.Dead += other.Dead
	r.Settled += other.Settled
	r.Waiting += other.Waiting
	r.Duplicates += other.Duplicates
}

// SweepSources finds the completed instances of a definition's original
// application that ended since [Definition.Since] and have changed since the last
// such sweep, with an overlap, and begins their handovers.
//
// What fails for one instance does not stop the others; the error joins the first
// failures. One that cannot be read just now holds the watermark back, so that
// the next sweep meets it again. The watermark never passes what is not stored.
func (s *Service) SweepSources(ctx context.Context, definitionID string) (SweepResult, error) {
	return s.sweepOne("sweep", definitionID, func(d *Definition, result *SweepResult) error {
		err := s.sweepSources(ctx, d, result)
		s.cfg.Observer.Swept(ctx, d.id, *result, err)
		return err
	})
}

// SweepDuplicates looks for receiving instances of a definition that came to
// light after their handover's last search, and deals with them.
func (s *Service) SweepDuplicates(ctx context.Context, definitionID string) (SweepResult, error) {
	return s.sweepOne("sweep for duplicates", definitionID, func(d *Definition, result *SweepResult) error {
		return s.sweepDuplicates(ctx, d, result)
	})
}

func (s *Service) sweepOne(what, definitionID string, sweep func(*Definition, *SweepResult) error) (SweepResult, error) {
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
