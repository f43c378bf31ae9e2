package handover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Reconcile implements [Operations].
func (s *Service) Reconcile(ctx context.Context, definitionID string) (Reconciliation, error) {
	d, ok := s.definitions[definitionID]
	if !ok {
		return Reconciliation{}, fmt.Errorf("reconcile %q: %w", definitionID, ErrUnknownDefinition)
	}
	var swept SweepResult
	err := s.takeSources(ctx, d, d.since, newSeenSources(), &swept, func(time.Time) error { return nil })
	result := Reconciliation{
		Sources: swept.Seen, Known: swept.Known, Begun: swept.Begun, Skipped: swept.NotWanted, Failed: swept.Dead,
	}
	if err == nil {
		err = s.reconcileStamped(ctx, d, &result)
	}
	if err != nil {
		return result, fmt.Errorf("reconcile %s: %w", definitionID, err)
	}
	return result, nil
}

// reconcileStamped goes through the receiving instances that carry a stamp. What
// a journal that began anew does not record yet, the handovers' own searches find.
func (s *Service) reconcileStamped(ctx context.Context, d *Definition, result *Reconciliation) error {
	stamped, err := s.cfg.Finder.Stamped(ctx, d.target(), d.since)
	if err != nil {
		return err
	}
	var errs []error
	for key, found := range byKey(stamped) {
		if found[0].Test != d.test {
			continue
		}
		result.Stamped += len(found)
		_, err := s.cfg.Journal.Get(ctx, key)
		if errors.Is(err, ErrNoRecord) {
			for _, c := range found {
				result.Orphans = append(result.Orphans, c.ID)
			}
			continue
		}
		var swept SweepResult
		if err == nil {
			_, err = s.countDuplicates(ctx, d, key, found, &swept)
		}
		result.Duplicates += swept.Duplicates
		errs = append(errs, err)
	}
	slices.Sort(result.Orphans)
	return errors.Join(errs...)
}

// byKey sorts candidates by their stamps.
func byKey(stamped []Candidate) map[string][]Candidate {
	keys := map[string][]Candidate{}
	for _, c := range stamped {
		keys[c.Key] = append(keys[c.Key], c)
	}
	return keys
}
