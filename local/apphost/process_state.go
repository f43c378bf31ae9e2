package apphost

import (
	"time"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
)

// How a task was left, and where to.
const (
	flowComplete = "CompleteCurrentMoveToNext"
	flowAbandon  = "AbandonCurrentMoveToNext"
)

// firstFlow is the number of the first task; the start event has 1.
const firstFlow = 2

// firstState is the state of a process that has just begun.
func (s *Server) firstState() (*storage.ProcessState, error) {
	p := s.folder.Process
	first, err := p.Next(p.Start(), nil)
	if err != nil {
		return nil, err
	}
	now := s.now()
	state := &storage.ProcessState{Started: &now, StartEvent: p.Start()}
	enter(state, first, firstFlow, flowComplete, now)
	return state, nil
}

// now is the time in UTC and with the precision of the platform.
func (s *Server) now() time.Time { return s.cfg.Now().UTC().Truncate(100 * time.Nanosecond) }

// enter moves a state into an element, which is a task or an end event.
func enter(state *storage.ProcessState, e process.Element, flow int, flowType string, now time.Time) {
	if e.Kind == process.EndEvent {
		state.CurrentTask, state.Ended, state.EndEvent = nil, &now, e.ID
		return
	}
	state.CurrentTask = &storage.ProcessTask{
		Flow: flow, Started: &now, ElementID: e.ID, Name: e.Name, AltinnTaskType: e.TaskType, FlowType: flowType,
	}
}

// event is an entry of the audit trail about the process.
func (s *Server) event(c *call, in storage.Instance, kind string, state *storage.ProcessState) storage.InstanceEvent {
	now := s.now()
	user := &storage.EventUser{AuthenticationLevel: c.caller.AuthLevel, OrgID: c.caller.Org}
	if c.caller.UserID != 0 {
		user.UserID = &c.caller.UserID
	}
	return storage.InstanceEvent{
		InstanceID: in.ID, Created: &now, EventType: kind, InstanceOwnerPartyID: in.InstanceOwner.PartyID,
		User: user, ProcessInfo: state,
	}
}

// startEvents tell that the process has begun and its first task has started.
func (s *Server) startEvents(c *call, in storage.Instance) []storage.InstanceEvent {
	begun := *in.Process
	begun.CurrentTask = nil
	return []storage.InstanceEvent{
		s.event(c, in, "process_StartEvent", &begun),
		s.event(c, in, "process_StartTask", in.Process),
	}
}

// processState is a process as the process endpoints write it: what the caller
// may do in the current task is added.
type processState struct {
	Started      *time.Time    `json:"started"`
	StartEvent   *string       `json:"startEvent"`
	CurrentTask  *taskState    `json:"currentTask"`
	Ended        *time.Time    `json:"ended"`
	EndEvent     *string       `json:"endEvent"`
	ProcessTasks []processTask `json:"processTasks"`
}

type taskState struct {
	taskJSON
	Actions     map[string]bool `json:"actions"`
	UserActions []userAction    `json:"userActions"`
	Read        bool            `json:"read"`
	Write       bool            `json:"write"`
	ElementType string          `json:"elementType"`
}

type userAction struct {
	ID         string `json:"id"`
	Authorized bool   `json:"authorized"`
	Type       string `json:"type"` // ProcessAction or ServerAction; in the process file these begin in lower case
}

// typeOf names the type of an action as clients read it.
func typeOf(t process.ActionType) string {
	if t == process.ServerAction {
		return "ServerAction"
	}
	return "ProcessAction"
}

type processTask struct {
	AltinnTaskType string `json:"altinnTaskType"`
	ElementID      string `json:"elementId"`
	ElementType    string `json:"elementType"`
}

// processStateOf describes the process of an instance to the caller.
func (s *Server) processStateOf(c *call, in storage.Instance) (processState, error) {
	out := processState{ProcessTasks: []processTask{}}
	for _, t := range s.folder.Process.Tasks() {
		out.ProcessTasks = append(out.ProcessTasks, processTask{t.Type, t.ID, elementType(t)})
	}
	if in.Process == nil {
		return out, nil
	}
	out.Started, out.StartEvent = in.Process.Started, nullable(in.Process.StartEvent)
	out.Ended, out.EndEvent = in.Process.Ended, nullable(in.Process.EndEvent)
	if in.Process.CurrentTask == nil {
		return out, nil
	}
	current := *in.Process.CurrentTask
	task, _ := s.folder.Process.Task(current.ElementID) // of a task that is no longer there, only read and write are known
	actions := append([]process.Action{
		{Name: "read", Type: process.ProcessAction}, {Name: "write", Type: process.ProcessAction},
	}, task.Actions...)
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.Name
	}
	allowed, err := s.permittedIn(c, in, names...)
	if err != nil {
		return out, err
	}
	state := &taskState{
		taskJSON: taskForm(current), Actions: map[string]bool{},
		Read: allowed[0], Write: allowed[1], ElementType: elementType(task),
	}
	for i, a := range actions {
		state.UserActions = append(state.UserActions, userAction{a.Name, allowed[i], typeOf(a.Type)})
		if a.Type == process.ProcessAction {
			state.Actions[a.Name] = allowed[i]
		}
	}
	out.CurrentTask = state
	return out, nil
}

func elementType(t process.Task) string {
	if t.Service {
		return "ServiceTask"
	}
	return "Task"
}
