package serve

import (
	"context"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
)

// notifying are operations that wake the engine when they have made work for it, and
// tell what it is at.
type notifying struct {
	handover.Operations
	notify func()
	status func() engine.Status
}

// Begin implements [handover.Operations].
func (n notifying) Begin(ctx context.Context, definitionID, source string, t handover.Trigger) ([]handover.Record, error) {
	records, err := n.Operations.Begin(ctx, definitionID, source, t)
	if len(records) > 0 {
		n.notify()
	}
	return records, err
}

// Retry implements [handover.Operations].
func (n notifying) Retry(ctx context.Context, key string) (handover.Record, error) {
	defer n.notify()
	return n.Operations.Retry(ctx, key)
}

// Reconcile implements [handover.Operations].
func (n notifying) Reconcile(ctx context.Context, definitionID string) (handover.Reconciliation, error) {
	defer n.notify()
	return n.Operations.Reconcile(ctx, definitionID)
}

// Pause implements [handover.Operations].
func (n notifying) Pause(ctx context.Context, definitionID string, paused bool) error {
	defer n.notify()
	return n.Operations.Pause(ctx, definitionID, paused)
}

// Summary implements [handover.Operations].
func (n notifying) Summary(ctx context.Context) (handover.Status, error) {
	summary, err := n.Operations.Summary(ctx)
	for _, sweep := range n.status().Sweeps {
		if sweep.Failures > 0 {
			summary.Failing = append(summary.Failing, handover.FailingSweep{DefinitionID: sweep.DefinitionID, Times: sweep.Failures, Cause: sweep.Cause})
		}
	}
	return summary, err
}
