package control

import "encoding/json"

// Seeded says what came of a [Seed] that was not known before.
type Seeded struct {
	Organisations []SeededOrganisation `json:"organisations"`
	Persons       []SeededPerson       `json:"persons"`
	Clients       []SeededClient       `json:"clients"`
	SystemUsers   []SeededSystemUser   `json:"systemUsers"`
	Instances     []SeededInstance     `json:"instances"`
}

// SeededOrganisation is an organisation with its id in the register.
type SeededOrganisation struct {
	Number  string `json:"number"`
	PartyID int    `json:"partyId"`
	Name    string `json:"name"`
}

// SeededPerson is a person with the ids by which Altinn knows them. SSN is empty for
// the self-identified.
type SeededPerson struct {
	Handle  string `json:"handle,omitempty"`
	SSN     string `json:"ssn"`
	PartyID int    `json:"partyId"`
	UserID  int    `json:"userId"`
	Name    string `json:"name"`
}

// SeededClient is an integration with its id.
type SeededClient struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// SeededSystemUser is a system user with its id.
type SeededSystemUser struct {
	Handle string `json:"handle,omitempty"`
	ID     string `json:"id"` // a UUID
	System string `json:"system"`
}

// SeededInstance is an instance with its id.
type SeededInstance struct {
	Handle      string `json:"handle,omitempty"`
	ID          string `json:"id"` // {party id}/{guid}
	Application string `json:"application"`
}

// MarshalJSON implements [json.Marshaler]: lists are never null.
func (s Seeded) MarshalJSON() ([]byte, error) {
	type plain Seeded // without this method
	s.Organisations = append([]SeededOrganisation{}, s.Organisations...)
	s.Persons = append([]SeededPerson{}, s.Persons...)
	s.Clients = append([]SeededClient{}, s.Clients...)
	s.SystemUsers = append([]SeededSystemUser{}, s.SystemUsers...)
	s.Instances = append([]SeededInstance{}, s.Instances...)
	return json.Marshal(plain(s))
}
