package storage

import (
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// adopted gives an event that somebody else wrote an id and a place.
func (e InstanceEvent) adopted(i *Instance, now time.Time) InstanceEvent {
	e.ID = newGUID()
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
	if event.EventType == "" {
		return refuse(http.StatusBadRequest, "Missing parameter values: eventType must be set.")
	}
	event = event.adopted(&c.instance, instant(s.cfg.Now()))
	err := s.db.write(c.ctx(), func(tx *sql.Tx) error { return insertEvent(c.ctx(), tx, c.seq, event) })
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", s.links(&c.instance).Platform+"/events/"+event.ID)
	return c.answerJSON(http.StatusCreated, event)
}

// listEvents narrows by eventTypes (repeated or separated by commas), from and
// to.
func (s *Server) listEvents(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	query := c.r.URL.Query()
	var types []string
	for _, list := range query["eventTypes"] {
		types = append(types, strings.Split(strings.ToLower(list), ",")...)
	}
	bound := map[string]*time.Time{}
	for _, name := range []string{"from", "to"} {
		if text := query.Get(name); text != "" {
			at, err := parseTimestamp(text)
			if err != nil {
				return invalid(name, text)
			}
			bound[name] = &at
		}
	}
	all, err := readEvents(c.ctx(), s.db.sql, c.seq)
	if err != nil {
		return err
	}
	events := slices.DeleteFunc(all, func(e InstanceEvent) bool {
		return types != nil && !slices.Contains(types, strings.ToLower(e.EventType)) ||
			bound["from"] != nil && e.Created.Before(*bound["from"]) ||
			bound["to"] != nil && e.Created.After(*bound["to"])
	})
	return c.answerJSON(http.StatusOK, map[string]any{"instanceEvents": events})
}

func (s *Server) getEvent(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	event, err := readEvent(c.ctx(), s.db.sql, c.seq, strings.ToLower(c.r.PathValue("event")))
	if errors.Is(err, errNotFound) {
		return refuse(http.StatusNotFound, "Unable to find event "+c.r.PathValue("event"))
	}
	if err != nil {
		return err
	}
	return c.answerJSON(http.StatusOK, event)
}
