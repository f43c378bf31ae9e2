package handover_test

import (
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// TestTheOnlyUsableInstanceIsNeverDeleted: what somebody has done with either of
// two instances decides what may become of the later one.
func TestTheOnlyUsableInstanceIsNeverDeleted(t *testing.T) {
	for name, touch := range map[string]func(recorded, duplicate *stored){
		"the recorded one was discarded": func(recorded, _ *stored) {
			recorded.Status.IsSoftDeleted, recorded.LastChanged = true, time.Now()
		},
		"the duplicate's process has ended": func(_, duplicate *stored) {
			duplicate.Process = &altinn.Process{Ended: time.Now(), EndEvent: "EndEvent_1"}
		},
		"the duplicate has gone on to another task": func(_, duplicate *stored) {
			duplicate.Process = &altinn.Process{CurrentTask: &altinn.Task{ElementID: "Task_2", Flow: 3}}
		},
		"the duplicate was confirmed": func(_, duplicate *stored) {
			duplicate.CompleteConfirmations = []altinn.CompleteConfirmation{{StakeholderID: "fts"}}
		},
		"a person has added a file to the duplicate": func(_, duplicate *stored) {
			duplicate.Data = append(duplicate.Data, altinn.DataElement{ID: "x", DataType: "vedlegg", CreatedBy: "1338", LastChangedBy: "1338"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				w.platform.fail("create", fault{after: 7 * time.Minute})
				r = w.settle(r.Key)
				w.platform.late.Wait()
				var recorded, duplicate *stored
				for _, i := range w.platform.stamped(r.Key) {
					if i.ID == r.Receiving {
						recorded = i
					} else {
						duplicate = i
					}
				}
				touch(recorded, duplicate)
				w.quiesce()
				got, err := w.process.Get(w.Context(), r.Key)
				if err != nil || got.State != handover.Done || len(got.Duplicates) != 1 || got.Duplicates[0].Fate != handover.Marked || w.platform.calls["delete"] != 0 {
					w.Errorf("got %s, %+v, %v after %d deletions", got.State, got.Duplicates, err, w.platform.calls["delete"])
				}
			})
		})
	}
}
