package handover

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/stafett/stafett/altinn"
)

// CleanTest deletes for good what a definition in test mode has made: the
// receiving instances that carry both [TestStamp] and a key of this journal. It
// touches nothing else, and returns how many it deleted.
func (s *Service) CleanTest(ctx context.Context, definitionID string) (int, error) {
	d, ok := s.definitions[definitionID]
	if !ok {
		return 0, fmt.Errorf("clean up after %q: %w", definitionID, ErrUnknownDefinition)
	}
	if !d.test {
		return 0, fmt.Errorf("clean up after %s: it is not in test mode", definitionID)
	}
	stamped, err := s.cfg.Finder.Stamped(ctx, d.target(), d.since)
	if err != nil {
		return 0, fmt.Errorf("clean up after %s: %w", definitionID, err)
	}
	deleted := 0
	var errs []error
	for _, c := range stamped {
		if !c.Test {
			continue
		}
		done, err := s.cleanOne(ctx, d, c)
		if err != nil {
			errs = append(errs, fmt.Errorf("clean up after %s: delete %s: %w", definitionID, c.ID, err))
		}
		if done {
			deleted++
		}
	}
	return deleted, errors.Join(errs...)
}

// cleanOne deletes one instance that the definition has made.
func (s *Service) cleanOne(ctx context.Context, d *Definition, c Candidate) (bool, error) {
	r, err := s.cfg.Journal.Get(ctx, c.Key)
	if errors.Is(err, ErrNoRecord) || err == nil && !d.owns(r) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.cfg.Receiver.DeleteInstance(ctx, d.to, c.ID, true)
	if altinn.IsStatus(err, http.StatusNotFound) {
		return false, nil
	}
	return err == nil, err
}
