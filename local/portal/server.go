package portal

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/timeline"
)

const (
	maxBody = 64 << 10         // bytes of a form: a key and its names
	timeout = 10 * time.Second // to read a request, and to answer it
)

// Person is somebody who can log in.
type Person struct {
	Name string
	// Administers are the numbers of the organisations whose integrations the
	// person may administer; for others the page says who can give that right.
	Administers []string
}

// Config says what a [Server] is made of.
type Config struct {
	// Registry has the clients. Required.
	Registry *selfservice.Registry
	// People can log in, at least one.
	People []Person
	// Organisations are those for which they can act, at least one.
	Organisations []selfservice.Organisation
	// Wrap, when set, goes around the pages at an address of their own; see
	// [Server.Serve].
	Wrap func(next http.Handler) http.Handler
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each change and refusal, without what was pasted;
	// nil discards them.
	Logger *slog.Logger
}

// Server answers the pages of one portal, under whatever name it is reached. It
// is safe for concurrent use and needs no closing.
type Server struct {
	registry      *selfservice.Registry
	people        []Person
	organisations []selfservice.Organisation
	now           func() time.Time
	log           *slog.Logger
	sessions      *sessions
	wrap          func(next http.Handler) http.Handler
	templates     map[string]*template.Template
	handler       http.Handler
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	if cfg.Registry == nil || len(cfg.People) == 0 || len(cfg.Organisations) == 0 {
		return nil, errors.New("start the portal: a registry, people and organisations are required")
	}
	s := &Server{
		registry: cfg.Registry, people: slices.Clone(cfg.People), organisations: slices.Clone(cfg.Organisations),
		wrap: cfg.Wrap, now: cfg.Now, log: cfg.Logger,
	}
	if s.wrap == nil {
		s.wrap = func(next http.Handler) http.Handler { return next }
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.sessions = newSessions(s.now)
	var err error
	if s.templates, err = readTemplates(); err != nil {
		return nil, fmt.Errorf("start the portal: %w", err)
	}
	// A form that another site's page sends is refused by where it says that it
	// comes from, which browsers do not let a page choose.
	s.handler = http.NewCrossOriginProtection().Handler(s.routes())
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(timeout)) // not to be had in memory
	_ = deadline.SetWriteDeadline(time.Now().Add(timeout))
	s.handler.ServeHTTP(w, r)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", serveStyle)
	mux.HandleFunc("GET /login", s.open(s.showLogin))
	mux.HandleFunc("POST /login", s.open(s.login))
	mux.HandleFunc("POST /logout", s.open(s.logout))
	mux.HandleFunc("POST /organisation", s.loggedIn(s.switchOrganisation))
	mux.HandleFunc("GET /{$}", s.loggedIn(s.showClients))
	for pattern, page := range map[string]page{
		"GET /clients/new":               s.showTypes,
		"GET /clients/new/maskinporten":  s.showNewClient,
		"POST /clients/new/maskinporten": s.createClient,
	} {
		mux.HandleFunc(pattern, s.loggedIn(s.administrating(page)))
	}
	for pattern, page := range map[string]clientPage{
		"GET /clients/{id}":                s.showClient,
		"GET /clients/{id}/deactivate":     s.showDeactivate,
		"POST /clients/{id}/deactivate":    s.deactivate,
		"GET /clients/{id}/keys":           s.showKeys,
		"GET /clients/{id}/keys/new":       s.showNewKey,
		"POST /clients/{id}/keys/new":      s.addKey,
		"GET /clients/{id}/keys/remove":    s.showRemoveKey,
		"POST /clients/{id}/keys/remove":   s.removeKey,
		"GET /clients/{id}/scopes":         s.showScopes,
		"POST /clients/{id}/scopes":        s.addScopes,
		"POST /clients/{id}/scopes/remove": s.removeScope,
	} {
		mux.HandleFunc(pattern, s.loggedIn(s.administrating(s.ofClient(page))))
	}
	mux.HandleFunc("/", s.open(func(*http.Request, *session) (answer, error) {
		return answer{}, &refusal{http.StatusNotFound, "Siden finnes ikke."}
	}))
	return mux
}

// page answers a request of a session, which is nil before the login.
type page func(*http.Request, *session) (answer, error)

// clientPage answers a request about a client of the session's organisation.
type clientPage func(*http.Request, *session, *selfservice.Registration) (answer, error)

// answer is a page to show or, with a location, another one to go to.
type answer struct {
	status   int // zero means 200
	template string
	title    string
	// fault is what is wrong with the form, for the top of the page.
	fault    string
	location string
	// token begins a session, and ended ends it, in the browser's memory.
	token string
	ended bool
	data  any
}

// redirect goes on to a page with GET, as after every change.
func redirect(location string) (answer, error) { return answer{location: location}, nil }

// refusal is a page that only says why.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// open answers whoever asks.
func (s *Server) open(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found := s.sessions.of(r)
		if found != nil {
			timeline.Identify(r.Context(), timeline.Caller{
				Kind: timeline.KindPortalAdmin, Name: found.person.Name, OrgNumber: found.organisation.Number, Method: "session",
			})
		}
		a, err := p(r, found)
		var refused *refusal
		switch {
		case errors.As(err, &refused):
			s.log.InfoContext(r.Context(), "the portal refused a request", "method", r.Method, "path", r.URL.Path, "status", refused.status)
			a = answer{status: refused.status, template: "refusal", title: http.StatusText(refused.status), data: refused.text}
			if refused.status == http.StatusNotFound {
				a.title = "Ikke funnet"
			}
		case err != nil:
			s.log.ErrorContext(r.Context(), "the portal failed", "method", r.Method, "path", r.URL.Path, "error", err)
			a = answer{status: http.StatusInternalServerError, template: "refusal", title: "Noe gikk galt", data: "Prøv igjen."}
		case r.Method == http.MethodPost && a.location != "":
			s.log.InfoContext(r.Context(), "the portal made a change", "path", r.URL.Path)
		}
		if a.token != "" || a.ended {
			http.SetCookie(w, sessionCookie(a.token, r.TLS != nil))
		}
		if a.location != "" {
			http.Redirect(w, r, a.location, http.StatusSeeOther)
			return
		}
		s.render(w, r, found, a)
	}
}

// loggedIn sends those to the login who have no session.
func (s *Server) loggedIn(p page) http.HandlerFunc {
	return s.open(func(r *http.Request, who *session) (answer, error) {
		if who == nil {
			return redirect("/login")
		}
		return p(r, who)
	})
}

// administrating refuses those who lack the right for their organisation.
func (s *Server) administrating(p page) page {
	return func(r *http.Request, who *session) (answer, error) {
		if !who.mayAdminister() {
			return answer{}, &refusal{http.StatusForbidden, noRight(who.organisation.Name)}
		}
		return p(r, who)
	}
}

// ofClient finds the client that the path names; one of another organisation is
// as good as none.
func (s *Server) ofClient(p clientPage) page {
	return func(r *http.Request, who *session) (answer, error) {
		found, err := s.registry.Registration(r.PathValue("id"))
		if err != nil || found.Client.OrgNumber != who.organisation.Number {
			return answer{}, &refusal{http.StatusNotFound, "Klienten finnes ikke i " + who.organisation.Name + "."}
		}
		if r.Method == http.MethodPost && !found.Client.Active {
			return answer{}, &refusal{http.StatusConflict, "Klienten er deaktivert og kan ikke endres."}
		}
		return p(r, who, found)
	}
}

func noRight(organisation string) string {
	return "Du har ikke rettigheten «Selvbetjening av integrasjoner i ID-porten/Maskinporten» for " + organisation +
		". Virksomhetens hovedadministrator kan gi den i Altinn."
}
