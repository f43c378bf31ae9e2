package apphost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/storage"
)

// hasOwner tells whether an instance template names an owner at all.
func hasOwner(o storage.InstanceOwner) bool {
	return o != storage.InstanceOwner{}
}

// lookUpOwner finds the party that a template names. Of several identifiers
// the first counts, in the order party id, external identifier, person number,
// organisation number, username. The errors are ready to be sent; the texts
// repeat the identifier, as the application library does.
func (c *call) lookUpOwner(ctx context.Context, o storage.InstanceOwner) (*party, error) {
	switch {
	case o.PartyID != "":
		return c.partyByID(ctx, o.PartyID)
	case o.ExternalIdentifier != "":
		return c.lookUpURN(ctx, o.ExternalIdentifier)
	case o.PersonNumber != "":
		return c.lookUpNumber(ctx, "personNumber", "ssn", o.PersonNumber)
	case o.OrganisationNumber != "":
		return c.lookUpNumber(ctx, "organisationNumber", "orgNo", o.OrganisationNumber)
	}
	return c.lookUpNumber(ctx, "username", "username", strings.TrimPrefix(o.Username, "epost:"))
}

func (c *call) partyByID(ctx context.Context, id string) (*party, error) {
	if _, err := strconv.Atoi(id); err != nil {
		return nil, text(http.StatusNotFound, "Cannot lookup party: the party id %s is not a number", id)
	}
	found, err := c.platform.partyByID(ctx, id)
	if err != nil {
		return nil, empty(http.StatusForbidden)
	}
	if found == nil {
		return nil, text(http.StatusNotFound, "Cannot lookup party: Unknown party")
	}
	return found, nil
}

func (c *call) lookUpNumber(ctx context.Context, name, member, number string) (*party, error) {
	found, err := c.platform.partyByNumber(ctx, member, number)
	if err != nil {
		reason := "no answer from the register"
		var upstream *platformError
		if errors.As(err, &upstream) {
			reason = fmt.Sprintf("%d - %s - %s", upstream.Status, upstream.Reason, upstream.Content)
		}
		return nil, text(http.StatusNotFound, "Cannot lookup party: Failed to look up party by %s: %s. The error was: %s", name, number, reason)
	}
	if found == nil {
		return nil, text(http.StatusNotFound, "Cannot lookup party: Unknown party")
	}
	return found, nil
}

// lookUpURN reads an owner identity URN.
func (c *call) lookUpURN(ctx context.Context, urn string) (*party, error) {
	kinds := []struct{ prefix, name, member string }{
		{"urn:altinn:person:identifier-no:", "externalIdentifier", "ssn"},
		{"urn:altinn:organization:identifier-no:", "externalIdentifier", "orgNo"},
	}
	for _, k := range kinds {
		if number, ok := strings.CutPrefix(urn, k.prefix); ok {
			return c.lookUpNumber(ctx, k.name, k.member, number)
		}
	}
	if id, ok := strings.CutPrefix(urn, "urn:altinn:party:id:"); ok {
		return c.partyByID(ctx, id)
	}
	return nil, text(http.StatusNotFound, "Cannot lookup party: the externalIdentifier %s is of a kind that is not known", urn)
}

// checkPartyType refuses owners of a kind that the application does not take.
func (s *Server) checkPartyType(p *party) error {
	if s.allowsParty(p) {
		return nil
	}
	return text(http.StatusForbidden, "Party %d is not allowed to instantiate this application %s", p.PartyID, s.folder.ID)
}

func (s *Server) allowsParty(p *party) bool {
	allowed := s.folder.Metadata.PartyTypesAllowed
	switch p.TypeName {
	case personParty, selfIdentifiedParty:
		return allowed.AllowsPerson()
	}
	unit := ""
	if p.UnitType != nil {
		unit = *p.UnitType
	}
	return allowed.AllowsOrganisation(unit)
}
