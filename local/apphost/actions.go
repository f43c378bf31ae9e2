package apphost

import (
	"encoding/json"
	"net/http"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
)

// action does what an action means besides moving the process. An error is a
// fault of the application; what the library answers itself is the outcome.
type action func(c *call, in *storage.Instance, task process.Task, onBehalfOf string) (actionOutcome, error)

// actionOutcome is what an action came to.
type actionOutcome struct {
	failure  *actionFailure // nil: done
	redirect string         // where the person has to go on
}

// actionFailure is why an action was not done.
type actionFailure struct {
	status        int // at the endpoint for actions
	code, message string
}

// nextStatus is the status at process/next, which knows fewer of them.
func (f *actionFailure) nextStatus() int {
	switch f.status {
	case http.StatusConflict:
		return http.StatusConflict
	case http.StatusUnauthorized:
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

func (f *actionFailure) nextTitle() string {
	switch f.nextStatus() {
	case http.StatusConflict:
		return "Conflict"
	case http.StatusForbidden:
		return "Unauthorized"
	}
	return "Internal server error"
}

func actionFailed(status int, code, message string) actionOutcome {
	return actionOutcome{failure: &actionFailure{status, code, message}}
}

// actions are those that the library brings along. An application's own are code,
// which is not run here.
func (s *Server) actions() map[string]action {
	return map[string]action{"sign": s.signAction, "pay": s.payAction}
}

// actionAnswer is the answer of the endpoint for actions.
type actionAnswer struct {
	Instance         instanceJSON   `json:"instance"`
	UpdatedModels    map[string]any `json:"updatedDataModels"`
	ValidationIssues map[string]any `json:"updatedValidationIssues"`
	ClientActions    []any          `json:"clientActions"`
	Error            *actionError   `json:"error"`
	RedirectURL      *string        `json:"redirectUrl"`
}

type actionError struct {
	Code     string            `json:"code"`
	Message  string            `json:"message"`
	Metadata map[string]string `json:"metadata"`
}

// performAction answers POST actions: an action that leaves the process where it
// stands. It is for people.
func (s *Server) performAction(w http.ResponseWriter, c *call) error {
	var ask struct {
		Action     *string `json:"action"`
		OnBehalfOf string  `json:"onBehalfOf"`
	}
	body, err := readBounded(c.r.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &ask); err != nil {
		return bindingFailure(err)
	}
	if ask.Action == nil {
		return problemWith(http.StatusBadRequest, "Action is missing", "Action is missing in the request",
			map[string]any{"instance": guidOf(c.instanceID)})
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	switch {
	case err != nil:
		// Not caught by the application library: an unhandled exception.
		return &refusal{empty(http.StatusInternalServerError), err}
	case in.Process == nil || in.Process.Started == nil:
		return text(http.StatusConflict, "The process has not started")
	case in.Process.Ended != nil:
		return text(http.StatusConflict, "The process has ended")
	case c.caller.UserID == 0:
		return empty(http.StatusUnauthorized)
	}
	allowed, err := s.permittedIn(c, in, *ask.Action)
	if err != nil {
		return err
	}
	if !allowed[0] {
		return empty(http.StatusForbidden)
	}
	act, known := s.actions()[*ask.Action]
	if !known {
		return s.answerAction(w, c, in, actionFailed(http.StatusNotFound, "ActionNotFound", "Action handler with id "+*ask.Action+" not found"))
	}
	task, _ := s.folder.Process.Task(currentTask(in))
	outcome, err := act(c, &in, task, ask.OnBehalfOf)
	if err != nil {
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	return s.answerAction(w, c, in, outcome)
}

func (s *Server) answerAction(w http.ResponseWriter, c *call, in storage.Instance, outcome actionOutcome) error {
	out := actionAnswer{Instance: s.instanceForm(c.r, in, nil), RedirectURL: nullable(outcome.redirect)}
	status := http.StatusOK
	if f := outcome.failure; f != nil {
		status, out.Error = f.status, &actionError{Code: f.code, Message: f.message}
	} else {
		out.UpdatedModels, out.ValidationIssues = map[string]any{}, map[string]any{}
	}
	writeJSON(w, status, jsonType, out)
	return nil
}
