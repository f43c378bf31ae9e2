package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// errNoDefinition reports an instance of an application from which nothing is
// handed over.
var errNoDefinition = errors.New("nothing is handed over from the instance's application")

// triggers turn the id of an instance into records in the journal.
type triggers struct {
	operations  handover.Operations
	definitions []served
	// application tells whose instance it is.
	application func(ctx context.Context, instance string) (appID string, err error)
	log         *slog.Logger

	ctx     context.Context // ends the looking again
	mu      sync.Mutex
	waiting map[look]bool
	looks   sync.WaitGroup
}

// served is a definition, as far as a trigger needs to know it.
type served struct{ id, from string }

// look is an instance that is to be looked at again.
type look struct{ instance, definition string }

// begin begins the handovers of an instance by one definition, or by all of its
// application's.
func (t *triggers) begin(ctx context.Context, instance, definition string, by handover.Trigger) ([]handover.Record, error) {
	wanted := []string{definition}
	if definition == "" {
		var err error
		if wanted, err = t.of(ctx, instance); err != nil {
			return nil, err
		}
	}
	var begun []handover.Record
	var errs []error
	for _, id := range wanted {
		records, err := t.operations.Begin(ctx, id, instance, by)
		begun, errs = append(begun, records...), append(errs, err)
	}
	return begun, errors.Join(errs...)
}

// of returns the ids of the definitions that an instance may be handed over by.
func (t *triggers) of(ctx context.Context, instance string) ([]string, error) {
	from := t.definitions[0].from
	for _, d := range t.definitions {
		if d.from != from { // only then does it matter whose instance it is
			var err error
			if from, err = t.application(ctx, instance); err != nil {
				return nil, fmt.Errorf("read the instance: %w", err)
			}
			break
		}
	}
	ids := t.from(from)
	if len(ids) == 0 {
		return nil, errNoDefinition
	}
	return ids, nil
}

// from returns the ids of the definitions of one original application.
func (t *triggers) from(appID string) []string {
	var ids []string
	for _, d := range t.definitions {
		if d.from == appID {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// A process hook asks some seconds before the process has ended: the service
// looks again after these times, and leaves the rest to the sweep.
var lookDelays = [...]time.Duration{
	1 * time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
}

// maxLooks bounds how many instances are looked at again at a time.
const maxLooks = 1000

// lookAgain begins the handovers of an instance as soon as its process has ended.
func (t *triggers) lookAgain(instance, definition string) {
	again := look{instance, definition}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[again] || len(t.waiting) == maxLooks || t.ctx.Err() != nil {
		return
	}
	t.waiting[again] = true
	t.looks.Go(func() {
		t.look(again)
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.waiting, again)
	})
}

func (t *triggers) look(again look) {
	for _, delay := range lookDelays {
		if pause(t.ctx, delay) != nil {
			return
		}
		_, err := t.begin(t.ctx, again.instance, again.definition, handover.ByAPI)
		if err == nil {
			return
		}
		if !waits(err) {
			t.log.Warn("could not begin a handover; the sweep will", "source", again.instance, "reason", handover.Reason(err))
			return
		}
	}
}

// waits reports whether an error may pass in seconds.
func waits(err error) bool {
	if _, ok := errors.AsType[*handover.NotCompletedError](err); ok {
		return true
	}
	if refused, ok := errors.AsType[*altinn.StatusError](err); ok {
		return refused.Status >= 500
	}
	return errors.Is(err, handover.ErrScanPending)
}
