package events

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/timeline"
)

// scopeSubscribe is what subscriptions need that are not to an application.
const scopeSubscribe = "altinn:events.subscribe"

// wish is what a subscriber asks for.
type wish struct {
	EndPoint                 string `json:"endPoint"`
	SourceFilter             string `json:"sourceFilter,omitempty"`
	SubjectFilter            string `json:"subjectFilter,omitempty"`
	ResourceFilter           string `json:"resourceFilter,omitempty"`
	AlternativeSubjectFilter string `json:"alternativeSubjectFilter,omitempty"`
	TypeFilter               string `json:"typeFilter,omitempty"`
	IncludeSubunits          bool   `json:"includeSubunits"`
}

// subscription is a wish that was granted. It is guarded by the server's mutex.
type subscription struct {
	wish
	ID        int       `json:"id"`
	Consumer  string    `json:"consumer"`
	CreatedBy string    `json:"createdBy"`
	Created   time.Time `json:"created"`
	Validated bool      `json:"validated"`

	caller authentication.Principal
}

// matches compares an event with the filters; an empty one lets all pass.
func (w wish) matches(e Event) bool {
	same := func(filter, value string) bool { return filter == "" || strings.EqualFold(filter, value) }
	below := strings.TrimSuffix(w.SourceFilter, "/")
	return (below == "" || e.Source == below || strings.HasPrefix(e.Source, below+"/")) &&
		same(w.ResourceFilter, e.Resource) && same(w.TypeFilter, e.Type) &&
		same(w.SubjectFilter, e.Subject) && same(w.AlternativeSubjectFilter, e.AlternativeSubject)
}

// subscribe answers POST subscriptions. The same wish twice is one subscription,
// whose end point is asked again.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	var asked wish
	if !readJSON(w, r, &asked) {
		return
	}
	if asked.SourceFilter != "" && !isHTTPS(asked.SourceFilter) {
		writeJSON(w, http.StatusBadRequest, "SourceFilter must be an absolute URI")
		return
	}
	isApp := s.isOfApp(asked)
	if !isApp && !caller.HasScope(scopeSubscribe) {
		authentication.NoteMissingScope(r.Context(), caller, scopeSubscribe)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	wrong := asked.check()
	if wrong == "" && isApp {
		wrong = s.complete(&asked, caller)
	} else if wrong == "" {
		wrong = asked.checkGeneric()
	}
	if wrong != "" {
		writeJSON(w, http.StatusBadRequest, wrong)
		return
	}
	granted, err := s.maySubscribe(r, caller, asked, isApp)
	switch {
	case err != nil:
		s.cfg.Logger.ErrorContext(r.Context(), "no decision about a subscription", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	case !granted:
		writeJSON(w, http.StatusForbidden, "Not authorized to create a subscription for resource "+asked.ResourceFilter+".")
		return
	}
	found := s.findOrAdd(caller, asked)
	s.delivery.add(delivery{subscription: found.ID, validation: true, cause: timeline.CauseOf(r.Context()), event: Event{
		ID: newID(), SpecVersion: "1.0", Type: TypeValidation, Time: time.Now().UTC(),
		Source: s.cfg.Platform + "/events/api/v1/subscriptions/" + strconv.Itoa(found.ID),
	}})
	// It is none that could be read: the platform's own leaves out a letter.
	w.Header().Set("Location", "/events/api/v1/subscription/"+strconv.Itoa(found.ID))
	writeJSON(w, http.StatusCreated, found)
}

// findOrAdd returns the caller's subscription with the same wish, or a new one.
func (s *Server) findOrAdd(caller authentication.Principal, asked wish) subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	consumer := actor(caller)
	for _, known := range s.subscriptions {
		if known.Consumer == consumer && known.wish == asked {
			return *known
		}
	}
	s.lastID++
	added := &subscription{wish: asked, ID: s.lastID, Consumer: consumer, CreatedBy: consumer, Created: time.Now().UTC(), caller: caller}
	s.subscriptions = append(s.subscriptions, added)
	return *added
}

// find returns a subscription as it is now.
func (s *Server) find(id int) (subscription, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.subscriptions, func(known *subscription) bool { return known.ID == id })
	if at < 0 {
		return subscription{}, false
	}
	return *s.subscriptions[at], true
}

// validated makes a subscription active.
func (s *Server) validated(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.subscriptions {
		if known.ID == id {
			known.Validated = true
		}
	}
}

// listSubscriptions answers GET subscriptions with the caller's own.
func (s *Server) listSubscriptions(w http.ResponseWriter, _ *http.Request, caller authentication.Principal) {
	list := struct {
		Count         int            `json:"count"`
		Subscriptions []subscription `json:"subscriptions"`
	}{Subscriptions: []subscription{}}
	s.mu.Lock()
	for _, known := range s.subscriptions {
		if known.CreatedBy == actor(caller) {
			list.Subscriptions = append(list.Subscriptions, *known)
		}
	}
	s.mu.Unlock()
	list.Count = len(list.Subscriptions)
	writeJSON(w, http.StatusOK, list)
}

// own finds the subscription that the path names, if it is the caller's; where
// it is not, it has answered.
func (s *Server) own(w http.ResponseWriter, r *http.Request, caller authentication.Principal) (subscription, bool) {
	found, ok := s.named(w, r)
	if ok && found.CreatedBy != actor(caller) {
		w.WriteHeader(http.StatusForbidden)
		return found, false
	}
	return found, ok
}

// named finds the subscription that the path names; where there is none, it has
// answered.
func (s *Server) named(w http.ResponseWriter, r *http.Request) (subscription, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		fault{http.StatusBadRequest, "The id is not a number."}.write(w)
		return subscription{}, false
	}
	found, ok := s.find(id)
	if !ok {
		fault{status: http.StatusNotFound}.write(w)
	}
	return found, ok
}

// validate answers PUT subscriptions/validate/{id}, by which a platform service
// makes a subscription active.
func (s *Server) validate(w http.ResponseWriter, r *http.Request) {
	if _, err := authentication.ReadPlatformToken(r, time.Now()); err != nil {
		status := http.StatusUnauthorized
		if _, _, err := authentication.Authenticate(s.cfg.Verifier, r); err == nil {
			status = http.StatusForbidden // somebody known, and not of the platform
		}
		w.WriteHeader(status)
		return
	}
	if found, ok := s.named(w, r); ok {
		s.validated(found.ID)
		writeJSON(w, http.StatusOK, found) // as it was
	}
}

func (s *Server) getSubscription(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	if found, ok := s.own(w, r, caller); ok {
		writeJSON(w, http.StatusOK, found)
	}
}

// unsubscribe answers DELETE; what waits to be delivered is given up.
func (s *Server) unsubscribe(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	found, ok := s.own(w, r, caller)
	if !ok {
		return
	}
	s.mu.Lock()
	s.subscriptions = slices.DeleteFunc(s.subscriptions, func(known *subscription) bool { return known.ID == found.ID })
	s.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

func newID() string { return uuid.NewString() }
