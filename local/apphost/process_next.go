package apphost

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
)

const (
	// lockTime is how long the lock of an instance holds at most.
	lockTime = 300 * time.Second
	// maxSteps bounds how many steps one request may take.
	maxSteps = process.MaxAutomaticSteps
	// actionReject abandons a task rather than ending it.
	actionReject = "reject"
)

func tooManySteps() error {
	return problem(http.StatusInternalServerError, "Process loop detected",
		fmt.Sprintf("More than %d steps followed each other. The process may go round in a circle", maxSteps))
}

// asked is what a caller wants to be done with the current task.
type asked struct {
	action     string // empty: whatever ends a task of the type
	onBehalfOf string // organisation number, of a signature
}

// next ends the current task of the instance and moves its process on, also
// through the tasks that follow and run by themselves. The new state is stored
// last, so when anything before fails, the instance stays in its task and the
// caller may try again.
func (s *Server) next(c *call, ask asked) (storage.Instance, error) {
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return in, processFailure(err, nextFailed)
	}
	if err := s.checkInTask(in); err != nil {
		return in, err
	}
	if err := s.permitNext(c, in, ask.action); err != nil {
		return in, err
	}
	lock, err := c.platform.lockInstance(c.ctx(), in.ID, lockTime)
	if err != nil {
		return in, processFailure(err, nextFailed)
	}
	defer func() {
		if err := c.platform.unlockInstance(c.ctx(), in.ID, lock); err != nil {
			s.cfg.Logger.InfoContext(c.ctx(), "instance stays locked until its lock expires", "instance", in.ID, "reason", err)
		}
	}()
	// Somebody may have moved the process on before the lock was taken.
	task := currentTask(in)
	if in, err = c.platform.instance(c.ctx(), c.instanceID); err != nil {
		return in, processFailure(err, nextFailed)
	}
	if currentTask(in) != task {
		return in, problem(http.StatusConflict, "Conflict", "The process has moved on in the meantime")
	}
	for range maxSteps {
		if err := s.finish(c, &in, ask); err != nil {
			return in, err
		}
		if task, _ := s.folder.Process.Task(currentTask(in)); task.Automatic() && ask.action != actionReject {
			ask.action = "" // what a service task comes to chooses the way, not its caller
		}
		if in, err = s.step(c, in, ask.action); err != nil {
			return in, nextFailure(err)
		}
		ask = asked{}
		if task, _ := s.folder.Process.Task(currentTask(in)); !task.Automatic() {
			return in, nil
		}
		if err := s.permitNext(c, in, ""); err != nil {
			return in, err
		}
	}
	return in, tooManySteps()
}

// finish does what stands between a request and the end of the current task: the
// work of a task that runs by itself, or else the work of the action and the
// validation. Nothing of it is done when a task is abandoned, but for the
// validation where the task does not name the action.
func (s *Server) finish(c *call, in *storage.Instance, ask asked) error {
	task, known := s.folder.Process.Task(currentTask(*in))
	if !known {
		task.Type = in.Process.CurrentTask.AltinnTaskType // of a process that has changed since
	}
	switch {
	case ask.action == actionReject:
		if task.Allows(actionReject) || task.Automatic() {
			return nil
		}
	case task.Automatic():
		if ask.action != "" && ask.action != "write" && ask.action != task.Type {
			return problem(http.StatusConflict, "User action not supported!", "A service task runs by itself and has no action "+ask.action)
		}
		return s.runService(c, in, task)
	case ask.action != "":
		if err := s.actBefore(c, in, task, ask); err != nil {
			return err
		}
	}
	return s.checkValid(c, *in)
}

// actBefore does the work of an action that comes with the end of a task.
func (s *Server) actBefore(c *call, in *storage.Instance, task process.Task, ask asked) error {
	act, ok := s.actions()[ask.action]
	if !ok {
		return nil
	}
	outcome, err := act(c, in, task, ask.onBehalfOf)
	if err != nil {
		return nextFailure(err)
	}
	if outcome.failure != nil {
		return problem(outcome.failure.nextStatus(), outcome.failure.nextTitle(), fmt.Sprintf("Action handler for action %s failed!", ask.action))
	}
	return nil
}

// checkInTask refuses a process that has not started or has ended.
func (s *Server) checkInTask(in storage.Instance) error {
	switch {
	case in.Process == nil || in.Process.Started == nil:
		return problem(http.StatusConflict, "Conflict", "The process has not started")
	case in.Process.Ended != nil || in.Process.CurrentTask == nil:
		return problem(http.StatusConflict, "Conflict", "The process has ended")
	}
	return nil
}

// permitNext asks for the action, or for the one by which tasks of the current
// type are ended.
func (s *Server) permitNext(c *call, in storage.Instance, action string) error {
	actions := []string{action}
	if action == "" {
		actions = process.NextActions(in.Process.CurrentTask.AltinnTaskType)
	}
	allowed, err := s.permittedIn(c, in, actions...)
	if err != nil {
		return err
	}
	if !slices.Contains(allowed, true) {
		return problem(http.StatusForbidden, "Unauthorized", fmt.Sprintf("The user is not authorized for process next: action %s", actions[0]))
	}
	return nil
}

// checkValid refuses to end a task that has errors.
func (s *Server) checkValid(c *call, in storage.Instance) error {
	issues, err := s.issues(c, in)
	if err != nil {
		return nextFailure(err)
	}
	count := 0
	for _, found := range issues {
		if found.Severity == severityError {
			count++
		}
	}
	if count == 0 {
		return nil
	}
	return problemWith(http.StatusConflict, "Validation failed for task",
		fmt.Sprintf("%d validation errors found for task %s", count, currentTask(in)),
		map[string]any{"validationIssues": issues})
}

// nextFailure is the answer when a task could not be ended or begun.
func nextFailure(err error) error {
	var upstream *platformError
	var ready *answer
	switch {
	case errors.As(err, &upstream):
		return &refusal{platformAnswer(upstream, nextFailed), err}
	case errors.As(err, &ready):
		return err
	}
	return &refusal{problem(http.StatusInternalServerError, nextFailed, err.Error()), err}
}

// step leaves the current task for the next element. The order of work is the
// platform's: end of the task, choice of the way, start of the next task, and
// only then the new state.
func (s *Server) step(c *call, in storage.Instance, action string) (storage.Instance, error) {
	left := *in.Process
	flowType, leaving := flowComplete, "process_EndTask"
	end := s.endTask
	if action == actionReject {
		flowType, leaving, end = flowAbandon, "process_AbandonTask", s.abandonTask
	}
	if err := end(c, &in); err != nil {
		return in, err
	}
	element, err := s.folder.Process.Next(currentTask(in), s.condition(c, in, action))
	if err != nil {
		return in, err
	}
	state := left
	enter(&state, element, left.CurrentTask.Flow+1, flowType, s.now())
	events := []storage.InstanceEvent{s.event(c, in, leaving, &left)}
	in.Process = &state
	if element.Kind == process.EndEvent {
		events = append(events, s.event(c, in, "process_EndEvent", &state), s.event(c, in, "Submited", &state))
	} else {
		if err := s.startTask(c, &in, element.ID, nil, nil); err != nil {
			return in, err
		}
		events = append(events, s.event(c, in, "process_StartTask", &state))
	}
	if err := c.platform.storeProcess(c.ctx(), in.ID, &state, events); err != nil {
		return in, err
	}
	// Storage has deleted what an earlier stay at the task made.
	in.Data = slices.DeleteFunc(in.Data, func(e storage.DataElement) bool { return generatedFrom(e, element.ID) })
	s.publishStep(c, in)
	if element.Kind == process.EndEvent {
		s.cleanUp(c, in)
	}
	return in, nil
}

// condition evaluates what is written on the flows out of a gateway. Look-ups
// in the form data use the gateway's data type, or else that of the task that is
// left. Anything but the boolean true leaves a flow closed.
func (s *Server) condition(c *call, in storage.Instance, action string) process.Condition {
	return func(gatewayID, text string) (bool, error) {
		e, err := expression.Parse([]byte(text))
		if err != nil {
			return false, err
		}
		gateway, _ := s.folder.Process.Element(gatewayID)
		return e.Holds(expression.Context{
			DataModel:     s.formLookup(c, in, cmp.Or(gateway.ConnectedDataType, s.dataTypeOf(currentTask(in)))),
			GatewayAction: action,
			Language:      c.language(),
			InstanceContext: func(key string) (string, bool) {
				return instanceContext(in, key)
			},
		})
	}
}

// dataTypeOf is the data type of the layout that a task shows, or else the first
// form of the task.
func (s *Server) dataTypeOf(taskID string) string {
	if set, ok := s.folder.LayoutSet(taskID); ok {
		return set.DataType
	}
	for _, t := range s.formTypes(taskID) {
		return t.ID
	}
	return ""
}

// formLookup reads the form of a data type when an expression asks for it.
func (s *Server) formLookup(c *call, in storage.Instance, otherwise string) func(path, dataType string) (any, error) {
	return func(path, dataType string) (any, error) {
		if dataType == "" {
			dataType = otherwise
		}
		t, ok := s.folder.Metadata.DataType(dataType)
		if !ok {
			return nil, fmt.Errorf("look up %s: no data type is connected", path)
		}
		i := slices.IndexFunc(in.Data, func(e storage.DataElement) bool { return e.DataType == t.ID })
		if i < 0 {
			return nil, nil
		}
		_, f, err := s.readForm(c, in.ID, t, in.Data[i])
		if err != nil {
			return nil, err
		}
		return expression.ModelLookup(f)(path, dataType)
	}
}

func instanceContext(in storage.Instance, key string) (string, bool) {
	switch key {
	case "instanceId":
		return in.ID, true
	case "appId":
		return in.AppID, true
	case "instanceOwnerPartyId":
		return in.InstanceOwner.PartyID, true
	case "instanceOwnerPartyType":
		switch {
		case in.InstanceOwner.PersonNumber != "":
			return "person", true
		case in.InstanceOwner.OrganisationNumber != "":
			return "org", true
		}
		return "selfIdentified", true
	}
	return "", false
}
