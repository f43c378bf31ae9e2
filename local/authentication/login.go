package authentication

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/stafett/stafett/local/urlquery"
)

// localtestVersion is the answer that applications expect of a local platform
// before they agree to start.
const localtestVersion = "6"

// LoginHandler serves the test login of Altinn's local test environment, host
// local.altinn.cloud. Tokens are bare text.
//
//	GET /Home/GetTestUserToken/{userId}?authenticationLevel=2
//	GET /Home/GetTestOrgToken/{org}?orgNumber=&scopes=&authenticationLevel=3
//	GET /Home/Localtest/Version
//
// and the newer ones below /Home/auth, see testTokens.
func (s *Server) LoginHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /Home/GetTestUserToken/{userId}", s.testUserToken)
	mux.HandleFunc("GET /Home/GetTestOrgToken/{org}", s.testOrgToken)
	mux.HandleFunc("GET /Home/GetTestOrgToken", s.testOrgToken)
	mux.HandleFunc("GET /Home/Localtest/Version", func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusOK, localtestVersion)
	})
	s.testTokens(mux)
	return mux
}

// testUserToken takes a user id or a party id.
func (s *Server) testUserToken(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("userId"))
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "The user id is not an integer.")
		return
	}
	level, ok := levelOf(w, r, 2)
	if !ok {
		return
	}
	person, found := s.cfg.People(id)
	if !found {
		writeProblem(w, http.StatusNotFound, "No test person has this user id or party id.")
		return
	}
	s.answerSigned(w, r)(s.PersonToken(r.Context(), person, level))
}

func (s *Server) testOrgToken(w http.ResponseWriter, r *http.Request) {
	query := urlquery.Of(r)
	org := cmp.Or(r.PathValue("org"), query.Get("org"))
	level, ok := levelOf(w, r, 3)
	if !ok {
		return
	}
	number := query.Get("orgNumber")
	if number == "" {
		number, _ = s.cfg.Orgs.Number(org)
	}
	if number == "" {
		writeProblem(w, http.StatusNotFound, "The organisation is not in the list of service owners, and no orgNumber is given.")
		return
	}
	scope := cmp.Or(query.Get("scopes"), "altinn:serviceowner/instances.read")
	s.answerSigned(w, r)(s.orgToken(r.Context(), org, number, scope, level))
}

// levelOf reads the security level; where it is not one, it has answered 400.
func levelOf(w http.ResponseWriter, r *http.Request, otherwise int) (int, bool) {
	asked := urlquery.Of(r).Get("authenticationLevel")
	if asked == "" {
		return otherwise, true
	}
	level, err := strconv.Atoi(asked)
	if err != nil || level < 0 || level > 4 {
		writeProblem(w, http.StatusBadRequest, "authenticationLevel is not within 0 to 4.")
		return 0, false
	}
	return level, true
}

func (s *Server) answerSigned(w http.ResponseWriter, r *http.Request) func(token string, err error) {
	return func(token string, err error) {
		if err != nil {
			s.cfg.Logger.ErrorContext(r.Context(), "cannot sign a token", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		writeText(w, http.StatusOK, token)
	}
}
