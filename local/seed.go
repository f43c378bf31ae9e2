package local

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	mathrand "math/rand/v2"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/secret"
)

// Organisation is a service owner of the local platform: it owns applications
// and may use their scopes.
type Organisation struct {
	Code   string // such as "fts": the org of application ids
	Number string // nine digits
	Name   string
}

// Example is the made-up agency that owns the example applications.
var Example = Organisation{Code: "fts", Number: "313547264", Name: "Ferdselstilsynet"}

// Seed is what the local platform is born with: synthetic people and
// organisations, and the credentials with which others use it. All of it is
// made at start and means nothing anywhere else.
type Seed struct {
	Org       string // code of the first owner
	OrgNumber string
	// Vault is the URL of the owner's key vault.
	Vault string
	// TenantID, AzureClientID and AzureClientSecret are a service principal at
	// Entra ID that may list, read and write the vault's secrets.
	TenantID          string
	AzureClientID     string
	AzureClientSecret secret.String
	// SelfServiceClientID and SelfServiceKey (a private JWK as JSON) are the
	// owner's admin client for Samarbeidsportalen's self-service API.
	SelfServiceClientID string
	SelfServiceKey      secret.String
	Persons             []Person
	Organisations       []Party
	Apps                []AppAddress
	// Instances are those of [Config.Seeds]; there are no others.
	Instances []control.SeededInstance
}

// Person is a synthetic person who can log in.
type Person struct {
	SSN     string // Tenor style: month of birth + 80
	UserID  int
	PartyID int
	Name    string
	// DailyManagerOf is the number of the organisation for which the person has
	// the role DAGL; empty for none.
	DailyManagerOf string
}

// Party is an organisation in the register.
type Party struct {
	OrgNumber string
	PartyID   int
	Name      string
}

// AppAddress says where an application answers.
type AppAddress struct {
	ID  string // org/app
	URL string // https://{org}.apps.tt02.altinn.no/{org}/{app}
}

const (
	firstOrganisationParty = 50_700_001
	firstPersonParty       = 50_900_001
	firstUser              = 20_100_001
)

// managers are daily managers of owners after the first; there may be more owners.
var managers = [...]string{"Elle Risten Gaupholm", "Odd Halvard Brekkhus", "Ragna Sivlesen", "Torgeir Nuvvus", "Inga Marja Fjellstrøm"}

// newSeed makes people and organisations. The first person is a private person
// with no role but in her own matters; the second is daily manager of the first
// owner. After the third come those of the other owners.
func newSeed(owners []Organisation) (*Seed, *register.Parties, error) {
	parties, err := register.NewParties()
	if err != nil {
		return nil, nil, err
	}
	seed := &Seed{
		Org: owners[0].Code, OrgNumber: owners[0].Number,
		TenantID: uuid.NewString(), AzureClientID: uuid.NewString(), AzureClientSecret: secret.New(rand.Text() + rand.Text()),
		SelfServiceClientID: uuid.NewString(),
	}
	source, err := newSource()
	if err != nil {
		return nil, nil, err
	}
	organisations := append([]Organisation(nil), owners...)
	organisations = append(organisations, Organisation{Number: register.SyntheticOrganisationNumber(source), Name: "Vidda turlag"})
	for i, organisation := range organisations {
		unit := "ORGL"
		if organisation.Code == "" {
			unit = "FLI"
		}
		party := register.Party{PartyID: firstOrganisationParty + i, OrgNumber: organisation.Number, UnitType: unit, Name: organisation.Name}
		if err := parties.Add(party); err != nil {
			return nil, nil, fmt.Errorf("seed organisation %s: %w", organisation.Number, err)
		}
		seed.Organisations = append(seed.Organisations, Party{OrgNumber: party.OrgNumber, PartyID: party.PartyID, Name: party.Name})
	}
	people := []Person{
		{Name: "Máret Čáhppe Eksempel"},
		{Name: "Jørn Čáppa Lillevik", DailyManagerOf: owners[0].Number},
		{Name: "Sunniva Áile Trosterud", DailyManagerOf: organisations[len(organisations)-1].Number},
	}
	for i, owner := range owners[1:] {
		people = append(people, Person{Name: managers[i%len(managers)], DailyManagerOf: owner.Number})
	}
	for i, person := range people {
		person.SSN = register.SyntheticPersonNumber(source)
		person.PartyID, person.UserID = firstPersonParty+i, firstUser+i
		if err := parties.Add(register.Party{PartyID: person.PartyID, SSN: person.SSN, Name: person.Name, UserID: person.UserID}); err != nil {
			return nil, nil, fmt.Errorf("seed person %d: %w", i+1, err)
		}
		if person.DailyManagerOf != "" {
			party, _ := parties.ByOrgNumber(person.DailyManagerOf)
			if err := parties.Grant(person.UserID, party.PartyID, "dagl"); err != nil {
				return nil, nil, fmt.Errorf("seed role of person %d: %w", i+1, err)
			}
		}
		seed.Persons = append(seed.Persons, person)
	}
	return seed, parties, nil
}

// newSource seeds a generator for synthetic numbers. They need not be hard to
// guess, only different at each start.
func newSource() (*mathrand.Rand, error) {
	var seed [16]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("seed synthetic numbers: %w", err)
	}
	return mathrand.New(mathrand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:]))), nil //nolint:gosec // numbers of made-up people are no secret
}
