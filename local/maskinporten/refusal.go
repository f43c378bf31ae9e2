package maskinporten

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
)

// refusal is a grant that is turned down: the core of the description and, for
// those errors that have one, the number of the help page (MP-nnn).
type refusal struct {
	status      int
	code        string
	description string
	page        string
}

const authenticationFailed = "Invalid assertion. Client authentication failed."

func invalidGrant(description, page string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_grant", description, page}
}

// The refusals that do not depend on what was asked for, in the words of
// Digdir's list of error codes.
var (
	errMethod           = &refusal{http.StatusMethodNotAllowed, "invalid_request", "Request method is not supported", ""}
	errGrantType        = &refusal{http.StatusBadRequest, "unsupported_grant_type", "The grant_type must be " + grantType, ""}
	errNoGrantType      = &refusal{http.StatusBadRequest, "invalid_request", "Missing parameter grant_type", ""}
	errNoAssertion      = &refusal{http.StatusBadRequest, "invalid_request", "Missing parameter assertion", ""}
	errMalformed        = &refusal{http.StatusBadRequest, "invalid_request", "Invalid assertion. Invalid parameter value", "MP-011"}
	errUsedBefore       = invalidGrant("Grant is used before", "MP-012")
	errUnknownClient    = invalidGrant(authenticationFailed, "MP-100")
	errAudience         = invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")
	errCertificate      = invalidGrant(authenticationFailed+" The JWT is signed with an invalid certificate.", "MP-120")
	errExpiredKey       = invalidGrant(authenticationFailed+" Expired key.", "MP-121")
	errCertificateOwner = invalidGrant(authenticationFailed+" Invalid JWT. Invalid organization number for client. Does not match certificate orgno", "MP-122")
	errCertificateForm  = invalidGrant("Invalid JWT header x5c", "MP-123")
	errSignature        = invalidGrant(authenticationFailed+" Invalid JWT signature.", "MP-124")
	errExpired          = invalidGrant("JWT is expired", "MP-130")
	errNotYetIssued     = invalidGrant("Issue time is after now", "")
	errTooLongLife      = invalidGrant("JWT has too long lifetime.", "")
	errUnknownKey       = invalidGrant(authenticationFailed+" Unknown key identifier (kid) for client.", "")
	errNeedsKeyID       = invalidGrant(authenticationFailed+" Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided", "")
	errInvalidAssertion = invalidGrant("Invalid assertion", "")
	errIntegrationType  = &refusal{http.StatusBadRequest, "invalid_scope", "Token request contains scopes not allowed for maskinporten", "MP-201"}
	errOwnConsumer      = &refusal{http.StatusBadRequest, "invalid_request",
		"Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid", ""}
	errResource = &refusal{http.StatusBadRequest, "invalid_target", "The resource must be an absolute URI without a fragment", ""}
)

func errInvalidScopes(scopes string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_scope", "Token request contains invalid scopes for client, " + scopes, "MP-200"}
}

func errNoAccess(scope string) *refusal {
	return &refusal{http.StatusForbidden, "forbidden", "Consumer has not been granted access to the scope " + scope + ".", "MP-250"}
}

func errNotDelegated(consumer, scope, supplier string) *refusal {
	return &refusal{http.StatusForbidden, "forbidden",
		"Consumer " + consumer + " has not delegated access to the scope " + scope + " to supplier " + supplier + ".", "MP-251"}
}

// errorBody is the JSON form of a refusal.
type errorBody struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	URI         string `json:"error_uri,omitempty"`
}

// write sends the refusal with a new trace id, which it returns.
func (s *Server) writeRefusal(w http.ResponseWriter, refused *refusal) (traceID string) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	traceID = hex.EncodeToString(id[:])
	body := errorBody{Code: refused.code, Description: refused.description + " (trace_id: " + traceID + ")"}
	if refused.page != "" {
		body.URI = s.issuer + "errors/" + refused.page
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(refused.status)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone
	return traceID
}
