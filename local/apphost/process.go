package apphost

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
)

const (
	nextFailed     = "Process next failed."
	startFailed    = "Unable to start the process."
	readFailed     = "Failed to access the process."
	somethingWrong = "Something went wrong."
)

// getProcess answers GET process.
func (s *Server) getProcess(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return processFailure(err, readFailed)
	}
	return s.answerProcess(w, c, in)
}

func (s *Server) answerProcess(w http.ResponseWriter, c *call, in storage.Instance) error {
	state, err := s.processStateOf(c, in)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, state)
	return nil
}

// startProcess answers POST process/start, for an instance that was made in
// Storage without the application.
func (s *Server) startProcess(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "instantiate"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return processFailure(err, readFailed)
	}
	if in.Process != nil && in.Process.Started != nil {
		return text(http.StatusConflict, "The process has started already; use next")
	}
	if wanted := urlquery.Of(c.r).Get("startEvent"); wanted != "" && wanted != s.folder.Process.Start() {
		return text(http.StatusConflict, "The process has no start event %s", wanted)
	}
	if in.Process, err = s.firstState(); err != nil {
		return &refusal{problem(http.StatusInternalServerError, startFailed, err.Error()), err}
	}
	if err := s.startTask(c, &in, currentTask(in), nil, nil); err != nil {
		return processFailure(err, startFailed)
	}
	if err := c.platform.storeProcess(c.ctx(), in.ID, in.Process, s.startEvents(c, in)); err != nil {
		return processFailure(err, startFailed)
	}
	return s.answerProcess(w, c, in)
}

// nextElements answers GET process/next, which tells since version 8 of the
// library no more than where a process can start.
func (s *Server) nextElements(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return processFailure(err, readFailed)
	}
	elements := []string{}
	switch {
	case in.Process == nil || in.Process.Started == nil:
		elements = append(elements, s.folder.Process.Start())
	case currentTask(in) == "":
		return text(http.StatusConflict, "The instance is in no task")
	}
	writeJSON(w, http.StatusOK, jsonType, elements)
	return nil
}

// nextRequest is the body of process/next.
type nextRequest struct {
	Action     string `json:"action"`
	OnBehalfOf string `json:"actionOnBehalfOf"`
}

// processNext answers PUT process/next.
func (s *Server) processNext(w http.ResponseWriter, c *call) error {
	var ask nextRequest
	body, err := readBounded(c.r.Body)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &ask); err != nil {
			return bindingFailure(err)
		}
	}
	in, err := s.next(c, asked{ask.Action, ask.OnBehalfOf})
	if err != nil {
		return err
	}
	return s.answerProcess(w, c, in)
}

// completeProcess answers PUT process/completeProcess: each task is ended with
// the action of its type until the process ends.
func (s *Server) completeProcess(w http.ResponseWriter, c *call) error {
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	switch {
	case err != nil:
		return processFailure(err, "Could not complete process.")
	case in.Process == nil || in.Process.Started == nil:
		return problem(http.StatusConflict, "Conflict", "The process has not started")
	case in.Process.Ended != nil:
		return text(http.StatusConflict, "The process has ended; it cannot be started again")
	case currentTask(in) == "":
		return problem(http.StatusConflict, "Conflict", "The instance is in no task")
	}
	for range maxSteps {
		if err := s.permitNext(c, in, ""); err != nil {
			return withoutBody(err)
		}
		if task, _ := s.folder.Process.Task(currentTask(in)); !task.Automatic() {
			if err := s.checkValid(c, in); err != nil {
				return err
			}
		}
		if in, err = s.next(c, asked{action: completingAction(in)}); err != nil {
			return err
		}
		if in.Process.Ended != nil {
			return s.answerProcess(w, c, in)
		}
	}
	return text(http.StatusInternalServerError, "More than %d steps in the process. It may go round in a circle; mend the process of the application", maxSteps)
}

// completingAction is the action by which completeProcess ends the current task.
// Unlike process/next it does not know what ends a payment, so it takes the name of
// the type.
func completingAction(in storage.Instance) string {
	if taskType := in.Process.CurrentTask.AltinnTaskType; taskType != process.TypePayment {
		return process.DefaultAction(taskType)
	}
	return process.TypePayment
}

// withoutBody is the answer without its body, as where a refusal is the
// framework's.
func withoutBody(err error) error {
	var a *answer
	if !errors.As(err, &a) {
		return err
	}
	return &refusal{empty(a.status), err}
}

// processFailure maps a failure of a platform service as the process endpoints do.
func processFailure(err error, title string) error {
	var upstream *platformError
	if !errors.As(err, &upstream) {
		return err
	}
	return &refusal{platformAnswer(upstream, title), err}
}

// platformAnswer hands on what a platform service has answered: a refusal without
// a body, and as a bare problem what is not there or is in the way.
func platformAnswer(upstream *platformError, title string) *answer {
	switch upstream.Status {
	case http.StatusForbidden:
		return empty(upstream.Status)
	case http.StatusNotFound, http.StatusConflict:
		return &answer{status: upstream.Status, contentType: problemType, body: map[string]any{
			"type": statusType(upstream.Status), "title": http.StatusText(upstream.Status), "status": upstream.Status, "traceId": newTraceID(),
		}}
	}
	return problem(upstream.Status, title, upstream.Error())
}

// statusType is the address by which the framework names a status in a problem.
func statusType(status int) string {
	section := map[int]string{http.StatusBadRequest: "15.5.1", http.StatusNotFound: "15.5.5", http.StatusConflict: "15.5.10"}
	return "https://tools.ietf.org/html/rfc9110#section-" + section[status]
}

// processHistory answers GET process/history with what Storage has noted.
func (s *Server) processHistory(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	history, err := c.platform.history(c.ctx(), c.instanceID)
	if err != nil {
		return processFailure(err, readFailed)
	}
	writeJSON(w, http.StatusOK, jsonType, history)
	return nil
}
