package handover

import (
	"context"
	"fmt"
	"net/http"

	"github.com/stafett/stafett/altinn"
)

// confirm confirms the source as received when this is the last of its handovers
// to come so far. Each has written down that its receiving instance is complete
// before it looks at the others, so the last one sees them all. To confirm twice
// does no harm.
func (w *work) confirm(ctx context.Context, r Record) (observation, error) {
	records, err := w.known(ctx, w.definition, r.Source)
	if err != nil {
		return nil, err
	}
	for _, other := range records {
		if other.Key != r.Key && !other.State.delivered() {
			return confirmed{}, nil
		}
	}
	err = w.cfg.Source.Confirm(ctx, w.definition.from, r.Source)
	switch {
	case altinn.IsStatus(err, http.StatusNotFound):
		return confirmed{}, nil // it is gone
	case altinn.IsStatus(err, http.StatusForbidden):
		return nil, fmt.Errorf("the policy of %s does not let the organisation confirm: it lacks the action complete: %w", w.definition.from, err)
	case err != nil:
		return nil, err
	}
	return confirmed{byThis: true}, nil
}

// delivered reports whether nothing more is to come into being by the handover.
func (s State) delivered() bool {
	return s == Verified || s == Done || s == Skipped || s == Cancelled
}
