package events

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/timeline"
)

// publish answers POST app: an application tells what has happened. Id, time and
// resource are chosen here, whatever the application says.
func (s *Server) publish(w http.ResponseWriter, r *http.Request) {
	if _, _, err := authentication.Authenticate(s.cfg.Verifier, r); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	application, err := authentication.ReadPlatformToken(r, time.Now())
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var event Event
	if !readJSON(w, r, &event) {
		return
	}
	if event.Type == "" || event.Subject == "" || event.Source == "" {
		fault{http.StatusBadRequest, "Missing parameter values: source, subject and type cannot be null"}.write(w)
		return
	}
	from, ok := s.originOf(event.Source)
	if !ok || !mayPublish(application, event.Source) {
		writeJSON(w, http.StatusUnauthorized, "The application is not authorized to create events for this source")
		return
	}
	event.Time = time.Now().UTC()
	w.Header().Set("Location", event.Subject)
	writeJSON(w, http.StatusCreated, s.take(r.Context(), event, from))
}

// take keeps an event and sends it to those who subscribe to such. It returns its id.
func (s *Server) take(ctx context.Context, event Event, from origin) string {
	event.ID, event.SpecVersion = newID(), "1.0"
	event.Resource, event.ResourceInstance = from.resource(), from.instance
	for _, subscriber := range s.keep(event) {
		s.delivery.add(delivery{subscription: subscriber, event: event, cause: timeline.CauseOf(ctx)})
	}
	return event.ID
}

// Publish seeds an event of an application, with a source of its own and the time that
// it tells; the rest is done as with those that applications publish.
func (s *Server) Publish(ctx context.Context, event Event) {
	from, _ := s.originOf(event.Source)
	s.take(ctx, event, from)
}

// mayPublish compares where an event comes from with who has made the platform
// access token, where that is told. Like on the platform, the path needs no more
// than begin so.
func mayPublish(application authentication.PlatformToken, source string) bool {
	if application == (authentication.PlatformToken{}) {
		return true
	}
	address, err := url.Parse(source)
	return err == nil && strings.HasPrefix(address.Path, "/"+application.Issuer+"/"+application.App)
}

// readJSON reads the body; where it cannot, it has answered.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		fault{status: http.StatusUnsupportedMediaType}.write(w)
		return false
	}
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		fault{http.StatusBadRequest, "The body cannot be read as what is expected here."}.write(w)
		return false
	}
	return true
}
