package handover

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/stafett/stafett/altinn"
)

// cleanUp deals with the instances that carry the stamp besides the recorded
// one: it deletes what nobody has worked on, and marks the rest.
func (w *work) cleanUp(ctx context.Context, r Record) (observation, error) {
	var out cleaned
	recorded, err := w.cfg.Receiver.Instance(ctx, w.definition.to, r.Receiving)
	if err != nil && !altinn.IsStatus(err, http.StatusNotFound) {
		return out, fmt.Errorf("look at the recorded instance: %w", err)
	}
	for _, id := range r.pending() {
		fate, err := w.remove(ctx, id, recorded)
		if err != nil {
			return out, fmt.Errorf("clean up the duplicate %s: %w", id, err)
		}
		out.fates = append(out.fates, Duplicate{Instance: id, Fate: fate})
	}
	return out, nil
}

// remove deletes a duplicate only where that leaves the recorded instance, and
// only if it came after that one. A journal that nobody should have (of a second
// service, or restored beside the first) may have recorded the other of the two:
// if both deleted, the form would be lost. In this order the earlier one stays.
func (w *work) remove(ctx context.Context, id string, recorded altinn.Instance) (Fate, error) {
	to := w.definition.to
	i, err := w.cfg.Receiver.Instance(ctx, to, id)
	switch {
	case altinn.IsStatus(err, http.StatusNotFound):
		return Deleted, nil
	case altinn.IsStatus(err, http.StatusForbidden):
		return Kept, nil
	case err != nil:
		return "", err
	case i.Status.IsHardDeleted:
		return Deleted, nil
	}
	if i.LastChangedBy == i.CreatedBy && comesAfter(i, recorded) {
		err := w.cfg.Receiver.DeleteInstance(ctx, to, id, true)
		if err == nil {
			return Deleted, nil
		}
		if !altinn.IsStatus(err, http.StatusForbidden) {
			return "", err
		}
	}
	err = w.cfg.Receiver.SetSubstatus(ctx, to, id, altinn.Substatus{
		Label: "Duplikat", Description: "Det same skjemaet er registrert i ein annan instans. / Det samme skjemaet er registrert i en annen instans.",
	})
	if altinn.IsStatus(err, http.StatusForbidden) {
		return Kept, nil
	}
	return Marked, err
}

// comesAfter reports whether an instance came into being after another that is
// still there, in the order in which a winner is chosen.
func comesAfter(i, other altinn.Instance) bool {
	if other.ID == "" || other.Status.IsHardDeleted {
		return false
	}
	if c := i.Created.Compare(other.Created); c != 0 {
		return c > 0
	}
	return strings.ToLower(i.ID) > strings.ToLower(other.ID)
}
