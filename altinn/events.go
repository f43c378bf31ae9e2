package altinn

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
)

// The types of events that matter to who waits for a form (docs.altinn.studio,
// Events: app events and subscriptions).
const (
	// EventProcessCompleted tells that an instance's process has ended.
	EventProcessCompleted = "app.instance.process.completed"
	// EventValidateSubscription is sent to a new subscription's end point. Until
	// it has been answered with 2xx, no other event is.
	EventValidateSubscription = "platform.events.validatesubscription"
)

// Event is what an event of an application says, as far as it is of use. What
// names a person is not read.
type Event struct {
	ID   string
	Type string
	// AppID is the application and Instance the instance, "{party id}/{guid}" in
	// lower case, that the event's source names. Both are empty for an event that
	// is not about an instance.
	AppID    string
	Instance string
}

// ErrEvent reports text that is no CloudEvent, version 1.0. It holds nothing of
// the text, since that may name a person.
var ErrEvent = errors.New("read the event: it is not a CloudEvent of version 1.0 as JSON")

// ParseEvent reads a CloudEvent 1.0 in the JSON format (github.com/cloudevents/spec).
// The error is [ErrEvent].
func ParseEvent(data []byte) (Event, error) {
	var read event.Event
	if err := json.Unmarshal(data, &read); err != nil || read.Validate() != nil || read.SpecVersion() != event.CloudEventsVersionV1 {
		return Event{}, ErrEvent
	}
	e := Event{ID: read.ID(), Type: read.Type()}
	e.AppID, e.Instance = sourceInstance(read.Source())
	return e, nil
}

// sourceInstance takes apart https://{org}.apps.{domain}/{org}/{app}/instances/{party id}/{guid}.
func sourceInstance(source string) (appID, instance string) {
	address, err := url.Parse(source)
	if err != nil {
		return "", ""
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	if len(parts) != 5 || parts[2] != "instances" {
		return "", ""
	}
	party, guid, err := ParseInstanceID(parts[3] + "/" + parts[4])
	if err != nil {
		return "", ""
	}
	if _, _, err := ParseAppID(parts[0] + "/" + parts[1]); err != nil {
		return "", ""
	}
	return parts[0] + "/" + parts[1], fmt.Sprintf("%s/%s", party, guid)
}
