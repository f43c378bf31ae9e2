package events

import (
	"net/url"
	"strings"
	"time"
)

// Types of the events that applications publish.
const (
	TypeCreated          = "app.instance.created"
	TypeMovedTo          = "app.instance.process.movedTo." // and the task's id
	TypeCompleted        = "app.instance.process.completed"
	TypeSubstatusChanged = "app.instance.substatus.changed"
	// TypeValidation is what a new subscription's end point has to answer.
	TypeValidation = "platform.events.validatesubscription"
)

// Event is a CloudEvent 1.0 in its JSON form. AlternativeSubject holds the
// owner's identity number.
type Event struct {
	ID                 string    `json:"id"`
	SpecVersion        string    `json:"specversion"`
	Type               string    `json:"type"`
	Time               time.Time `json:"time"`
	Source             string    `json:"source"`
	Subject            string    `json:"subject,omitempty"`
	AlternativeSubject string    `json:"alternativesubject,omitempty"`
	Resource           string    `json:"resource,omitempty"`
	ResourceInstance   string    `json:"resourceinstance,omitempty"`
}

// origin is where an application's event comes from.
type origin struct {
	org, app, instance string // instance is {party}/{guid}, or empty
}

// originOf reads a source or source filter: https://{org}.{domain}/{org}/{app},
// with /instances/{party}/{guid} behind it or not; ok is false for those of
// nobody's application.
func (s *Server) originOf(source string) (o origin, ok bool) {
	address, err := url.Parse(source)
	if err != nil || address.Scheme != "https" {
		return o, false
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	if len(parts) < 2 || !strings.EqualFold(address.Host, parts[0]+"."+s.cfg.AppsDomain) {
		return o, false
	}
	o.org, o.app = parts[0], parts[1]
	if len(parts) >= 5 && parts[2] == "instances" {
		o.instance = parts[3] + "/" + parts[4]
	}
	_, ok = s.cfg.Applications(o.org + "/" + o.app)
	return o, ok
}

// resource is the name of an application as a resource.
func (o origin) resource() string { return "urn:altinn:resource:app_" + o.org + "_" + o.app }
