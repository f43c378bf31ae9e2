package apphost

import (
	"encoding/json"
	"net/http"

	"github.com/stafett/stafett/local/storage"
)

const (
	nextFailed     = "Process next failed."
	somethingWrong = "Something went wrong."
)

// getProcess answers GET process.
func (s *Server) getProcess(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return problemFor(err, somethingWrong)
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
		return problemFor(err, somethingWrong)
	}
	if in.Process != nil && in.Process.Started != nil {
		return problem(http.StatusConflict, "Conflict", "The process has started already")
	}
	if in.Process, err = s.firstState(); err != nil {
		return problem(http.StatusConflict, "Conflict", err.Error())
	}
	if err := s.startTask(c, &in, currentTask(in), nil, nil); err != nil {
		return problemFor(err, "Process start failed.")
	}
	if err := c.platform.storeProcess(c.ctx(), in.ID, in.Process, s.startEvents(c, in)); err != nil {
		return problemFor(err, "Process start failed.")
	}
	return s.answerProcess(w, c, in)
}

// nextRequest is the body of process/next.
type nextRequest struct {
	Action string `json:"action"`
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
	in, err := s.next(c, ask.Action)
	if err != nil {
		return err
	}
	return s.answerProcess(w, c, in)
}

// completeProcess answers PUT process/completeProcess: each task is ended with
// its default action until the process ends.
func (s *Server) completeProcess(w http.ResponseWriter, c *call) error {
	for range maxSteps {
		in, err := s.next(c, "")
		if err != nil {
			return err
		}
		if in.Process.Ended != nil {
			return s.answerProcess(w, c, in)
		}
	}
	return tooManySteps()
}

// processHistory answers GET process/history with what Storage has noted.
func (s *Server) processHistory(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	history, err := c.platform.history(c.ctx(), c.instanceID)
	if err != nil {
		return problemFor(err, somethingWrong)
	}
	writeJSON(w, http.StatusOK, jsonType, history)
	return nil
}
