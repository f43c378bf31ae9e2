package handover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/stafett/stafett/altinn"
)

// complete reads the receiving instance back and works out what it lacks.
func (w *work) complete(ctx context.Context, r Record) (observation, error) {
	i, err := w.cfg.Receiver.Instance(ctx, w.definition.to, r.Receiving)
	switch {
	case altinn.IsStatus(err, http.StatusNotFound):
		return broken{reason: fmt.Sprintf("the receiving instance %s is not there any more", r.Receiving)}, nil
	case err != nil:
		return nil, fmt.Errorf("read the receiving instance back: %w", err)
	}
	if wrong := w.identify(i); wrong != "" {
		return broken{reason: fmt.Sprintf("the receiving instance %s %s", r.Receiving, wrong)}, nil
	}
	if i.Status.IsSoftDeleted {
		// Somebody has discarded it on purpose; that is not undone.
		return readBack{softDeleted: true}, nil
	}
	p, err := w.load(ctx, r)
	if err != nil {
		if permanent(err) || errors.Is(err, ErrNotWanted) {
			return broken{reason: err.Error()}, nil
		}
		return nil, err
	}
	m, err := w.match(ctx, r, i, p)
	if err != nil {
		return nil, err
	}
	w.lacking = m.shortage
	w.lacking.form = p.form != nil && !slices.ContainsFunc(i.Data, func(e altinn.DataElement) bool { return e.DataType == w.definition.targetForm })
	if w.lacking.none() {
		return readBack{files: m.files}, nil
	}
	return lacking{m.files}, nil
}

// identify tells what is wrong with an instance that should be the recorded one.
func (w *work) identify(i altinn.Instance) string {
	switch {
	case i.Status.IsHardDeleted:
		return "has been deleted for good"
	case i.AppID != w.definition.to:
		return fmt.Sprintf("is of %s, not of %s", i.AppID, w.definition.to)
	case w.recipient.OrganisationNumber != "" && i.Owner.OrganisationNumber != w.recipient.OrganisationNumber,
		w.recipient.PartyID != "" && i.Owner.PartyID != w.recipient.PartyID:
		return "belongs to another than the recipient"
	}
	return ""
}
