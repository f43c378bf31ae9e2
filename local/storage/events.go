package storage

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/urlquery"
)

// adopted gives an event that somebody else wrote an id and a place.
func (e InstanceEvent) adopted(i *Instance, now time.Time) InstanceEvent {
	if !isGUID(e.ID) {
		e.ID = uuid.NewString()
	}
	e.InstanceID = i.ID
	e.InstanceOwnerPartyID = i.InstanceOwner.PartyID
	e.ProcessInfo = e.ProcessInfo.inUTC()
	if e.Created = instantOf(e.Created); e.Created == nil {
		e.Created = &now
	}
	return e
}

func (s *Server) createEvent(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	var event InstanceEvent
	if err := c.body(&event); err != nil {
		return err
	}
	if event.InstanceID == "" {
		return refuse(http.StatusBadRequest, "Missing parameter values: instance event must exist and instanceId must be set")
	}
	event = event.adopted(&c.instance, instant(s.cfg.Now()))
	err := s.db.write(c.ctx(), func(tx *transaction) error { return insertEvent(c.ctx(), tx, c.seq, event) })
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", event.ID)
	return c.answerJSON(http.StatusCreated, event)
}

// listEvents narrows by eventTypes, which may be repeated, and by from and to,
// which count only when both are given.
func (s *Server) listEvents(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	query := urlquery.Of(c.r)
	types := slices.DeleteFunc(query.All("eventTypes"), func(t string) bool { return t == "" })
	var from, to time.Time
	within := query.Get("from") != "" && query.Get("to") != ""
	if within {
		var err1, err2 error
		from, err1 = parseTimestamp(query.Get("from"))
		to, err2 = parseTimestamp(query.Get("to"))
		if err1 != nil || err2 != nil {
			return refuse(http.StatusBadRequest, "Unable to perform query. Invalid format for time span. Use string format of UTC.")
		}
	}
	all, err := readEvents(c.ctx(), s.db, c.seq)
	if err != nil {
		return err
	}
	events := slices.DeleteFunc(all, func(e InstanceEvent) bool {
		return len(types) > 0 && !slices.Contains(types, e.EventType) || within && (e.Created.Before(from) || e.Created.After(to))
	})
	return c.answerJSON(http.StatusOK, map[string]any{"instanceEvents": events})
}

func (s *Server) getEvent(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	event, err := readEvent(c.ctx(), s.db, c.seq, strings.ToLower(c.r.PathValue("event")))
	if errors.Is(err, errNotFound) {
		return refuseProblem(http.StatusNotFound, "")
	}
	if err != nil {
		return err
	}
	return c.answerJSON(http.StatusOK, event)
}
