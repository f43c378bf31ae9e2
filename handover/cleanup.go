package handover

import (
	"context"
	"fmt"
	"net/http"
	"slices"
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

// remove deletes a duplicate only where that leaves the recorded instance in use,
// only if it came after that one, and only if nobody has worked on it. A journal
// that nobody should have (of a second service, or restored beside the first) may
// have recorded the other of the two: if both deleted, the form would be lost. In
// this order the earlier one stays.
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
	if untouched(i) && comesAfter(i, recorded) {
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

// firstFlow is the number of the first task in an instance's process: the start
// event has had 1.
const firstFlow = 2

// untouched reports whether nobody has worked on an instance since it was made,
// neither a person nor another of the organisation's programs: those come under
// the same name as its creator, but move the process on or confirm.
func untouched(i altinn.Instance) bool {
	switch {
	case i.LastChangedBy != i.CreatedBy || i.Status.IsSoftDeleted || len(i.CompleteConfirmations) > 0,
		i.Process.IsComplete(),
		i.Process != nil && i.Process.CurrentTask != nil && i.Process.CurrentTask.Flow > firstFlow:
		return false
	}
	return !slices.ContainsFunc(i.Data, func(e altinn.DataElement) bool { return !ours(i, e) })
}

// comesAfter reports whether an instance came into being after another that is
// still in use, in the order in which a winner is chosen. One that somebody has
// discarded is not: of two that look alike, people put one away, and keep the other.
func comesAfter(i, other altinn.Instance) bool {
	if other.ID == "" || other.Status.IsHardDeleted || other.Status.IsSoftDeleted {
		return false
	}
	if c := i.Created.Compare(other.Created); c != 0 {
		return c > 0
	}
	return strings.ToLower(i.ID) > strings.ToLower(other.ID)
}
