package apphost

import (
	"net/http"

	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/storage"
)

// publish tells Altinn Events what has happened to an instance, if the
// application does so at all. A failure is noted, and that is all: an event may
// be lost.
func (s *Server) publish(c *call, in storage.Instance, eventType string) {
	if !s.settings.publishes {
		return
	}
	event := events.Event{
		SpecVersion: "1.0", Type: eventType, Time: s.now(),
		Source: s.appAddress(c.r, in.ID), Subject: "/party/" + in.InstanceOwner.PartyID,
	}
	switch owner := in.InstanceOwner; {
	case owner.OrganisationNumber != "":
		event.AlternativeSubject = "/org/" + owner.OrganisationNumber
	case owner.PersonNumber != "":
		event.AlternativeSubject = "/person/" + owner.PersonNumber
	}
	q, err := request{operation: "publish event", method: http.MethodPost, path: "/events/api/v1/app", token: c.platform.token, application: true}.withJSON(event)
	if err == nil {
		err = c.platform.call(c.ctx(), q, nil)
	}
	if err != nil {
		s.cfg.Logger.WarnContext(c.ctx(), "event lost", "type", eventType, "instance", in.ID, "reason", err)
	}
}

// publishStep tells where the process of an instance has come to.
func (s *Server) publishStep(c *call, in storage.Instance) {
	if in.Process.Ended != nil {
		s.publish(c, in, events.TypeCompleted)
		return
	}
	s.publish(c, in, events.TypeMovedTo+currentTask(in))
}
