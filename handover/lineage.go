package handover

import (
	"context"
	"fmt"

	"github.com/stafett/stafett/altinn"
)

// FirstStartError reports that the first start of a definition would take more
// forms that were sent in before it than somebody has agreed to.
type FirstStartError struct {
	DefinitionID string
	Forms        int // at most what [Service.Waiting] counts to
}

// Error implements error.
func (e *FirstStartError) Error() string {
	return fmt.Sprintf("the first start of handover %s takes %d forms that have been sent in before", e.DefinitionID, e.Forms)
}

// maxWaiting is what Waiting counts to.
const maxWaiting = 10_000

// Waiting counts the completed forms that a definition's first start would take,
// up to 10,000.
func (s *Service) Waiting(ctx context.Context, definitionID string) (int, error) {
	d, ok := s.definitions[definitionID]
	if !ok {
		return 0, fmt.Errorf("count forms of %q: %w", definitionID, ErrUnknownDefinition)
	}
	complete, n := true, 0
	q := altinn.Query{AppID: d.from, ProcessIsComplete: &complete, Ascending: true, OmitDataElements: true}
	for _, err := range s.cfg.Lister.Instances(ctx, q) {
		if err != nil {
			return n, fmt.Errorf("count forms of %s: %w", definitionID, err)
		}
		if n++; n == maxWaiting {
			break
		}
	}
	return n, nil
}

// CheckLineage compares the definitions with what the journal knows of those
// that were served before.
func (s *Service) CheckLineage(ctx context.Context) error {
	_, err := s.cfg.Journal.Lineages(ctx)
	return err
}

// AcceptFirst notes that somebody has agreed to a definition's first start.
func (s *Service) AcceptFirst(ctx context.Context, definitionID string) error {
	d, ok := s.definitions[definitionID]
	if !ok {
		return fmt.Errorf("accept the first start of %q: %w", definitionID, ErrUnknownDefinition)
	}
	return s.cfg.Journal.SaveLineage(ctx, Lineage{DefinitionID: d.id, From: d.from, To: d.to, FirstServed: s.cfg.Now(), Confirmed: true})
}
