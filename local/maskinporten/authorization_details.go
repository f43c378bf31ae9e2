package maskinporten

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/selfservice"
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

// checkDetails finds the one system user or consent that the grant names, for
// the token.
func (s *Server) checkDetails(a *assertion, g *grant) *refusal {
	raw, ok := a.claims["authorization_details"]
	if !ok {
		return nil
	}
	var details []json.RawMessage
	if err := json.Unmarshal(raw, &details); err != nil || len(details) != 1 {
		return errDetailsValues
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(details[0], &members); err != nil {
		return errDetailsValues
	}
	kind, _ := stringMember(members, "type")
	switch kind {
	case detailsSystemUser:
		return s.findSystemUser(members, g)
	case detailsConsent:
		return s.findConsent(members, g)
	default:
		return errDetailsType
	}
}

// onlyHas reports whether an object has no other members than these.
func onlyHas(object map[string]json.RawMessage, members ...string) bool {
	for name := range object {
		if !slices.Contains(members, name) {
			return false
		}
	}
	return true
}

// systemUserDetails is the part of a token about a system user. What the grant
// said about its external reference is not in it.
type systemUserDetails struct {
	Type         string   `json:"type"`
	Organisation actor    `json:"systemuser_org"`
	SystemUsers  []string `json:"systemuser_id"`
	System       string   `json:"system_id"`
}

// externalReference is up to 255 letters (the Norwegian ones too), digits,
// underscores and hyphens.
var externalReference = regexp.MustCompile(`^[A-Za-zÆØÅæøå0-9_-]{1,255}$`)

func (s *Server) findSystemUser(members map[string]json.RawMessage, g *grant) *refusal {
	if !onlyHas(members, "type", "systemuser_org", "externalRef") {
		return errDetailsFields
	}
	number, ok := readActor(members["systemuser_org"])
	if !ok {
		return errDetailsValues
	}
	reference := ""
	if raw, given := members["externalRef"]; given {
		if reference, ok = decodeString(raw); !ok || !externalReference.MatchString(reference) {
			return errDetailsValues
		}
	}
	found, ok := s.registry.FindSystemUser(g.client.ClientID, number, reference)
	if !ok {
		return errDetailsValues
	}
	g.details = []any{systemUserDetails{
		Type: detailsSystemUser, Organisation: organisation(number), SystemUsers: []string{found.ID}, System: found.SystemID,
	}}
	return nil
}

// readActor reads the number of an organisation as a grant names it.
func readActor(raw json.RawMessage) (number string, ok bool) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || !onlyHas(members, "authority", "ID") {
		return "", false
	}
	authority, _ := stringMember(members, "authority")
	id, _ := stringMember(members, "ID")
	number, ok = strings.CutPrefix(id, "0192:")
	return number, ok && authority == isoAuthority
}

// consentDetails is the part of a token about a consent.
type consentDetails struct {
	Type      string                     `json:"type"`
	ID        string                     `json:"id"`
	From      string                     `json:"from"`
	To        actor                      `json:"to"`
	Consented string                     `json:"consented"`
	ValidTo   string                     `json:"validTo"`
	Rights    []selfservice.ConsentRight `json:"consentRights"`
}

// consentTime is the form of a consent's times: ISO 8601 with an offset.
const consentTime = "2006-01-02T15:04:05.999999-07:00"

// findConsent takes a consent that was given to the organisation for which the
// token speaks, by the one that the grant names.
func (s *Server) findConsent(members map[string]json.RawMessage, g *grant) *refusal {
	if !onlyHas(members, "type", "id", "from") {
		return errDetailsFields
	}
	id, _ := stringMember(members, "id")
	from, _ := stringMember(members, "from")
	found, ok := s.registry.Consent(id)
	if !ok || found.From != from || found.To != g.consumer || !g.now.Before(found.ValidTo) {
		return errDetailsValues
	}
	g.details = []any{consentDetails{
		Type: detailsConsent, ID: found.ID, From: found.From, To: organisation(found.To),
		Consented: found.Consented.UTC().Format(consentTime), ValidTo: found.ValidTo.UTC().Format(consentTime), Rights: found.Rights,
	}}
	return nil
}
