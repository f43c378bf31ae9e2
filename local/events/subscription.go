package events

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
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
	same := func(filter, value string) bool { return filter == "" || filter == value }
	below := strings.TrimSuffix(w.SourceFilter, "/")
	return (below == "" || e.Source == below || strings.HasPrefix(e.Source, below+"/")) &&
		same(w.ResourceFilter, e.Resource) && same(w.TypeFilter, e.Type) &&
		same(w.SubjectFilter, e.Subject) && same(w.AlternativeSubjectFilter, e.AlternativeSubject)
}

// subscribe answers POST subscriptions. The same wish twice is one subscription;
// one that is not validated yet gets another chance.
func (s *Server) subscribe(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	if caller.OrgNumber == "" && caller.Org == "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var asked wish
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		refuse(w, "The body is not a subscription request.")
		return
	}
	if wrong := asked.check(); wrong != "" {
		refuse(w, wrong)
		return
	}
	granted, err := s.maySubscribe(r, caller, asked)
	if err != nil {
		s.cfg.Logger.ErrorContext(r.Context(), "no decision about a subscription", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if !granted {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	found := s.findOrAdd(caller, asked)
	if !found.Validated {
		s.delivery.add(delivery{subscription: found.ID, validation: true, cause: timeline.CauseOf(r.Context()), event: Event{
			ID: newID(), SpecVersion: "1.0", Type: TypeValidation, Time: time.Now().UTC(),
			Source: s.cfg.Platform + "/events/api/v1/subscriptions/" + strconv.Itoa(found.ID),
		}})
	}
	w.Header().Set("Location", s.cfg.Platform+"/events/api/v1/subscriptions/"+strconv.Itoa(found.ID))
	writeJSON(w, http.StatusCreated, found)
}

// check says what is wrong with a wish, or nothing.
func (w wish) check() string {
	isHTTPS := func(text string) bool {
		address, err := url.Parse(text)
		return err == nil && address.Scheme == "https" && address.Host != ""
	}
	switch {
	case w.EndPoint == "":
		return "Missing parameter value: endPoint must be set."
	case !isHTTPS(w.EndPoint):
		return "Invalid parameter value: endPoint must be an absolute https address."
	case w.SourceFilter != "" && !isHTTPS(w.SourceFilter):
		return "Invalid parameter value: sourceFilter must be an absolute https address."
	case w.ResourceFilter != "" && !strings.HasPrefix(w.ResourceFilter, "urn:"):
		return "Invalid parameter value: resourceFilter must be a URN."
	case w.SourceFilter == "" && w.ResourceFilter == "":
		return "Missing parameter value: sourceFilter or resourceFilter must be set."
	}
	return ""
}

// maySubscribe lets those subscribe to an application's events who may read it.
// Events of other kinds need a scope.
func (s *Server) maySubscribe(r *http.Request, caller authentication.Principal, asked wish) (bool, error) {
	from, ok := s.originOf(asked.SourceFilter)
	if name, isApp := strings.CutPrefix(asked.ResourceFilter, "urn:altinn:resource:app_"); !ok && isApp {
		if from.org, from.app, ok = strings.Cut(name, "_"); ok {
			_, ok = s.cfg.Applications(from.org + "/" + from.app)
		}
		if !ok {
			return false, nil
		}
	}
	if !ok {
		if !caller.HasScope(scopeSubscribe) {
			authentication.NoteMissingScope(r.Context(), caller, scopeSubscribe)
			return false, nil
		}
		return true, nil
	}
	outcomes, err := s.decisions.Decide(r.Context(), caller, authorization.Question{
		Action: "read", Resource: authorization.Resource{Org: from.org, App: from.app},
	})
	return err == nil && outcomes[0].Permitted, err
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
	id, err := strconv.Atoi(r.PathValue("id"))
	found, ok := s.find(id)
	switch {
	case err != nil || !ok:
		w.WriteHeader(http.StatusNotFound)
		return found, false
	case found.CreatedBy != actor(caller):
		w.WriteHeader(http.StatusUnauthorized)
		return found, false
	}
	return found, true
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
