package fit

import (
	"fmt"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/project"
)

// partyKind is one of the flags of partyTypesAllowed.
type partyKind struct {
	name   string // of the flag
	who    string
	allows func(app.PartyTypes) bool
}

func partyKinds() []partyKind {
	organisation := func(unitType string) func(app.PartyTypes) bool {
		return func(p app.PartyTypes) bool { return p.AllowsOrganisation(unitType) }
	}
	return []partyKind{
		{"organisation", "organisations", organisation("")},
		{"person", "persons", app.PartyTypes.AllowsPerson},
		{"subUnit", "sub-units", organisation("BEDR")},
		{"bankruptcyEstate", "bankruptcy estates", organisation("KBO")},
	}
}

// partyTypes fits who may own instances to who the recipients are. Of one that is
// named by party id, the folder cannot tell.
func (m *metadataFitter) partyTypes() {
	source, numbered := false, m.in.Project.Test.Recipient.OrganisationNumber != ""
	for _, d := range m.in.definitions() {
		for _, rule := range d.Recipients {
			source = source || rule.By == project.BySource
			numbered = numbered || rule.By == project.ByOrganisationNumber
		}
	}
	allowed := m.receiving.PartyTypesAllowed
	var others []string // kinds of organisations besides ordinary ones
	for _, kind := range partyKinds() {
		if kind.name != "person" && kind.name != "organisation" && kind.allows(allowed) {
			others = append(others, kind.who)
		}
	}
	for _, kind := range partyKinds() {
		if kind.allows(allowed) {
			continue
		}
		switch isOrganisation := kind.name == "organisation"; {
		case source && kind.allows(m.in.Original.App.Metadata.PartyTypesAllowed):
			m.addPartyType(kind, fmt.Sprintf("%s send in %s, and the recipient is whoever sent the form in", kind.who, m.in.Original.App.ID))
		case numbered && isOrganisation && len(others) == 0:
			m.addPartyType(kind, "a recipient is an organisation")
		case numbered && isOrganisation:
			m.warn("of organisations, %s lets %s alone own instances (partyTypesAllowed); a recipient of another kind is refused", m.in.Receiving.App.ID, list(others, "and"))
		}
	}
}

func (m *metadataFitter) addPartyType(kind partyKind, why string) {
	m.need(NeedPartyType, fmt.Sprintf("%s does not let %s own instances (partyTypesAllowed), and %s", m.in.Receiving.App.ID, kind.who, why),
		fmt.Sprintf("set partyTypesAllowed.%s to true", kind.name))
	m.mend(kind.who+" own instances: "+why, func(d *document) {
		types, _ := member(d.root, "partyTypesAllowed")
		d.set(types, kind.name, true)
	})
}
