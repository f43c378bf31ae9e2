package apphost

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/storage"
)

// party is a party as Register and applications write it. Register stand-ins
// give the type as a number or as a name.
type party struct {
	PartyID       int             `json:"partyId"`
	PartyUUID     *string         `json:"partyUuid"`
	TypeName      partyType       `json:"partyTypeName"`
	OrgNumber     *string         `json:"orgNumber"`
	SSN           *string         `json:"ssn"`
	UnitType      *string         `json:"unitType"`
	Name          *string         `json:"name"`
	IsDeleted     bool            `json:"isDeleted"`
	OnlyHierarchy bool            `json:"onlyHierarchyElementWithNoAccess"`
	Person        json.RawMessage `json:"person"`
	Organization  json.RawMessage `json:"organization"`
	ChildParties  json.RawMessage `json:"childParties"`
}

// partyType is the kind of a party; applications write it as a number.
type partyType int

const (
	personParty           partyType = 1
	organisationParty     partyType = 2
	selfIdentifiedParty   partyType = 3
	subUnitParty          partyType = 4
	bankruptcyEstateParty partyType = 5
)

// UnmarshalJSON implements [json.Unmarshaler] for both forms in use.
func (t *partyType) UnmarshalJSON(data []byte) error {
	var number int
	if json.Unmarshal(data, &number) == nil {
		*t = partyType(number)
		return nil
	}
	var name string
	if err := json.Unmarshal(data, &name); err != nil {
		return err
	}
	switch strings.ToLower(name) {
	case "person":
		*t = personParty
	case "organisation", "organization":
		*t = organisationParty
	case "selfidentified":
		*t = selfIdentifiedParty
	case "subunit", "sub_unit":
		*t = subUnitParty
	case "bankruptcyestate", "bankruptcy_estate":
		*t = bankruptcyEstateParty
	default:
		return fmt.Errorf("read party: unknown type %q", name)
	}
	return nil
}

// owner is the party as owner of an instance.
func (p *party) owner() storage.InstanceOwner {
	o := storage.InstanceOwner{PartyID: strconv.Itoa(p.PartyID)}
	switch {
	case p.SSN != nil && *p.SSN != "":
		o.PersonNumber = *p.SSN
	case p.OrgNumber != nil && *p.OrgNumber != "":
		o.OrganisationNumber = *p.OrgNumber
	case p.TypeName == selfIdentifiedParty && p.Name != nil:
		o.Username = *p.Name
	}
	return o
}

// partyByID reads a party. Nil means that Register does not know it, or has
// failed; a 401 is an error of its own, since callers are told about it.
func (s session) partyByID(ctx context.Context, id string) (*party, error) {
	var found *party
	err := s.call(ctx, request{
		operation: "read party", method: http.MethodGet,
		path: "/register/api/v1/parties/" + id, token: s.token, application: true,
	}, &found)
	if isStatus(err, http.StatusUnauthorized) {
		return nil, err
	}
	if err != nil || found == nil || found.PartyID == 0 {
		return nil, nil //nolint:nilerr // applications do not tell a failure from an unknown party
	}
	return found, nil
}

// partyByNumber looks a party up by the members of a PartyLookup, such as orgNo.
func (s session) partyByNumber(ctx context.Context, member, number string) (*party, error) {
	var found *party
	err := s.callJSON(ctx, request{
		operation: "look up party", method: http.MethodPost,
		path: "/register/api/v1/parties/lookup", token: s.token, application: true,
	}, map[string]string{member: number}, &found)
	if err != nil || found == nil || found.PartyID == 0 {
		return nil, err
	}
	return found, nil
}
