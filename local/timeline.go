package local

import (
	"slices"

	"github.com/stafett/stafett/local/timeline"
)

// nameOf finds the name that people know a caller of the timeline by.
func (p *Platform) nameOf(caller timeline.Caller) string {
	switch caller.Kind {
	case timeline.KindPerson:
		at := slices.IndexFunc(p.seed.Persons, func(person Person) bool { return person.UserID == caller.UserID })
		if at >= 0 {
			return p.seed.Persons[at].Name
		}
	case timeline.KindOrganisation:
		return p.organisation(caller.OrgNumber)
	case timeline.KindIntegration:
		if registration, err := p.registry.Registration(caller.ClientID); err == nil {
			return registration.Client.Name
		}
		return p.organisation(caller.OrgNumber)
	}
	return ""
}

func (p *Platform) organisation(number string) string {
	for _, organisation := range p.seed.Organisations {
		if organisation.OrgNumber == number {
			return organisation.Name
		}
	}
	return ""
}
