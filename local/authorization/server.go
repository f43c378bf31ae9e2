package authorization

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/urlquery"
)

const (
	maxRequest = 8 << 20 // bytes of a decision request
	// scopeAuthorize is demanded of those who ask from outside the platform.
	scopeAuthorize = "altinn:authorization/authorize"
)

// Config says what the decision point knows.
type Config struct {
	// Applications finds an application by its id, {org}/{app}.
	Applications func(appID string) (*app.Folder, bool)
	// Parties knows which roles users hold.
	Parties *register.Parties
	// Verifier checks the tokens of those who use the endpoint for callers from
	// outside the platform.
	Verifier authentication.TokenVerifier
	// Platform is the base address where Storage is asked about instances, such
	// as https://platform.tt02.altinn.no.
	Platform string
	// HTTPClient reaches that address; nil means [http.DefaultClient].
	HTTPClient *http.Client
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets the reasons of Indeterminate; nil discards them.
	Logger *slog.Logger
}

// Server is the decision point. It is safe for concurrent use.
type Server struct {
	cfg Config
	mux *http.ServeMux
	log timeline.Latest[Decision]
}

// New makes a decision point.
func New(cfg Config) (*Server, error) {
	if cfg.Applications == nil || cfg.Parties == nil || cfg.Verifier == nil || cfg.Platform == "" {
		return nil, errors.New("start authorization: applications, parties, token verifier and platform address are needed")
	}
	cfg.Platform = strings.TrimSuffix(cfg.Platform, "/")
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = http.DefaultClient
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	const base = "/authorization/api/v1"
	s.mux.HandleFunc("POST "+base+"/decision", s.decision)
	s.mux.HandleFunc("POST "+base+"/authorize", s.authorize)
	s.mux.HandleFunc("GET "+base+"/parties", s.parties)
	s.mux.HandleFunc("GET "+base+"/parties/{partyId}/validate", s.validateParty)
	s.mux.HandleFunc("GET "+base+"/roles", s.roles)
	return s, nil
}

// ServeHTTP serves the paths below /authorization/api/v1/ of the platform host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Decisions gives the newest decisions, oldest first; at most 1,000 are kept.
func (s *Server) Decisions() []Decision { return s.log.All() }

// authorize is decision for callers from outside the platform, in JSON only. What
// is wrong with a request is told to them, where the internal one says no more
// than that there is something.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	caller, _, err := authentication.Authenticate(s.cfg.Verifier, r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if !caller.HasScope(scopeAuthorize) {
		authentication.NoteMissingScope(r.Context(), caller, scopeAuthorize)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var body RequestBody
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err == nil {
		err = json.Unmarshal(data, &body)
	}
	if err != nil {
		w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"title":"One or more validation errors occurred.","status":400}`)
		return
	}
	results, err := s.decideAll(r.Context(), body.Request)
	if err != nil {
		results = []Result{indeterminate(policy.StatusProcessingError, err.Error())}
	}
	writeJSON(w, ResponseBody{results})
}

// decision answers 200 whatever happens, in the language of the request: what
// cannot be read or decided is Indeterminate, and so is a request for several
// decisions of which one cannot be made.
func (s *Server) decision(w http.ResponseWriter, r *http.Request) {
	isJSON := strings.Contains(r.Header.Get("Content-Type"), "application/json")
	var body RequestBody
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	switch {
	case err != nil:
	case isJSON:
		err = json.Unmarshal(data, &body)
	default:
		body.Request, err = readXML(data)
	}
	if err != nil {
		s.cfg.Logger.InfoContext(r.Context(), "decision request cannot be read", "error", redact.Text(err.Error()))
	}
	var results []Result
	if err == nil {
		results, err = s.decideAll(r.Context(), body.Request)
	}
	if err != nil {
		results = []Result{indeterminate(policy.StatusSyntaxError, "")}
	}
	if isJSON {
		writeJSON(w, ResponseBody{results})
		return
	}
	document, err := writeXML(results[0])
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8") // that is what the platform calls it
	_, _ = w.Write(document)                                    // a failed write means that the caller has gone
}

// user is who asks about themselves; where it is somebody else, or nobody, it has
// answered 403 or 401.
func (s *Server) user(w http.ResponseWriter, r *http.Request, asked string) (int, bool) {
	caller, _, err := authentication.Authenticate(s.cfg.Verifier, r)
	if err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return 0, false
	}
	if id, err := strconv.Atoi(asked); err != nil || id != caller.UserID || id == 0 {
		w.WriteHeader(http.StatusForbidden)
		return 0, false
	}
	return caller.UserID, true
}

// parties lists whom a user can represent.
func (s *Server) parties(w http.ResponseWriter, r *http.Request) {
	userID, ok := s.user(w, r, urlquery.Of(r).Get("userid"))
	if !ok {
		return
	}
	parties := s.cfg.Parties.Represented(userID)
	if parties == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, parties)
}

// validateParty tells whether a user can represent a party.
func (s *Server) validateParty(w http.ResponseWriter, r *http.Request) {
	userID, ok := s.user(w, r, urlquery.Of(r).Get("userid"))
	if !ok {
		return
	}
	partyID, err := strconv.Atoi(r.PathValue("partyId"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	writeJSON(w, slices.ContainsFunc(s.cfg.Parties.Represented(userID), func(p register.Party) bool {
		return p.PartyID == partyID
	}))
}

// roles lists the roles that a user holds for a party.
func (s *Server) roles(w http.ResponseWriter, r *http.Request) {
	userID, ok := s.user(w, r, urlquery.Of(r).Get("coveredByUserId"))
	if !ok {
		return
	}
	partyID, err := strconv.Atoi(urlquery.Of(r).Get("offeredByPartyId"))
	if err != nil || partyID == 0 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	type role struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	var roles []role
	for _, code := range s.cfg.Parties.Roles(userID, partyID) {
		roles = append(roles, role{"altinn", code})
	}
	if roles == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	writeJSON(w, roles)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A failed write means that the caller has gone.
	_ = json.NewEncoder(w).Encode(v)
}
