package maskinporten

import (
	"encoding/json"
	"net/http"
	"slices"
)

// The types of authorization details (RFC 9396) that Maskinporten knows.
const (
	detailsSystemUser = "urn:altinn:systemuser"
	detailsConsent    = "urn:altinn:consent"
)

var (
	errDetailsType   = &refusal{http.StatusBadRequest, "invalid_request", "Unknown authorization details type", "MP-301"}
	errDetailsFields = &refusal{http.StatusBadRequest, "invalid_request", "Unknown fields in authorization details", "MP-302"}
	errDetailsValues = &refusal{http.StatusBadRequest, "invalid_altinn_customer_configuration", "Invalid authorization details", "MP-303"}
)

// detailsFields are the members that each type may have.
var detailsFields = map[string][]string{
	detailsSystemUser: {"type", "systemuser_org", "externalRef"},
	detailsConsent:    {"type", "id", "from"},
}

// checkDetails refuses authorization details: wrong ones for what is wrong
// with them, right ones because the local platform has no system users and no
// consents, which the real service tells in the same way.
func (s *Server) checkDetails(a *assertion, _ *grant) *refusal {
	raw, ok := a.claims["authorization_details"]
	if !ok {
		return nil
	}
	var details []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &details); err != nil || len(details) != 1 {
		return errDetailsValues
	}
	kind, _ := stringMember(details[0], "type")
	known, ok := detailsFields[kind]
	if !ok {
		return errDetailsType
	}
	for name := range details[0] {
		if !slices.Contains(known, name) {
			return errDetailsFields
		}
	}
	return errDetailsValues
}
