package selfservice

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

const (
	basePath       = "/api/v1"
	maxRequestBody = 256 << 10
)

// Config says what a [Server] is made of.
type Config struct {
	// Registry is the database. Required.
	Registry *Registry
	// Issuer is the Maskinporten whose tokens give access, with the slash at
	// the end: https://test.maskinporten.no/. Required.
	Issuer string
	// HTTPClient fetches the issuer's metadata and keys; nil means a client
	// that goes to the real network.
	HTTPClient *http.Client
	// RESTStatuses makes creation answer 201 and deletion 204. The
	// documentation of the plain API does not say; without this both are 200.
	RESTStatuses bool
	// DelegationIssuer is Altinn's name as a source of delegations; empty means
	// https://tt02.altinn.no/.
	DelegationIssuer string
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each refused request; nil discards them.
	Logger *slog.Logger
}

// Server answers https://api.test.samarbeid.digdir.no/api/v1. It is safe for
// concurrent use and needs no closing.
type Server struct {
	registry         *Registry
	bearer           *bearerVerifier
	restStatuses     bool
	delegationIssuer string
	now              func() time.Time
	started          time.Time
	log              *slog.Logger
	routes           *http.ServeMux
}

// New returns a server. It fetches nothing until the first request.
func New(cfg Config) (*Server, error) {
	if cfg.Registry == nil {
		return nil, errors.New("start self-service: no registry")
	}
	if !strings.HasSuffix(cfg.Issuer, "/") {
		return nil, errors.New("start self-service: the issuer must end with a slash")
	}
	s := &Server{
		registry:         cfg.Registry,
		restStatuses:     cfg.RESTStatuses,
		delegationIssuer: cfg.DelegationIssuer,
		now:              cfg.Now,
		log:              cfg.Logger,
	}
	if s.delegationIssuer == "" {
		s.delegationIssuer = "https://tt02.altinn.no/"
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	client := cfg.HTTPClient
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	s.started = s.now()
	s.bearer = &bearerVerifier{issuer: cfg.Issuer, client: client, now: s.now}
	s.routes = s.newRoutes()
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A mux would redirect other spellings of a path; the real service has no
	// such paths.
	if path.Clean(r.URL.Path) != r.URL.Path {
		s.fail(w, r, refuse(http.StatusNotFound, "No resource %s", r.URL.Path))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBody)
	s.routes.ServeHTTP(w, r)
}

// Refused is noted in the timeline for a request that is turned down, in the words
// of the answer.
type Refused struct {
	Status int
	Reason string
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err, s.now())
	timeline.Note(r.Context(), Refused{Status: p.Status, Reason: redact.Text(p.Description)})
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	s.log.InfoContext(r.Context(), "self-service refused a request",
		"method", r.Method, "path", r.URL.Path, "status", p.Status, "correlation_id", p.CorrelationID)
	writeJSON(w, p.Status, p)
}

// readJSON decodes the body of a request.
func readJSON(r *http.Request, into any) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return refuse(http.StatusBadRequest, "The body is cut short or too large")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return refuse(http.StatusBadRequest, "The body is not a JSON object of the right form")
	}
	return nil
}
