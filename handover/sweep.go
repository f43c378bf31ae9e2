package handover

import (
	"context"
	"errors"
	"fmt"
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
	Duplicates int // duplicates that came to light after their handover was done
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
func (h *Handover) Sweep(ctx context.Context) (SweepResult, error) {
	var (
		result SweepResult
		errs   []error
	)
	if h.cfg.Lister == nil {
		return result, errors.New("sweep: a lister is needed")
	}
	for _, d := range h.cfg.Definitions {
		if err := h.sweepSources(ctx, d, &result); err != nil {
			errs = append(errs, fmt.Errorf("sweep %s: %w", d.id, err))
		}
	}
	if err := h.sweepDue(ctx, &result); err != nil {
		errs = append(errs, fmt.Errorf("sweep: %w", err))
	}
	for _, d := range h.cfg.Definitions {
		if err := h.sweepDuplicates(ctx, d, &result); err != nil {
			errs = append(errs, fmt.Errorf("sweep %s for duplicates: %w", d.id, err))
		}
	}
	return result, errors.Join(errs...)
}

// Watch sweeps, waits, and sweeps again until the context ends, whose cause it
// returns. Failures of a sweep are logged.
func (h *Handover) Watch(ctx context.Context, interval time.Duration) error {
	for {
		result, err := h.Sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			h.log.Error("a sweep was not complete", "reason", reason(err))
		case result.Begun+result.Settled > 0:
			h.log.Info("swept", "seen", result.Seen, "begun", result.Begun, "settled", result.Settled, "waiting", result.Waiting)
		}
		if err := sleep(ctx, interval); err != nil {
			return err
		}
	}
}

func (h *Handover) sweepSources(ctx context.Context, d *Definition, result *SweepResult) error {
	mark, err := h.cfg.Journal.Watermark(ctx, d.id)
	if err != nil {
		return err
	}
	complete := true
	q := altinn.Query{AppID: d.from, ProcessIsComplete: &complete, Ascending: true, OmitDataElements: true}
	if !mark.IsZero() {
		q.LastChanged.From = mark.Add(-h.cfg.Overlap)
	}
	var errs []error
	newest := mark
	for source, err := range h.cfg.Lister.Instances(ctx, q) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		result.Seen++
		if source.Status.IsHardDeleted {
			continue
		}
		if err := h.meet(ctx, d, source, result); err != nil {
			errs = append(errs, err)
		} else if len(errs) == 0 && source.LastChanged.After(newest) {
			newest = source.LastChanged
		}
	}
	if newest.After(mark) {
		errs = append(errs, h.cfg.Journal.SetWatermark(ctx, d.id, newest))
	}
	return errors.Join(errs...)
}

// meet makes sure that a completed source has a record if it is to have one.
func (h *Handover) meet(ctx context.Context, d *Definition, source altinn.Instance, result *SweepResult) error {
	if _, err := h.cfg.Journal.Get(ctx, Key(d.id, source.ID, d.recipient)); !errors.Is(err, ErrNoRecord) {
		return err // nil: it has one
	}
	_, err := h.begin(ctx, d, source.ID)
	if err != nil && permanent(err) {
		r := h.draft(d, source)
		r.State, r.Reason = Failed, err.Error()
		_, err = h.store(ctx, r)
	}
	switch {
	case err == nil:
		result.Begun++
	case errors.Is(err, ErrNotWanted):
		result.NotWanted++
		return nil
	}
	return err
}

// sweepDue runs what is due. Every record is taken once.
func (h *Handover) sweepDue(ctx context.Context, result *SweepResult) error {
	due, err := h.cfg.Journal.List(ctx, Filter{Due: h.cfg.Now()})
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range due {
		if ctx.Err() != nil {
			return errors.Join(append(errs, context.Cause(ctx))...)
		}
		after, err := h.Run(ctx, r.Key)
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

// sweepDuplicates looks for duplicates of handovers that were done, which a
// request can make that the server finished after all waiting.
func (h *Handover) sweepDuplicates(ctx context.Context, d *Definition, result *SweepResult) error {
	mark, err := h.cfg.Journal.Watermark(ctx, d.id)
	if err != nil || mark.IsZero() {
		return err
	}
	repeated, err := h.cfg.Finder.Repeated(ctx, d.target(), mark.Add(-h.cfg.Overlap))
	if err != nil {
		return err
	}
	var errs []error
	for key, found := range repeated {
		r, err := h.cfg.Journal.Get(ctx, key)
		if errors.Is(err, ErrNoRecord) {
			continue // another journal's, or one that the sweep of its source will begin
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if r.State != Done || !r.hasNew(found) {
			continue
		}
		after, err := h.act(ctx, key, searched{found})
		if err != nil && !errors.Is(err, ErrHeld) {
			errs = append(errs, err)
		}
		result.Duplicates += max(0, len(after.Duplicates)-len(r.Duplicates))
	}
	return errors.Join(errs...)
}

// hasNew reports whether an instance is among found that the record does not know.
func (r Record) hasNew(found []Candidate) bool {
	r = r.clone()
	known := len(r.Duplicates)
	r.others(found)
	return len(r.Duplicates) > known
}
