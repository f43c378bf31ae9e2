package apphost

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/stafett/stafett/local/urlquery"
	"github.com/stafett/stafett/secret"
)

// validateSubscription is the type of the event by which Altinn Events asks
// whether an address wants to be told anything.
const validateSubscription = "platform.events.validatesubscription"

// receiveEvent answers POST eventsreceiver: the code of the query must be that of
// the application. All that handles an event but its subscription is code of the
// application's own.
func (s *Server) receiveEvent(w http.ResponseWriter, r *http.Request) {
	if err := s.takeEvent(r); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// takeEvent says why an event is not taken.
func (s *Server) takeEvent(r *http.Request) error {
	var event struct {
		Type *string `json:"type"`
	}
	body, err := readBounded(r.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return bindingFailure(err)
	}
	code, err := s.eventCode(r)
	switch {
	case err != nil:
		return &refusal{empty(http.StatusInternalServerError), err}
	case subtle.ConstantTimeCompare([]byte(urlquery.Of(r).Get("code")), []byte(code.Reveal())) == 0:
		return empty(http.StatusUnauthorized)
	case event.Type == nil:
		return empty(http.StatusBadRequest)
	case *event.Type != validateSubscription:
		return text(http.StatusBadRequest, "No eventhandler found that supports %s", *event.Type)
	}
	return nil
}

var errNoEventCode = errors.New("the application has no secret EventSubscription--SecretCode")

// eventCode is the application's secret EventSubscription--SecretCode.
func (s *Server) eventCode(r *http.Request) (secret.String, error) {
	if s.cfg.EventCode == nil {
		return secret.String{}, errNoEventCode
	}
	return s.cfg.EventCode(r.Context())
}
