package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/register"
)

// AddSeed adds all that a seed says, or nothing of it where that is an error; then
// what others have changed at the same moment can be lost, too. The error names the
// place in the seed, and holds no secret and no identity number. The platform's
// [Seed] does not change; the console and the portal know only of people who were
// there at the start.
func (p *Platform) AddSeed(ctx context.Context, seed control.Seed) (control.Seeded, error) {
	p.changing.Lock()
	defer p.changing.Unlock()
	before, err := p.remember()
	if err != nil {
		return control.Seeded{}, err
	}
	s, err := newSeeding(p.parties, seed)
	if err == nil {
		err = p.addToRunning(ctx, s)
	}
	if err != nil {
		before.people()
		before.integrations()
		before.vault()
		return control.Seeded{}, seedError(ctx, err)
	}
	return s.seeded, nil
}

// seedError is an error in which nothing of a seed stands that is a secret. When the
// context has ended, that is the error.
func seedError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("add the seed: %w", context.Cause(ctx))
	}
	return errors.New(redact.Text(fmt.Sprintf("add the seed: %v", err)))
}

// addToRunning adds what a seed says besides parties. The instances come last, all at
// once, and count as changed now: whoever follows the changes would never meet them
// otherwise.
func (p *Platform) addToRunning(ctx context.Context, s *seeding) error {
	if len(s.seed.Instances) == 0 {
		return p.addBesides(ctx, nil, s)
	}
	stage, err := p.newStage()
	if err != nil {
		return err
	}
	defer func() {
		if err := stage.close(); err != nil { // what was given stays, and no seed is half there for that
			p.logger.WarnContext(ctx, "a folder of a seed is left behind", "reason", err)
		}
	}()
	if err := p.addBesides(ctx, stage, s); err != nil {
		return err
	}
	return stage.give(ctx, p, time.Now())
}

// seeding is a seed that is being added.
type seeding struct {
	seed    control.Seed
	parties *register.Parties
	seeded  control.Seeded
	// What the handles of the seed stand for; the latter two are ids.
	persons     map[string]register.Party
	systemUsers map[string]string
	instances   map[string]string
}

// newSeeding begins with organisations and persons, which it puts into the register.
func newSeeding(parties *register.Parties, seed control.Seed) (*seeding, error) {
	s := &seeding{
		seed: seed, parties: parties,
		persons: make(map[string]register.Party), systemUsers: make(map[string]string), instances: make(map[string]string),
	}
	organisationParty, personParty, user := nextIDs(parties)
	for n, organisation := range seed.Organisations {
		party := register.Party{
			PartyID: organisationParty + n, OrgNumber: organisation.Number, Name: organisation.Name, UnitType: cmp.Or(organisation.UnitType, "AS"),
		}
		if err := parties.Add(party); err != nil {
			return nil, fmt.Errorf("organisations[%d], %q: %w", n, organisation.Number, err)
		}
		s.seeded.Organisations = append(s.seeded.Organisations, control.SeededOrganisation{Number: party.OrgNumber, PartyID: party.PartyID, Name: party.Name})
	}
	source, err := newSource()
	if err != nil {
		return nil, err
	}
	for n, person := range seed.Persons {
		party := register.Party{PartyID: personParty + n, UserID: user + n, SSN: person.SSN, Name: person.Name}
		for taken := party.SSN == "" && !person.SelfIdentified; taken; { // some thousand people are enough to meet a number again
			party.SSN = register.SyntheticPersonNumber(source)
			_, taken = parties.BySSN(party.SSN)
		}
		if err := s.addPerson(party, person); err != nil {
			return nil, fmt.Errorf("persons[%d], %q: %w", n, person.Name, err)
		}
	}
	return s, nil
}

func (s *seeding) addPerson(party register.Party, person control.SeedPerson) error {
	if person.SelfIdentified && person.SSN != "" {
		return errors.New("whoever has a number is not self-identified")
	}
	if err := s.parties.Add(party); err != nil {
		return err
	}
	if err := claim(s.persons, person.Handle, party); err != nil {
		return err
	}
	for _, role := range person.Roles {
		organisation, ok := s.parties.ByOrgNumber(role.Organisation)
		if !ok {
			return fmt.Errorf("there is no organisation %q to have a role in", role.Organisation)
		}
		if len(role.Roles) == 0 {
			return fmt.Errorf("name the roles for %s, such as dagl", role.Organisation)
		}
		if err := s.parties.Grant(party.UserID, organisation.PartyID, role.Roles...); err != nil {
			return err
		}
	}
	s.seeded.Persons = append(s.seeded.Persons, control.SeededPerson{Handle: person.Handle, SSN: party.SSN, PartyID: party.PartyID, UserID: party.UserID, Name: party.Name})
	return nil
}

// claim lets a handle, if one is given, stand for something.
func claim[V any](handles map[string]V, handle string, meant V) error {
	switch _, taken := handles[handle]; {
	case handle == "":
		return nil
	case isNumber(handle):
		return errors.New("a handle has other characters than digits, which are the numbers of parties")
	case taken:
		return fmt.Errorf("the handle %q is there twice", handle)
	}
	handles[handle] = meant
	return nil
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

// tell makes what a seed has added part of what the platform is born with.
func (s *Seed) tell(added *seeding) {
	for _, organisation := range added.seeded.Organisations {
		s.Organisations = append(s.Organisations, Party{OrgNumber: organisation.Number, PartyID: organisation.PartyID, Name: organisation.Name})
	}
	for n, person := range added.seeded.Persons {
		born := Person{SSN: person.SSN, UserID: person.UserID, PartyID: person.PartyID, Name: person.Name}
		for _, role := range added.seed.Persons[n].Roles {
			if slices.ContainsFunc(role.Roles, func(code string) bool { return strings.EqualFold(code, "dagl") }) {
				born.DailyManagerOf = cmp.Or(born.DailyManagerOf, role.Organisation)
			}
		}
		s.Persons = append(s.Persons, born)
	}
}
