package register

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/authentication"
)

// maxBody bounds a request body, in bytes.
const maxBody = 1 << 20

// Config says what the stand-in serves.
type Config struct {
	Parties  *Parties
	Verifier authentication.TokenVerifier
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	cfg Config
	mux *http.ServeMux
}

// New makes the stand-in; both members of the configuration are needed.
func New(cfg Config) (*Server, error) {
	if cfg.Parties == nil || cfg.Verifier == nil {
		return nil, errors.New("start register: no parties or no token verifier")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	const base = "/register/api/v1"
	s.handle("GET "+base+"/parties/{partyId}", needs{token: true, application: true, orScope: scopeLookup}, s.party)
	s.handle("POST "+base+"/parties/lookup", needs{application: true, orScope: scopeLookup}, s.lookup)
	s.handle("POST "+base+"/parties/partylist", needs{application: true, orScope: scopeLookup}, s.list)
	s.handle("GET "+base+"/organizations/{number}", needs{application: true, orScope: scopeLookup}, s.organisation)
	s.handle("GET "+base+"/persons", needs{token: true, application: true}, s.person)
	s.handle("GET /profile/api/v1/users/{userId}", needs{token: true}, s.profile)
	s.handle("GET /profile/api/v1/users/current", needs{token: true}, s.ownProfile)
	return s, nil
}

// ServeHTTP serves the paths below /register/api/v1/ and /profile/api/v1/ of the
// platform host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

type handler func(w http.ResponseWriter, r *http.Request, caller authentication.Principal)

// scopeLookup lets programs that are no applications into Register.
const scopeLookup = "altinn:register/partylookup.admin"

// needs is what an endpoint asks of its caller before anything else.
type needs struct {
	token       bool   // an Altinn token
	application bool   // a platform access token
	orScope     string // of the Altinn token, which does instead of a platform access token
}

// handle admits a caller: 401 for nobody known, 403 for somebody who lacks what
// the endpoint needs, both with no body.
func (s *Server) handle(pattern string, needs needs, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		caller, _, err := authentication.Authenticate(s.cfg.Verifier, r)
		admitted := !needs.application || s.isApplication(r) || err == nil && needs.orScope != "" && caller.HasScope(needs.orScope)
		switch {
		case err != nil && (needs.token || !admitted):
			w.WriteHeader(http.StatusUnauthorized)
		case !admitted:
			w.WriteHeader(http.StatusForbidden)
		default:
			h(w, r, caller)
		}
	})
}

// isApplication reports whether a request carries a platform access token.
func (s *Server) isApplication(r *http.Request) bool {
	_, err := authentication.ReadPlatformToken(r, s.cfg.Now())
	return err == nil
}

// party shows a party to service owners, and to users who hold a role for it;
// others get 401.
func (s *Server) party(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	id, err := strconv.Atoi(r.PathValue("partyId"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound) // a path that is none
		return
	}
	party, ok := s.cfg.Parties.ByID(id)
	switch {
	case caller.Org == "" && len(s.cfg.Parties.Roles(caller.UserID, id)) == 0:
		w.WriteHeader(http.StatusUnauthorized)
	case !ok:
		writeProblem(w, http.StatusNotFound)
	default:
		writeJSON(w, party)
	}
}

// lookup finds a party by exactly one identity number.
func (s *Server) lookup(w http.ResponseWriter, r *http.Request, _ authentication.Principal) {
	var ask struct {
		SSN       string `json:"ssn"`
		OrgNumber string `json:"orgNo"`
	}
	if !readJSON(w, r, &ask) {
		return
	}
	if (ask.SSN == "") == (ask.OrgNumber == "") {
		writeProblem(w, http.StatusBadRequest)
		return
	}
	party, ok := s.cfg.Parties.BySSN(ask.SSN)
	if ask.OrgNumber != "" {
		party, ok = s.cfg.Parties.ByOrgNumber(ask.OrgNumber)
	}
	if !ok {
		writeProblem(w, http.StatusNotFound)
		return
	}
	writeJSON(w, party)
}

// list answers with those of the asked parties that exist.
func (s *Server) list(w http.ResponseWriter, r *http.Request, _ authentication.Principal) {
	var ids []int
	if !readJSON(w, r, &ids) {
		return
	}
	found := []Party{}
	for _, id := range ids {
		if party, ok := s.cfg.Parties.ByID(id); ok {
			found = append(found, party)
		}
	}
	if len(found) == 0 {
		writeProblem(w, http.StatusNotFound)
		return
	}
	writeJSON(w, found)
}

func (s *Server) organisation(w http.ResponseWriter, r *http.Request, _ authentication.Principal) {
	party, ok := s.cfg.Parties.ByOrgNumber(r.PathValue("number"))
	if !ok {
		writeProblem(w, http.StatusNotFound)
		return
	}
	writeJSON(w, party.organisation())
}

// personLevel is the level of authentication that a look-up of a person takes.
const personLevel = 2

// person demands the person number together with the last name, so that nobody
// can try numbers until one hits. Only users may ask.
func (s *Server) person(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	if caller.AuthLevel < personLevel {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	number := r.Header.Get("X-Ai-NationalIdentityNumber")
	lastName, err := url.QueryUnescape(r.Header.Get("X-Ai-LastName"))
	if err != nil || number == "" || lastName == "" {
		writeProblem(w, http.StatusBadRequest)
		return
	}
	decoded, _ := base64.StdEncoding.DecodeString(lastName) // as applications send it
	if caller.UserID == 0 {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	party, ok := s.cfg.Parties.BySSN(number)
	names := strings.Fields(party.Name)
	if !ok || !strings.EqualFold(names[len(names)-1], lastName) && !strings.EqualFold(names[len(names)-1], string(decoded)) {
		writeProblem(w, http.StatusNotFound)
		return
	}
	writeJSON(w, wireHuman{SSN: party.SSN, Name: party.Name})
}

// readJSON reads the body; where it cannot, it has answered 400.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into); err != nil {
		writeProblem(w, http.StatusBadRequest)
		return false
	}
	return true
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A failed write means that the caller has gone.
	_ = json.NewEncoder(w).Encode(v)
}

// writeProblem writes the RFC 9457 problem that ASP.NET Core makes of a bare
// status.
func writeProblem(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status})
}
