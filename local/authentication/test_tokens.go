package authentication

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/urlquery"
)

// Scopes of the test tokens that ask for none.
const (
	scopeServiceOwner = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
	scopeOrganisation = "altinn:instances.read altinn:instances.write"
	scopeEndUser      = "altinn:portal/enduser"
)

// claimActualIssuer tells an application's library that a token of the test login
// is made as one of the platform, so that it is read like one.
const claimActualIssuer = "actual_iss"

// testTokens registers the newer test tokens, whose claims are those of the
// platform's own (Altinn/altinn-studio, localtest: TestAuthenticationController).
//
//	GET /Home/auth/user?userId=&partyId=&authenticationLevel=2&scope=
//	GET /Home/auth/org?orgNumber=&scope=
//	GET /Home/auth/serviceowner?org=&orgNumber=&scope=
//	GET /Home/auth/selfidentifieduser?username=&scope=
//	GET /Home/auth/systemuser?systemId=&systemUserId=&scope=
//	GET /Home/auth/generate?type= (1 to 5) and the parameters of the one that it means
//	GET /authentication/api/v1/orgToken, /authentication/api/v1/appToken
func (s *Server) testTokens(mux *http.ServeMux) {
	kinds := map[string]tokenKind{
		"user":               {"user token", s.userClaims},
		"org":                {"org token", s.organisationClaims},
		"serviceowner":       {"service owner token", s.serviceOwnerClaims},
		"selfidentifieduser": {"self-identified user token", s.selfIdentifiedClaims},
		"systemuser":         {"system user token", s.systemUserClaims},
	}
	for name, kind := range kinds {
		mux.HandleFunc("GET /Home/auth/"+name, func(w http.ResponseWriter, r *http.Request) { s.answerTestToken(w, r, kind.title, kind) })
	}
	numbered := map[string]string{"1": "user", "2": "selfidentifieduser", "3": "org", "4": "systemuser", "5": "serviceowner"}
	mux.HandleFunc("GET /Home/auth/generate", func(w http.ResponseWriter, r *http.Request) {
		asked := urlquery.Of(r).Get("type")
		kind, ok := kinds[numbered[asked]]
		if !ok {
			kind.claims = nobody("Unsupported token type: %s", "type")
		}
		s.answerTestToken(w, r, "token", kind)
	})
	mux.HandleFunc("GET /authentication/api/v1/orgToken", s.plainOrgToken)
	mux.HandleFunc("GET /authentication/api/v1/appToken", s.plainAppToken)
}

type tokenKind struct {
	title  string
	claims func(r *http.Request) (map[string]any, string)
}

// nobody finds nobody of a kind that there is none of.
func nobody(text, parameter string) func(*http.Request) (map[string]any, string) {
	return func(r *http.Request) (map[string]any, string) {
		return nil, fmt.Sprintf(text, urlquery.Of(r).Get(parameter))
	}
}

func (s *Server) answerTestToken(w http.ResponseWriter, r *http.Request, title string, kind tokenKind) {
	claims, refusal := kind.claims(r)
	if refusal != "" {
		writeTitledProblem(w, http.StatusBadRequest, "Failed to generate "+title, refusal)
		return
	}
	claims[claimActualIssuer] = "localtest"
	claims["jti"] = uuid.NewString()
	s.answerSigned(w, r)(s.issue(r.Context(), OriginTestLogin, claims))
}

func (s *Server) userClaims(r *http.Request) (claims map[string]any, refusal string) {
	query := urlquery.Of(r)
	level, err1 := numberOr(query.Get("authenticationLevel"), 2)
	partyID, err2 := numberOr(query.Get("partyId"), 0)
	userID, err3 := numberOr(query.Get("userId"), partyID)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err.Error()
	}
	person, ok := s.cfg.People(userID)
	if !ok {
		return nil, fmt.Sprintf("User with ID %d not found in test data.", userID)
	}
	if partyID == 0 {
		partyID = person.PartyID
	}
	if partyID != person.PartyID && !s.cfg.Represents(person.UserID, partyID) {
		return nil, fmt.Sprintf("User %d cannot represent PartyId %d.", person.UserID, partyID)
	}
	return map[string]any{
		claimNameID: strconv.Itoa(person.UserID), ClaimUserID: strconv.Itoa(person.UserID), ClaimPartyID: strconv.Itoa(partyID),
		ClaimMethod: "BankID", ClaimAuthLevel: level, "scope": cmp.Or(query.Get("scope"), scopeEndUser),
	}, ""
}

func (s *Server) selfIdentifiedClaims(r *http.Request) (claims map[string]any, refusal string) {
	name := urlquery.Of(r).Get("username")
	if name == "" {
		return nil, "User with username '' not found in test data. Name somebody without a national identity number with ?username="
	}
	person, ok := s.cfg.SelfIdentified(name)
	if !ok {
		return nil, fmt.Sprintf("User with username '%s' not found in test data.", name)
	}
	claims = personClaims(person, 0)
	claims["scope"] = cmp.Or(urlquery.Of(r).Get("scope"), scopeEndUser)
	return claims, ""
}

func (s *Server) systemUserClaims(r *http.Request) (claims map[string]any, refusal string) {
	query := urlquery.Of(r)
	id, system := query.Get("systemUserId"), query.Get("systemId")
	if id == "" || system == "" {
		return nil, fmt.Sprintf("SystemUser with ID '%s' not found in test data. Name a system user with ?systemUserId= and its system with systemId=", id)
	}
	user, ok := s.cfg.SystemUser(id)
	if !ok {
		return nil, fmt.Sprintf("SystemUser with ID '%s' not found in test data.", id)
	}
	if user.SystemID != system {
		return nil, fmt.Sprintf("SystemUser '%s' belongs to system '%s', but '%s' was requested", id, user.SystemID, system)
	}
	scope := cmp.Or(query.Get("scope"), scopeOrganisation)
	if strings.Contains(" "+scope, " altinn:serviceowner/") {
		return nil, "System user tokens cannot have serviceowner scopes"
	}
	supplier, _, _ := strings.Cut(system, "_") // a system's id begins with its supplier's number
	return map[string]any{
		"scope": scope, "token_type": "Bearer", "client_id": uuid.NewString(),
		ClaimOrgNumber: supplier, ClaimMethod: "maskinporten", ClaimAuthLevel: 3,
		"consumer": map[string]string{"authority": consumerAuthority, "ID": consumerPrefix + supplier},
		claimDetails: map[string]any{
			"type": "urn:altinn:systemuser", "systemuser_id": []string{id}, "system_id": system,
			"systemuser_org": map[string]string{"authority": consumerAuthority, "ID": consumerPrefix + user.OrgNumber},
		},
	}, ""
}

func (s *Server) organisationClaims(r *http.Request) (claims map[string]any, refusal string) {
	query := urlquery.Of(r)
	return s.organisation(query.Get("orgNumber"), cmp.Or(query.Get("scope"), scopeOrganisation))
}

func (s *Server) serviceOwnerClaims(r *http.Request) (claims map[string]any, refusal string) {
	query := urlquery.Of(r)
	org, number := query.Get("org"), query.Get("orgNumber")
	if org == "" {
		return nil, "Org code must be provided for service owner tokens"
	}
	if number == "" { // localtest, which has one owner only, takes that one's
		number, _ = s.cfg.Orgs.Number(org)
	}
	if claims, refusal = s.organisation(number, cmp.Or(query.Get("scope"), scopeServiceOwner)); refusal == "" {
		claims[ClaimOrg] = org
	}
	return claims, refusal
}

// organisation is a token for an organisation, or else for the first service owner.
func (s *Server) organisation(number, scope string) (claims map[string]any, refusal string) {
	if number == "" && len(s.cfg.Orgs) > 0 {
		number = s.cfg.Orgs[0].Number
	}
	if _, ok := s.cfg.Orgs.Code(number); !ok && !s.cfg.HasOrganisation(number) {
		return nil, fmt.Sprintf("Organization with number '%s' not found in test data.", number)
	}
	return map[string]any{
		"scope": scope, "token_type": "Bearer", "client_id": uuid.NewString(),
		"consumer":     map[string]string{"authority": consumerAuthority, "ID": consumerPrefix + number},
		ClaimOrgNumber: number, ClaimMethod: "maskinporten", ClaimAuthLevel: 3,
	}, ""
}

// plainOrgToken takes any organisation.
func (s *Server) plainOrgToken(w http.ResponseWriter, r *http.Request) {
	query := urlquery.Of(r)
	s.answerSigned(w, r)(s.issue(r.Context(), OriginTestLogin, map[string]any{
		ClaimOrg: cmp.Or(query.Get("org"), "ttd"), ClaimOrgNumber: cmp.Or(query.Get("orgNumber"), "111111111"),
		ClaimMethod: "fake-local-maskinporten", ClaimAuthLevel: 3, claimTestScope: cmp.Or(query.Get("scope"), scopeOrganisation),
	}))
}

// plainAppToken takes any user.
func (s *Server) plainAppToken(w http.ResponseWriter, r *http.Request) {
	query := urlquery.Of(r)
	level, err := numberOr(query.Get("authenticationLevel"), 3)
	userID, userErr := numberOr(query.Get("userId"), 500000)
	if err != nil || userErr != nil {
		writeProblem(w, http.StatusBadRequest, "authenticationLevel or userId is not an integer.")
		return
	}
	s.answerSigned(w, r)(s.issue(r.Context(), OriginTestLogin, map[string]any{
		ClaimMethod: "fake-local-test", ClaimAuthLevel: level, ClaimUserID: strconv.Itoa(userID),
	}))
}

func numberOr(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not an integer", text)
	}
	return n, nil
}
