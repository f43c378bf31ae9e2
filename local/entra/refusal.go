package entra

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// refusal is an error of the login service: an OAuth error with one of the
// service's own numbers.
type refusal struct {
	status  int
	code    string // OAuth's
	number  int    // AADSTS
	message string
}

func errTenant(tenant string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_request", 90002,
		fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant)}
}

func errInstance(authorizationEndpoint string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_instance", 50049,
		fmt.Sprintf("Unknown or invalid instance '%s'.", authorizationEndpoint)}
}

func errApp(clientID, tenantID string) *refusal {
	return &refusal{http.StatusBadRequest, "unauthorized_client", 700016,
		fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'.", clientID, tenantID)}
}

func errSecret(clientID string) *refusal {
	return &refusal{http.StatusUnauthorized, "invalid_client", 7000215,
		fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", clientID)}
}

func errNoSecret() *refusal {
	return &refusal{http.StatusUnauthorized, "invalid_client", 7000216,
		"'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."}
}

// federationHelp ends what is said of a token of another issuer.
const federationHelp = " https://learn.microsoft.com/entra/workload-id/workload-identity-federation"

// errWorkload says which claim of a token of another issuer is not that of the
// app's federated identity credential.
func errWorkload(number int, claim, found string) *refusal {
	return &refusal{http.StatusUnauthorized, "invalid_client", number,
		fmt.Sprintf("No matching federated identity record found for presented assertion %s '%s'."+
			" Check your federated identity credential Subject, Audience and Issuer against the presented assertion."+federationHelp, claim, found)}
}

func errMalformed() *refusal {
	return &refusal{http.StatusBadRequest, "invalid_request", 50027, "JWT token is invalid or malformed."}
}

func errSignature() *refusal {
	return &refusal{http.StatusUnauthorized, "invalid_client", 700027, "Client assertion failed signature validation."}
}

func errNotInTime(now, notBefore, expires time.Time) *refusal {
	const form = "2006-01-02T15:04:05.0000000Z"
	return &refusal{http.StatusUnauthorized, "invalid_client", 700024,
		fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time of assertion %s.",
			now.UTC().Format(form), notBefore.UTC().Format(form), expires.UTC().Format(form))}
}

func errGrantType(grantType string) *refusal {
	return &refusal{http.StatusBadRequest, "unsupported_grant_type", 70003,
		fmt.Sprintf("The app requested an unsupported grant type '%s'.", grantType)}
}

func errMissing(parameter string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_request", 900144,
		fmt.Sprintf("The request body must contain the following parameter: '%s'.", parameter)}
}

func errScope(scope string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_scope", 1002012,
		fmt.Sprintf("The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.", scope)}
}

// errorBody is the JSON form of a refusal.
type errorBody struct {
	Code          string `json:"error"`
	Description   string `json:"error_description"`
	Numbers       []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri"`
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, refused *refusal) {
	timeline.Note(r.Context(), Refused{refused.status, refused.code, refused.number, redact.Text(refused.message)})
	timestamp := s.now().UTC().Format("2006-01-02 15:04:05Z")
	trace, correlation := uuid.NewString(), r.Header.Get("client-request-id")
	if correlation == "" {
		correlation = uuid.NewString()
	}
	s.log.InfoContext(r.Context(), "entra refused a request", "code", refused.code, "aadsts", refused.number, "trace_id", trace)
	writeJSON(w, refused.status, errorBody{
		Code: refused.code,
		Description: fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			refused.number, refused.message, trace, correlation, timestamp),
		Numbers:       []int{refused.number},
		Timestamp:     timestamp,
		TraceID:       trace,
		CorrelationID: correlation,
		URI:           fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", refused.number),
	})
}
