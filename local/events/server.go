package events

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/timeline"
)

const (
	// maxBody bounds a request, in bytes.
	maxBody = 1 << 20
	// maxKept is how many events are kept for those who ask; the oldest go first.
	maxKept = 100_000
)

// Config is what [New] needs.
type Config struct {
	// Platform is the base address of the platform, such as
	// https://platform.tt02.altinn.no.
	Platform string
	// AppsDomain is what follows the owner's code in the host names of
	// applications, such as apps.tt02.altinn.no.
	AppsDomain string
	// HTTPClient reaches the decision point.
	HTTPClient *http.Client
	// Outward makes the connections to subscribers.
	Outward http.RoundTripper
	// Applications finds an application by its id, {org}/{app}.
	Applications func(appID string) (*app.Folder, bool)
	// Verifier checks the callers' tokens.
	Verifier authentication.TokenVerifier
	// Logger gets what cannot be delivered, without addresses; nil discards.
	Logger *slog.Logger
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	cfg       Config
	decisions authorization.Client
	mux       *http.ServeMux
	delivery  *deliverer

	mu            sync.Mutex
	events        []Event         // in the order in which they came
	subscriptions []*subscription // by id
	lastID        int
}

// New starts the stand-in; the caller closes it.
func New(cfg Config) (*Server, error) {
	if cfg.Platform == "" || cfg.AppsDomain == "" || cfg.HTTPClient == nil || cfg.Outward == nil || cfg.Applications == nil || cfg.Verifier == nil {
		return nil, errors.New("start events: platform address, applications' domain and applications, token verifier and two ways out are needed")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), decisions: authorization.Client{Platform: cfg.Platform, HTTPClient: cfg.HTTPClient}}
	s.delivery = newDeliverer(s.deliver)
	const base = "/events/api/v1"
	s.mux.HandleFunc("POST "+base+"/app", s.publish)
	s.mux.HandleFunc("GET "+base+"/app/{org}/{app}", s.authenticated(s.pull))
	s.mux.HandleFunc("POST "+base+"/subscriptions", s.authenticated(s.subscribe))
	s.mux.HandleFunc("GET "+base+"/subscriptions", s.authenticated(s.listSubscriptions))
	s.mux.HandleFunc("GET "+base+"/subscriptions/{id}", s.authenticated(s.getSubscription))
	s.mux.HandleFunc("DELETE "+base+"/subscriptions/{id}", s.authenticated(s.unsubscribe))
	return s, nil
}

// Close gives up all deliveries and waits for those under way.
func (s *Server) Close() { s.delivery.close() }

// ServeHTTP serves the paths below /events/api/v1/ of the platform host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// handler answers a request of somebody whose token is good.
type handler func(w http.ResponseWriter, r *http.Request, caller authentication.Principal)

func (s *Server) authenticated(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, _, err := authentication.Authenticate(s.cfg.Verifier, r)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h(w, r, caller)
	}
}

// publish answers POST app: an application tells what has happened. The id is
// chosen here.
func (s *Server) publish(w http.ResponseWriter, r *http.Request) {
	_, _, err := authentication.Authenticate(s.cfg.Verifier, r)
	if err != nil || r.Header.Get("PlatformAccessToken") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event Event
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		refuse(w, "The body is not a cloud event.")
		return
	}
	from, ok := s.originOf(event.Source)
	switch {
	case !ok:
		w.WriteHeader(http.StatusUnauthorized) // the source is not the application's that the access token names
		return
	case event.Type == "" || event.Subject == "" || event.Time.IsZero() || event.SpecVersion != "1.0":
		refuse(w, "Missing parameter values: specversion 1.0, type, subject and time must be set.")
		return
	}
	event.ID = newID()
	event.Resource, event.ResourceInstance = from.resource(), from.instance
	for _, subscriber := range s.keep(event) {
		s.delivery.add(delivery{subscription: subscriber, event: event, cause: timeline.CauseOf(r.Context())})
	}
	writeJSON(w, http.StatusCreated, event.ID)
}

// keep stores an event and returns the active subscriptions that it is for.
func (s *Server) keep(event Event) (subscriptions []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
	if len(s.events) > maxKept {
		s.events = append(make([]Event, 0, maxKept), s.events[maxKept/10:]...)
	}
	for _, sub := range s.subscriptions {
		if sub.Validated && sub.matches(event) {
			subscriptions = append(subscriptions, sub.ID)
		}
	}
	return subscriptions
}

// mayRead tells whether a caller may read the instance of each event, or else
// the application's.
func (s *Server) mayRead(ctx context.Context, caller authentication.Principal, events ...Event) ([]bool, error) {
	questions := make([]authorization.Question, len(events))
	for n, event := range events {
		questions[n].Action = "read"
		if event.ResourceInstance != "" {
			questions[n].Resource.InstanceID = event.ResourceInstance
		} else {
			from, _ := s.originOf(event.Source)
			questions[n].Resource = authorization.Resource{Org: from.org, App: from.app}
		}
	}
	outcomes, err := s.decisions.Decide(ctx, caller, questions...)
	if err != nil {
		return nil, err
	}
	permitted := make([]bool, len(outcomes))
	for n, outcome := range outcomes {
		permitted[n] = outcome.Permitted
	}
	return permitted, nil
}

// actor is how the platform names a caller here.
func actor(caller authentication.Principal) string {
	if caller.Org != "" {
		return "/org/" + caller.Org
	}
	return "/organisation/" + caller.OrgNumber
}

func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a failed write means that the caller has gone
}

// refuse answers 400 with a text that repeats nothing of the request.
func refuse(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, text) //nolint:gosec // G705: texts of this package, and as text/plain
}
