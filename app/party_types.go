package app

// PartyTypes is partyTypesAllowed: who may own an instance.
type PartyTypes struct {
	BankruptcyEstate bool `json:"bankruptcyEstate"`
	Organisation     bool `json:"organisation"`
	Person           bool `json:"person"`
	SubUnit          bool `json:"subUnit"`
}

// AllowsPerson reports whether a person, or a self-identified user, may own an
// instance. With no flag set, everybody may.
func (p PartyTypes) AllowsPerson() bool { return p == PartyTypes{} || p.Person }

// AllowsOrganisation reports whether an organisation may own an instance.
// unitType is the code of its organisation form in the Central Coordinating
// Register: BEDR and AAFY are sub-units, KBO is a bankruptcy estate.
func (p PartyTypes) AllowsOrganisation(unitType string) bool {
	if p == (PartyTypes{}) {
		return true
	}
	switch unitType {
	case "BEDR", "AAFY":
		return p.SubUnit
	case "KBO":
		return p.BankruptcyEstate
	}
	return p.Organisation
}
