package storage

import (
	"net/http"
	"strings"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/urlquery"
)

// Flow types of a task: how the one before it was left.
const (
	flowComplete = "CompleteCurrentMoveToNext"
	flowAbandon  = "AbandonCurrentMoveToNext"
)

func (s *Server) putProcess(c *call) error {
	var state ProcessState
	if err := c.body(&state); err != nil {
		return err
	}
	if err := s.find(c, notFoundProblem); err != nil {
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
	if err := s.find(c, notFoundProblem); err != nil {
		return err
	}
	for _, e := range body.Events {
		switch {
		case strings.TrimSpace(e.InstanceID) == "":
			return refuse(http.StatusBadRequest, "Missing instance ID in InstanceEvent")
		case e.InstanceID != c.instance.ID:
			return refuse(http.StatusBadRequest, "Instance ID in InstanceEvent does not match the Instance ID")
		}
	}
	return s.moveProcess(c, body.State, body.Events)
}

// moveProcess stores where the process stands and what happened on the way, or
// nothing of it. A process that ends archives the instance. Entering a task takes
// away what an earlier end of that task had generated, so that no stale PDF is
// left, unless the query says deleteGeneratedElements=false.
func (s *Server) moveProcess(c *call, state *ProcessState, events []InstanceEvent) error {
	if err := s.mayMove(c, state); err != nil {
		return err
	}
	deleteGenerated := true
	if text := urlquery.Of(c.r).Get("deleteGeneratedElements"); text != "" {
		var err error
		if deleteGenerated, err = readBool(text); err != nil {
			return refuseParameter("deleteGeneratedElements", notValid(text))
		}
	}
	return s.changeInstance(c, func(ch *change) error {
		entered := state.CurrentTask
		if left := currentTask(ch.Instance); left != nil && entered != nil && left.ElementID == entered.ElementID {
			entered = nil
		}
		if before := ch.Instance.Process; state.Ended != nil && (before == nil || before.Ended == nil) {
			ch.Instance.Status.IsArchived = true
			ch.Instance.Status.Archived = instantOf(state.Ended)
		}
		ch.Instance.Process = state.inUTC()
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
		if task := state.CurrentTask; task != nil && task.AltinnTaskType == process.TypeSigning {
			return ch.record(EventSentToSign, "")
		}
		return nil
	})
}

// mayMove demands the right that belongs to the task which is left, the right to
// reject when it is abandoned for the next one, or the right that belongs to the
// task which is gone back to.
func (s *Server) mayMove(c *call, state *ProcessState) error {
	next := state.CurrentTask
	if next != nil && next.FlowType == flowAbandon {
		return s.may(c, "reject")
	}
	if next != nil && next.FlowType != "" && next.FlowType != flowComplete {
		resource := resourceOf(&c.instance)
		resource.Task = next.ElementID
		return s.mayOn(c, resource, actionsOf(next.AltinnTaskType)...)
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
	if party := c.r.PathValue("party"); party != c.instance.InstanceOwner.PartyID {
		return unableToFind(party, c.instance.guid())
	}
	return c.answerJSON(http.StatusOK, struct {
		AppID   string        `json:"appId"`
		Process *ProcessState `json:"process,omitempty"`
	}{c.instance.AppID, c.instance.Process})
}
