package events

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
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
	// Parties knows whose an identity number is.
	Parties *register.Parties
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
	if cfg.Platform == "" || cfg.AppsDomain == "" || cfg.HTTPClient == nil || cfg.Outward == nil || cfg.Applications == nil || cfg.Verifier == nil || cfg.Parties == nil {
		return nil, errors.New("start events: platform address, applications' domain and applications, token verifier, parties and two ways out are needed")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), decisions: authorization.Client{Platform: cfg.Platform, HTTPClient: cfg.HTTPClient}}
	s.delivery = newDeliverer(s.deliver)
	const base = "/events/api/v1"
	s.mux.HandleFunc("POST "+base+"/app", s.publish)
	s.mux.HandleFunc("GET "+base+"/app/{org}/{app}", s.authenticated(s.pull))
	s.mux.HandleFunc("GET "+base+"/app/party", s.authenticated(s.pullOfParty))
	s.mux.HandleFunc("POST "+base+"/subscriptions", s.authenticated(s.subscribe))
	s.mux.HandleFunc("GET "+base+"/subscriptions", s.authenticated(s.listSubscriptions))
	s.mux.HandleFunc("GET "+base+"/subscriptions/{id}", s.authenticated(s.getSubscription))
	s.mux.HandleFunc("DELETE "+base+"/subscriptions/{id}", s.authenticated(s.unsubscribe))
	s.mux.HandleFunc("PUT "+base+"/subscriptions/validate/{id}", s.validate)
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

// mayRead tells whether a caller may read the events of each event's instance, or
// else of the application. An instance that is gone, of which nothing can be
// decided, does not take the others with it.
func (s *Server) mayRead(ctx context.Context, caller authentication.Principal, events ...Event) ([]bool, error) {
	questions := make([]authorization.Question, len(events))
	for n, event := range events {
		from, _ := s.originOf(event.Source)
		questions[n] = authorization.Question{Action: "read", Resource: authorization.Resource{
			Org: from.org, App: from.app, InstanceID: event.ResourceInstance, Part: "events",
		}}
		if party, _, ok := strings.Cut(event.ResourceInstance, "/"); ok {
			questions[n].Resource.PartyID, _ = strconv.Atoi(party)
		}
	}
	outcomes, err := s.decisions.Decide(ctx, caller, questions...)
	if err != nil {
		return nil, err
	}
	if len(outcomes) > 1 && outcomes[0].Undecided {
		half := len(events) / 2
		first, err1 := s.mayRead(ctx, caller, events[:half]...)
		second, err2 := s.mayRead(ctx, caller, events[half:]...)
		return append(first, second...), errors.Join(err1, err2)
	}
	permitted := make([]bool, len(outcomes))
	for n, outcome := range outcomes {
		permitted[n] = outcome.Permitted
	}
	return permitted, nil
}

// actor is how the platform names a caller here.
func actor(caller authentication.Principal) string {
	switch {
	case caller.Org != "":
		return "/org/" + caller.Org
	case caller.UserID != 0:
		return "/user/" + strconv.Itoa(caller.UserID)
	case caller.SystemUserID != "":
		return "/systemuser/" + caller.SystemUserID
	case caller.OrgNumber != "":
		return "/organisation/" + caller.OrgNumber
	}
	return ""
}

func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a failed write means that the caller has gone
}

// fault is an answer in the form of RFC 9457; its text repeats nothing of the
// request.
type fault struct {
	status int
	detail string
}

func (f fault) write(w http.ResponseWriter) {
	problem := map[string]any{"title": http.StatusText(f.status), "status": f.status}
	if f.detail != "" {
		problem["detail"] = f.detail
	}
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(problem) // as above
}
