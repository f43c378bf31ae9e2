package storage

import (
	"net/http"
	"strconv"
	"time"

	"github.com/stafett/stafett/app/process"
)

// flowAbandon is the flow type of a task that is left without being completed.
const flowAbandon = "AbandonCurrentMoveToNext"

func (s *Server) putProcess(c *call) error {
	var state ProcessState
	if err := c.body(&state); err != nil {
		return err
	}
	return s.moveProcess(c, &state, nil)
}

func (s *Server) putProcessAndEvents(c *call) error {
	var body struct {
		State  *ProcessState   `json:"state"`
		Events []InstanceEvent `json:"events"`
	}
	if err := c.body(&body); err != nil {
		return err
	}
	if body.State == nil {
		return refuse(http.StatusBadRequest, "Missing parameter value: state.")
	}
	return s.moveProcess(c, body.State, body.Events)
}

// moveProcess stores where the process stands and what happened on the way, or
// nothing of it. An ended process archives the instance. Entering a task takes
// away what an earlier end of that task had generated, so that no stale PDF is
// left, unless the query says deleteGeneratedElements=false.
func (s *Server) moveProcess(c *call, state *ProcessState, events []InstanceEvent) error {
	if err := s.mayMove(c, state); err != nil {
		return err
	}
	keep := c.r.URL.Query().Get("deleteGeneratedElements")
	deleteGenerated, err := strconv.ParseBool(keep)
	deleteGenerated = deleteGenerated || err != nil
	return s.changeInstance(c, func(ch *change) error {
		entered := state.CurrentTask
		if left := currentTask(ch.Instance); left != nil && entered != nil && left.ElementID == entered.ElementID {
			entered = nil
		}
		ch.Instance.Process = state.inUTC()
		if state.Ended != nil {
			ch.Instance.Status.IsArchived = true
			ch.Instance.Status.Archived = instantOf(state.Ended)
		}
		ch.touch()
		if entered != nil && deleteGenerated {
			if err := ch.removeGenerated(entered.ElementID); err != nil {
				return err
			}
		}
		for _, e := range events {
			if err := ch.insert(e.adopted(ch.Instance, ch.now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// mayMove demands the right that belongs to the task which is left, or the
// right to reject when it is abandoned.
func (s *Server) mayMove(c *call, state *ProcessState) error {
	if state.CurrentTask != nil && state.CurrentTask.FlowType == flowAbandon {
		return s.may(c, "reject")
	}
	if task := currentTask(&c.instance); task != nil {
		return s.may(c, actionsOf(task.AltinnTaskType)...)
	}
	return s.may(c, process.DefaultAction(process.TypeData))
}

func (c *change) removeGenerated(task string) error {
	var stale []string
	for _, e := range c.Instance.Data {
		if e.generatedFrom(task) {
			stale = append(stale, e.ID)
		}
	}
	for _, id := range stale {
		if err := c.removeElement(id); err != nil {
			return err
		}
	}
	return nil
}

// authInfo tells the decision point what an instance is and where it stands.
func (s *Server) authInfo(c *call) error {
	return c.answerJSON(http.StatusOK, struct {
		AppID   string        `json:"appId"`
		Process *ProcessState `json:"process,omitempty"`
	}{c.instance.AppID, c.instance.Process})
}

// historyItem is one step of a process. The spelling of occured is the
// platform's.
type historyItem struct {
	EventType   string     `json:"eventType"`
	ElementID   string     `json:"elementId,omitempty"`
	Occurred    *time.Time `json:"occured,omitempty"`
	Started     *time.Time `json:"started,omitempty"`
	Ended       *time.Time `json:"ended,omitempty"`
	PerformedBy string     `json:"performedBy,omitempty"`
}

// processHistory reads the steps of the process from the audit trail.
func (s *Server) processHistory(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	events, err := readEvents(c.ctx(), s.db.sql, c.seq)
	if err != nil {
		return err
	}
	history := []historyItem{}
	for _, e := range events {
		item := historyItem{EventType: e.EventType, PerformedBy: e.User.name()}
		if e.ProcessInfo != nil && e.ProcessInfo.CurrentTask != nil {
			item.ElementID = e.ProcessInfo.CurrentTask.ElementID
		}
		switch e.EventType {
		case "process_StartEvent":
			item.Occurred = e.Created
			item.ElementID = e.startEvent()
		case "process_EndEvent":
			item.Occurred = e.Created
			item.ElementID = e.endEvent()
		case "process_StartTask":
			item.Started = e.Created
		case "process_EndTask", "process_AbandonTask":
			item.Ended = e.Created
		default:
			continue
		}
		history = append(history, item)
	}
	return c.answerJSON(http.StatusOK, map[string]any{"processHistory": history})
}

func (e InstanceEvent) startEvent() string {
	if e.ProcessInfo == nil {
		return ""
	}
	return e.ProcessInfo.StartEvent
}

func (e InstanceEvent) endEvent() string {
	if e.ProcessInfo == nil {
		return ""
	}
	return e.ProcessInfo.EndEvent
}

// name is who caused an event, as the history shows it.
func (u *EventUser) name() string {
	switch {
	case u == nil:
		return ""
	case u.OrgID != "":
		return u.OrgID
	case u.UserID != nil:
		return strconv.Itoa(*u.UserID)
	default:
		return ""
	}
}
