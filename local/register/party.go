package register

import "encoding/json"

// Values of Party.TypeName, as the platform spells them.
const (
	TypePerson         = "Person"
	TypeOrganisation   = "Organisation"
	TypeSelfIdentified = "SelfIdentified"
	TypeSubUnit        = "SubUnit"
	TypeBankruptcy     = "BankruptcyEstate"
)

// Party is somebody who can own an instance. In JSON it has the form of the
// Register API.
type Party struct {
	PartyID   int
	PartyUUID string // derived from PartyID when empty
	TypeName  string // one of the Type constants; derived from the numbers when empty
	SSN       string // synthetic person number, eleven digits; persons only
	OrgNumber string // nine digits; organisations only
	UnitType  string // legal form such as "AS" or "ORGL"; organisations only
	Name      string
	UserID    int // of the person's log-in; 0 for parties that do not log in
}

// wireParty is a party in the form of the Register API.
type wireParty struct {
	PartyID       int        `json:"partyId"`
	PartyUUID     string     `json:"partyUuid"`
	TypeName      string     `json:"partyTypeName"`
	OrgNumber     string     `json:"orgNumber"`
	SSN           *string    `json:"ssn"`
	UnitType      *string    `json:"unitType"`
	Name          string     `json:"name"`
	IsDeleted     bool       `json:"isDeleted"`
	HierarchyOnly bool       `json:"onlyHierarchyElementWithNoAccess"`
	Person        *wireHuman `json:"person"`
	Organization  *wireOrg   `json:"organization"`
	ChildParties  []struct{} `json:"childParties"`
}

type wireHuman struct {
	SSN  string `json:"ssn"`
	Name string `json:"name"`
}

type wireOrg struct {
	OrgNumber string `json:"orgNumber"`
	Name      string `json:"name"`
	UnitType  string `json:"unitType"`
}

// MarshalJSON implements json.Marshaler: the form in which the Register API
// answers. A person has an empty orgNumber, an organisation no ssn.
func (p Party) MarshalJSON() ([]byte, error) {
	w := wireParty{PartyID: p.PartyID, PartyUUID: p.PartyUUID, TypeName: p.TypeName, OrgNumber: p.OrgNumber, Name: p.Name}
	if p.SSN != "" {
		w.SSN = &p.SSN
		w.Person = &wireHuman{SSN: p.SSN, Name: p.Name}
	}
	if p.OrgNumber != "" {
		w.UnitType = &p.UnitType
		w.Organization = p.organisation()
	}
	return json.Marshal(w)
}

func (p Party) organisation() *wireOrg {
	return &wireOrg{OrgNumber: p.OrgNumber, Name: p.Name, UnitType: p.UnitType}
}
