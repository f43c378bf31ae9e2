package authentication

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/urlquery"
)

const (
	consumerAuthority = "iso6523-actorid-upis"
	consumerPrefix    = "0192:"
	// exchangeSkew is the clock skew that the platform grants Maskinporten.
	exchangeSkew = 10 * time.Second
	// enterpriseUserHeader belonged to the enterprise users of Altinn 2.
	enterpriseUserHeader = "X-Altinn-EnterpriseUser-Authentication"
)

// exchange answers 401 with no body and no reason to every token that it does
// not like, as the platform does; the reason goes to the log.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	switch strings.ToLower(r.PathValue("provider")) {
	case "maskinporten":
	case "id-porten", "altinnstudio":
		s.refuse(w, r, errors.New("exchange token: the local platform has no tokens of this provider"))
		return
	default:
		writeText(w, http.StatusBadRequest, "Invalid token provider. Trusted token providers are 'Maskinporten', 'Id-porten' and 'AltinnStudio'.")
		return
	}
	if r.Header.Get(enterpriseUserHeader) != "" {
		writeProblem(w, http.StatusGone, "Enterprise user authentication ended with Altinn 2. Use a system user.")
		return
	}
	claims, err := s.issuers.verified(r.Context(), requestToken(r))
	if err == nil {
		err = checkLifetime(claims, s.cfg.Now(), exchangeSkew)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	number, err := consumerNumber(claims)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	timeline.Identify(r.Context(), timeline.Caller{
		Kind: timeline.KindIntegration, ClientID: text(claims["client_id"]), TokenID: text(claims["jti"]),
		OrgNumber: number, Scope: text(claims["scope"]), Method: "maskinporten",
	})
	for _, name := range []string{"aud", "iss", "client_amr", "sid"} {
		delete(claims, name)
	}
	if list, ok := claims[claimDetails].([]any); ok && len(list) == 1 {
		claims[claimDetails] = list[0] // the platform writes a list of one claim as that claim
	}
	if code, ok := s.serviceOwner(number, text(claims["scope"]), urlquery.Of(r).Get("test")); ok {
		claims[ClaimOrg] = code
	}
	claims[ClaimOrgNumber] = number
	claims[ClaimMethod] = "maskinporten"
	claims[ClaimAuthLevel] = 3
	claims["sid"] = uuid.NewString()
	s.answerToken(w, r, OriginExchange, claims)
}

// serviceOwner gives the org claim: only to service owners that ask for one of
// the service owner scopes.
func (s *Server) serviceOwner(number, scope, test string) (string, bool) {
	if !strings.Contains(scope, "altinn:serviceowner") {
		return "", false
	}
	code, ok := s.cfg.Orgs.Code(number)
	if isTest, _ := strconv.ParseBool(test); ok && isTest && code == "digdir" {
		code = "ttd"
	}
	return code, ok
}

// consumerNumber reads the organisation number that a Maskinporten token was
// issued to.
func consumerNumber(claims map[string]any) (string, error) {
	consumer, _ := claims["consumer"].(map[string]any)
	if text(consumer["authority"]) != consumerAuthority {
		return "", errors.New("exchange token: the consumer claim is missing or has another authority")
	}
	number, ok := strings.CutPrefix(text(consumer["ID"]), consumerPrefix)
	if !ok || number == "" {
		return "", errors.New("exchange token: the consumer claim has no organisation number")
	}
	return number, nil
}

// refresh answers with a token of the same claims and a new lifetime.
func (s *Server) refresh(w http.ResponseWriter, r *http.Request) {
	p, _, err := Authenticate(s, r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.answerToken(w, r, OriginRefresh, p.All)
}

// answerToken writes the token as bare text, or as a JSON string to a caller
// that accepts JSON and not everything.
func (s *Server) answerToken(w http.ResponseWriter, r *http.Request, origin string, claims map[string]any) {
	token, err := s.issue(r.Context(), origin, claims)
	if err != nil {
		s.cfg.Logger.ErrorContext(r.Context(), "cannot sign a token", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if wantsJSON(r.Header.Get("Accept")) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(token)
		return
	}
	writeText(w, http.StatusOK, token)
}

// wantsJSON tells whether the best media range of an Accept header that can
// hold a text is a JSON one. Like ASP.NET Core it ignores a header that accepts
// everything.
func wantsJSON(accept string) bool {
	best, isJSON := 0.0, false
	for part := range strings.SplitSeq(accept, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		if media == "*/*" {
			return false
		}
		quality, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			quality = 1
		}
		asText := media == "text/plain" || media == "text/*"
		asJSON := media == "application/json" || media == "text/json" || media == "application/*"
		if (asText || asJSON) && quality > best {
			best, isJSON = quality, asJSON
		}
	}
	return isJSON
}

func writeText(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) //nolint:gosec // plain text that browsers are told not to take for anything else
}

// writeProblem writes an RFC 9457 problem.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	writeTitledProblem(w, status, http.StatusText(status), detail)
}

func writeTitledProblem(w http.ResponseWriter, status int, title, detail string) {
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"title": title, "status": status, "detail": detail,
	})
}
