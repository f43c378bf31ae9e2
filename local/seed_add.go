package local

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/selfservice"
)

// AddSeed adds all that a seed says, or nothing of it where that is an error; then
// what others have changed at the same moment can be lost, too. The platform's
// [Seed] does not change; the console and the portal know only of people who were
// there at the start.
func (p *Platform) AddSeed(seed control.Seed) (control.Seeded, error) {
	p.changing.Lock()
	defer p.changing.Unlock()
	before, err := p.remember()
	if err != nil {
		return control.Seeded{}, err
	}
	seeded, err := addParties(p.parties, seed)
	if err == nil {
		err = p.addOrganisations(seed)
	}
	if err == nil {
		seeded.Clients, err = p.addRights(seed)
	}
	if err != nil {
		before.people()
		before.integrations()
		before.vault()
		return control.Seeded{}, fmt.Errorf("add the seed: %w", err)
	}
	return seeded, nil
}

// addParties puts organisations and persons into the register.
func addParties(parties *register.Parties, seed control.Seed) (seeded control.Seeded, err error) {
	organisationParty, personParty, user := nextIDs(parties)
	for n, organisation := range seed.Organisations {
		party := register.Party{
			PartyID: organisationParty + n, OrgNumber: organisation.Number, Name: organisation.Name, UnitType: cmp.Or(organisation.UnitType, "AS"),
		}
		if err := parties.Add(party); err != nil {
			return seeded, fmt.Errorf("organisation %q: %w", organisation.Number, err)
		}
		seeded.Organisations = append(seeded.Organisations, control.SeededOrganisation{Number: party.OrgNumber, PartyID: party.PartyID, Name: party.Name})
	}
	source, err := newSource()
	if err != nil {
		return seeded, err
	}
	for n, person := range seed.Persons {
		party := register.Party{PartyID: personParty + n, UserID: user + n, SSN: person.SSN, Name: person.Name}
		for taken := party.SSN == ""; taken; { // some thousand people are enough to meet a number again
			party.SSN = register.SyntheticPersonNumber(source)
			_, taken = parties.BySSN(party.SSN)
		}
		if err := parties.Add(party); err != nil {
			return seeded, fmt.Errorf("person %q: %w", person.Name, err)
		}
		for _, role := range person.Roles {
			organisation, ok := parties.ByOrgNumber(role.Organisation)
			if !ok {
				return seeded, fmt.Errorf("person %q: there is no organisation %q to have a role in", person.Name, role.Organisation)
			}
			if len(role.Roles) == 0 {
				return seeded, fmt.Errorf("person %q: name the roles for %s, such as dagl", person.Name, role.Organisation)
			}
			if err := parties.Grant(party.UserID, organisation.PartyID, role.Roles...); err != nil {
				return seeded, fmt.Errorf("person %q: %w", person.Name, err)
			}
		}
		seeded.Persons = append(seeded.Persons, control.SeededPerson{SSN: party.SSN, PartyID: party.PartyID, UserID: party.UserID, Name: party.Name})
	}
	return seeded, nil
}

// nextIDs returns the first ids that are free for parties and users.
func nextIDs(parties *register.Parties) (organisation, person, user int) {
	organisation, person, user = firstOrganisationParty, firstPersonParty, firstUser
	for _, party := range parties.All() {
		if party.OrgNumber != "" {
			organisation = max(organisation, party.PartyID+1)
		} else {
			person, user = max(person, party.PartyID+1), max(user, party.UserID+1)
		}
	}
	return organisation, person, user
}

// tell makes seeded parties part of what the platform is born with.
func (s *Seed) tell(seed control.Seed, seeded control.Seeded) {
	for _, organisation := range seeded.Organisations {
		s.Organisations = append(s.Organisations, Party{OrgNumber: organisation.Number, PartyID: organisation.PartyID, Name: organisation.Name})
	}
	for n, person := range seeded.Persons {
		born := Person{SSN: person.SSN, UserID: person.UserID, PartyID: person.PartyID, Name: person.Name}
		for _, role := range seed.Persons[n].Roles {
			if slices.ContainsFunc(role.Roles, func(code string) bool { return strings.EqualFold(code, "dagl") }) {
				born.DailyManagerOf = cmp.Or(born.DailyManagerOf, role.Organisation)
			}
		}
		s.Persons = append(s.Persons, born)
	}
}

// addOrganisations tells Samarbeidsportalen of them.
func (p *Platform) addOrganisations(seed control.Seed) error {
	for _, organisation := range seed.Organisations {
		if err := p.registry.AddOrganisation(selfservice.Organisation{Number: organisation.Number, Name: organisation.Name}); err != nil {
			return err
		}
	}
	return nil
}

// addRights adds what organisations have at Maskinporten and in the vault.
func (p *Platform) addRights(seed control.Seed) (clients []control.SeededClient, err error) {
	for _, s := range seed.Scopes {
		owner := cmp.Or(s.Owner, p.seed.OrgNumber)
		err := p.registry.AddScope(selfservice.Scope{
			Name: s.Name, Description: cmp.Or(s.Description, s.Name), OwnerOrgNumber: owner,
			AccessibleForAll: s.AccessibleForAll, DelegationSource: s.DelegationSource, TokenMaxAge: s.TokenMaxAge,
		})
		if err != nil {
			return nil, err
		}
		access := s.Access
		if access == nil {
			access = []string{owner}
		}
		for _, number := range access {
			if err := p.registry.GrantAccess(s.Name, number); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range seed.Clients {
		client, err := p.addClient(c)
		if err != nil {
			return nil, fmt.Errorf("client %q: %w", c.Name, err)
		}
		clients = append(clients, control.SeededClient{ID: client.ClientID, Name: client.Name})
	}
	for _, d := range seed.Delegations {
		if err := p.registry.AddDelegation(selfservice.Delegation(d)); err != nil {
			return nil, err
		}
	}
	for _, s := range seed.Secrets {
		if err := p.keyvault.AddSecret(p.vault, keyvault.Secret(s)); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

func (p *Platform) addClient(c control.SeedClient) (selfservice.Client, error) {
	if c.Name == "" {
		return selfservice.Client{}, errors.New("it has no name")
	}
	keys := make([]selfservice.Key, len(c.Keys))
	for n, given := range c.Keys {
		encoded, err := json.Marshal(given)
		if err != nil {
			return selfservice.Client{}, fmt.Errorf("its key %d: %w", n+1, err)
		}
		if err := json.Unmarshal(encoded, &keys[n]); err != nil {
			return selfservice.Client{}, fmt.Errorf("its key %d: %w", n+1, err)
		}
	}
	client := selfservice.Client{ClientID: c.ID, Name: c.Name, Description: c.Name, OrgNumber: cmp.Or(c.Organisation, p.seed.OrgNumber), Scopes: c.Scopes}
	if c.Supplier != "" {
		client.SupplierOrgNumber = &c.Supplier
	}
	return p.registry.AddClient(client, keys...)
}
