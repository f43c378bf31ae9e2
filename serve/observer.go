package serve

import (
	"context"
	"errors"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// observer counts and traces what the handovers do.
type observer struct {
	measures *measures
	traces   *traces
	now      func() time.Time
	failed   func(handover.Record)
}

var _ handover.Observer = observer{}

// Begun implements [handover.Observer].
func (o observer) Begun(ctx context.Context, r handover.Record) {
	o.traces.begun(ctx, r)
	o.tellFailed(handover.Record{}, r)
}

// Changed implements [handover.Observer].
func (o observer) Changed(_ context.Context, before, after handover.Record) {
	m, id := o.measures, after.DefinitionID
	m.unclear.WithLabelValues(id).Add(float64(max(0, after.Unclears-before.Unclears)))
	m.duplicates.WithLabelValues(id).Add(float64(max(0, len(after.Duplicates)-len(before.Duplicates))))
	if after.State == handover.Done && before.State != handover.Done {
		m.seconds.WithLabelValues(id).Observe(o.now().Sub(after.CreatedAt).Seconds())
	}
	o.tellFailed(before, after)
}

func (o observer) tellFailed(before, after handover.Record) {
	if o.failed != nil && after.State == handover.Failed && before.State != handover.Failed {
		o.failed(after)
	}
}

// Step implements [handover.Observer].
func (o observer) Step(ctx context.Context, r handover.Record, step string) (context.Context, func(handover.Record, error)) {
	began := o.now()
	ctx, end := o.traces.step(ctx, r, step)
	return ctx, func(after handover.Record, err error) {
		outcome := outcomeOf(after, err)
		o.measures.steps.WithLabelValues(r.DefinitionID, step, outcome).Inc()
		o.measures.stepSeconds.WithLabelValues(step).Observe(o.now().Sub(began).Seconds())
		end(after, outcome, err)
	}
}

// Swept implements [handover.Observer].
func (o observer) Swept(_ context.Context, definitionID string, _ handover.SweepResult, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		o.measures.sweepErrors.WithLabelValues(definitionID).Inc()
	}
}

// outcomeOf puts what came of a step into one of few words.
func outcomeOf(after handover.Record, err error) string {
	if refused, ok := errors.AsType[*altinn.StatusError](err); ok {
		if refused.Status >= 500 || refused.Status == 429 {
			return "unavailable"
		}
		return "refused"
	}
	switch {
	case err == nil && after.State == handover.Failed:
		return "failed"
	case err == nil && after.Setback.Cause != "":
		return "setback"
	case err == nil:
		return "ok"
	case errors.Is(err, handover.ErrLost), errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return "error"
}
