package apphost

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
)

// getInstance answers GET of an instance.
func (s *Server) getInstance(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return err
	}
	s.markRead(c, &in)
	s.answerInstance(w, c, in)
	return nil
}

// answerInstance answers 200 with the instance and, where Register shows it to
// the caller, its owner.
func (s *Server) answerInstance(w http.ResponseWriter, c *call, in storage.Instance) {
	owner, err := c.platform.partyByID(c.ctx(), in.InstanceOwner.PartyID)
	if err != nil {
		owner = nil
	}
	writeJSON(w, http.StatusOK, jsonType, s.instanceForm(c.r, in, owner))
}

// deleteInstance answers DELETE of an instance.
func (s *Server) deleteInstance(w http.ResponseWriter, c *call) error {
	hard := false
	if asked := urlquery.Of(c.r).Get("hard"); asked != "" {
		var err error
		if hard, err = strconv.ParseBool(asked); err != nil {
			return bindingProblem("hard", "The value is not a boolean.")
		}
	}
	if err := s.permit(c, "delete"); err != nil {
		return err
	}
	removed, err := c.platform.removeInstance(c.ctx(), c.instanceID, hard)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, s.instanceForm(c.r, removed, nil))
	return nil
}

// putSubstatus answers PUT substatus, which is for the owner of the application.
func (s *Server) putSubstatus(w http.ResponseWriter, c *call) error {
	var sub storage.Substatus
	body, err := readBounded(c.r.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &sub); err != nil {
		return bindingFailure(err)
	}
	if sub.Label == "" {
		return text(http.StatusBadRequest, "The substatus has no label")
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		// Not caught by the application library: an unhandled exception.
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	if c.caller.Org == "" || !strings.EqualFold(c.caller.Org, in.Org) {
		return empty(http.StatusForbidden)
	}
	changed, err := c.platform.setSubstatus(c.ctx(), c.instanceID, sub)
	if err != nil {
		return err
	}
	s.publish(c, changed, events.TypeSubstatusChanged)
	s.answerInstance(w, c, changed)
	return nil
}

// completeInstance answers POST complete: an organisation has received what it
// needs.
func (s *Server) completeInstance(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "complete"); err != nil {
		return err
	}
	confirmed, err := c.platform.confirmComplete(c.ctx(), c.instanceID)
	if err != nil {
		return err
	}
	s.answerInstance(w, c, confirmed)
	return nil
}

// activeInstances answers GET {party}/active with what the party can go on with,
// and the name of who has changed it last.
func (s *Server) activeInstances(w http.ResponseWriter, c *call) error {
	party := c.r.PathValue("party")
	if _, err := strconv.Atoi(party); err != nil {
		return empty(http.StatusNotFound)
	}
	found, err := c.platform.activeInstances(c.ctx(), s.folder.ID, party)
	if err != nil {
		return err
	}
	type active struct {
		ID            string     `json:"id"`
		LastChanged   *time.Time `json:"lastChanged"`
		LastChangedBy *string    `json:"lastChangedBy"`
	}
	out := make([]active, len(found))
	names := map[string]string{}
	for i, in := range found {
		by := in.LastChangedBy
		if _, asked := names[by]; !asked {
			names[by] = c.platform.nameOf(c.ctx(), by)
		}
		out[i] = active{in.ID, in.LastChanged, nullable(names[by])}
	}
	writeJSON(w, http.StatusOK, jsonType, out)
	return nil
}

// fileScanResult answers GET filescanresult: the worst of the results, and all
// of them.
func (s *Server) fileScanResult(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return err
	}
	type result struct {
		ID             string `json:"id"`
		FileScanResult string `json:"fileScanResult"`
	}
	rank := map[string]int{"NotApplicable": 0, "Clean": 1, "Pending": 2, "Infected": 3}
	worst := "NotApplicable"
	results := make([]result, len(in.Data))
	for i, e := range in.Data {
		results[i] = result{e.ID, e.FileScanResult}
		if rank[e.FileScanResult] > rank[worst] {
			worst = e.FileScanResult
		}
	}
	writeJSON(w, http.StatusOK, jsonType, map[string]any{"id": in.ID, "fileScanResult": worst, "data": results})
	return nil
}
