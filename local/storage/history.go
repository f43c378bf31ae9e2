package storage

import (
	"net/http"
	"slices"
	"time"
)

// historyItem is one element that the process has been at. The spelling of
// occured is the platform's.
type historyItem struct {
	EventType   string     `json:"eventType"`
	ElementID   string     `json:"elementId,omitempty"`
	Occurred    *time.Time `json:"occured,omitempty"`
	Started     *time.Time `json:"started,omitempty"`
	Ended       *time.Time `json:"ended,omitempty"`
	PerformedBy string     `json:"performedBy"`
}

// processHistory reads the steps of the process from the audit trail.
func (s *Server) processHistory(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	events, err := readEvents(c.ctx(), s.db, c.seq)
	if err != nil {
		return err
	}
	return c.answerJSON(http.StatusOK, map[string]any{"processHistory": history(events)})
}

// history has one item for each task, which says when it was started and when it
// was ended, the last time each; the event type is that of the first event. Who
// abandons a task leaves no trace in it.
func history(events []InstanceEvent) []historyItem {
	items := []historyItem{}
	for _, e := range events {
		state := e.ProcessInfo
		if state == nil {
			state = &ProcessState{}
		}
		item := historyItem{EventType: e.EventType, PerformedBy: e.User.name()}
		var task string
		if state.CurrentTask != nil {
			task = state.CurrentTask.ElementID
		}
		known := slices.IndexFunc(items, func(i historyItem) bool { return i.ElementID == task })
		switch e.EventType {
		case "process_StartEvent":
			item.ElementID, item.Occurred = state.StartEvent, either(state.Started, e.Created)
		case "process_EndEvent":
			item.ElementID, item.Occurred = state.EndEvent, state.Ended
		case "process_StartTask":
			if known >= 0 {
				items[known].Started = e.Created
				continue
			}
			item.ElementID, item.Started = task, either(state.Started, e.Created)
			item.Occurred = item.Started
		case "process_EndTask":
			if known >= 0 {
				items[known].Ended = e.Created
				continue
			}
			item.ElementID, item.Ended = task, either(state.Ended, e.Created)
			item.Occurred = item.Ended
		default:
			continue
		}
		items = append(items, item)
	}
	return items
}

func either(first, second *time.Time) *time.Time {
	if first != nil {
		return first
	}
	return second
}

// name is who caused an event, as the history shows it: a person only by a
// national identity number, which most events do not hold.
func (u *EventUser) name() string {
	switch {
	case u == nil:
		return ""
	case u.NationalIdentityNumber != "":
		return u.NationalIdentityNumber
	default:
		return u.OrgID
	}
}
