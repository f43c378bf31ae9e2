package register

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stafett/stafett/local/authentication"
)

// RolePriv is the role that every person holds for themselves.
const RolePriv = "priv"

// Parties is the set of parties of a local platform, with the roles that
// persons hold. The zero value is an empty set. It is safe for concurrent use.
type Parties struct {
	mu     sync.RWMutex
	byID   map[int]Party
	byUser map[int]int
	byNo   map[string]int // person and organisation numbers; their lengths differ
	roles  map[holding][]string

	delegations []Delegation
}

type holding struct{ userID, partyID int }

// NewParties makes a set of the given parties.
func NewParties(seed ...Party) (*Parties, error) {
	p := &Parties{}
	for _, party := range seed {
		if err := p.Add(party); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Add puts a party into the set. The party needs an id, a name and at most one
// identity number, which must have valid check digits and, for a person, be
// synthetic. Ids and numbers are unique. The error holds no person number.
func (p *Parties) Add(party Party) error {
	if err := party.complete(); err != nil {
		return fmt.Errorf("add party %d: %w", party.PartyID, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	number := cmp.Or(party.SSN, party.OrgNumber)
	_, takenID := p.byID[party.PartyID]
	_, takenUser := p.byUser[party.UserID]
	_, takenNo := p.byNo[number]
	switch {
	case takenNo && party.OrgNumber != "":
		return fmt.Errorf("add party %d: there is an organisation with the number %s already", party.PartyID, number)
	case takenNo:
		return fmt.Errorf("add party %d: there is a person with its number already", party.PartyID)
	case takenUser:
		return fmt.Errorf("add party %d: there is a user %d already", party.PartyID, party.UserID)
	case takenID:
		return fmt.Errorf("add party %d: there is a party with this id already", party.PartyID)
	}
	if p.byID == nil {
		p.byID, p.byUser, p.byNo = map[int]Party{}, map[int]int{}, map[string]int{}
		p.roles = map[holding][]string{}
	}
	p.byID[party.PartyID] = party
	if party.UserID != 0 {
		p.byUser[party.UserID] = party.PartyID
	}
	if number != "" {
		p.byNo[number] = party.PartyID
	}
	return nil
}

// complete derives what the seed left out, and checks the rest.
func (p *Party) complete() error {
	switch {
	case p.PartyID <= 0:
		return fmt.Errorf("the party id must be positive")
	case strings.TrimSpace(p.Name) == "":
		return fmt.Errorf("it has no name")
	case p.SSN != "" && p.OrgNumber != "":
		return fmt.Errorf("it has both a person number and an organisation number")
	case p.SSN != "" && !IsSyntheticPersonNumber(p.SSN):
		return fmt.Errorf("its person number is not a valid synthetic one")
	case p.OrgNumber != "" && !ValidOrganisationNumber(p.OrgNumber):
		return fmt.Errorf("its organisation number is not valid")
	}
	if p.TypeName == "" {
		switch {
		case p.OrgNumber == "" && p.SSN == "":
			p.TypeName = TypeSelfIdentified
		case p.SSN != "":
			p.TypeName = TypePerson
		case p.UnitType == "BEDR" || p.UnitType == "AAFY":
			p.TypeName = TypeSubUnit
		case p.UnitType == "KBO":
			p.TypeName = TypeBankruptcy
		default:
			p.TypeName = TypeOrganisation
		}
	}
	if p.PartyUUID == "" {
		p.PartyUUID = partyUUID(p.PartyID)
	}
	return nil
}

// partyUUID derives a stable UUID (RFC 9562, version 8), so that a party keeps
// its own from one start to the next.
func partyUUID(id int) string {
	b := sha256.Sum256(fmt.Appendf(nil, "stafett local party %d", id))
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Grant gives a user roles for a party, such as "dagl". Codes are kept in
// lower case, as policies write them.
func (p *Parties) Grant(userID, partyID int, roles ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.byUser[userID]; !ok {
		return fmt.Errorf("grant role: no user %d", userID)
	}
	if _, ok := p.byID[partyID]; !ok {
		return fmt.Errorf("grant role: no party %d", partyID)
	}
	key := holding{userID, partyID}
	for _, role := range roles {
		if role = strings.ToLower(role); !slices.Contains(p.roles[key], role) {
			p.roles[key] = append(p.roles[key], role)
		}
	}
	return nil
}

// Roles gives the codes of the roles that a user holds for a party: [RolePriv]
// for their own, what has been granted, and what has been delegated. Nil means
// none.
func (p *Parties) Roles(userID, partyID int) []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var roles []string
	if own, ok := p.byUser[userID]; ok && own == partyID {
		roles = append(roles, RolePriv)
	}
	roles = append(roles, p.roles[holding{userID, partyID}]...)
	for _, role := range p.delegatedRoles(userID, partyID) {
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// Represented gives the parties for which a user holds a role or has been
// delegated anything, their own first, then by party id.
func (p *Parties) Represented(userID int) []Party {
	p.mu.RLock()
	defer p.mu.RUnlock()
	own, ok := p.byUser[userID]
	if !ok {
		return nil
	}
	parties := []Party{p.byID[own]}
	for key := range p.roles {
		if key.userID == userID && key.partyID != own {
			parties = append(parties, p.byID[key.partyID])
		}
	}
	for _, d := range p.delegations {
		if p.uses(userID, d.To) && !slices.ContainsFunc(parties, func(known Party) bool { return known.PartyID == d.From }) {
			parties = append(parties, p.byID[d.From])
		}
	}
	slices.SortFunc(parties[1:], byPartyID)
	return parties
}

// All gives every party by party id.
func (p *Parties) All() []Party {
	p.mu.RLock()
	defer p.mu.RUnlock()
	parties := make([]Party, 0, len(p.byID))
	for _, party := range p.byID {
		parties = append(parties, party)
	}
	slices.SortFunc(parties, byPartyID)
	return parties
}

func byPartyID(a, b Party) int { return cmp.Compare(a.PartyID, b.PartyID) }

// ByID finds a party by party id.
func (p *Parties) ByID(partyID int) (Party, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	party, ok := p.byID[partyID]
	return party, ok
}

// ByUser finds the party that is the person with a user id.
func (p *Parties) ByUser(userID int) (Party, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	id, ok := p.byUser[userID]
	return p.byID[id], ok
}

// BySSN finds a person by person number.
func (p *Parties) BySSN(number string) (Party, bool) {
	party, ok := p.byNumber(number)
	return party, ok && party.SSN == number
}

// ByOrgNumber finds an organisation by organisation number.
func (p *Parties) ByOrgNumber(number string) (Party, bool) {
	party, ok := p.byNumber(number)
	return party, ok && party.OrgNumber == number
}

func (p *Parties) byNumber(number string) (Party, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	id, ok := p.byNo[number]
	return p.byID[id], ok && number != ""
}

// Person finds who can log in with a user id or, failing that, a party id; it
// suits authentication.Config.People.
func (p *Parties) Person(id int) (authentication.Person, bool) {
	party, ok := p.ByUser(id)
	if !ok {
		party, ok = p.ByID(id)
	}
	if !ok || party.UserID == 0 {
		return authentication.Person{}, false
	}
	return party.person(), true
}

// SelfIdentified finds who can log in with a user name, without a national identity
// number; it suits authentication.Config.SelfIdentified.
func (p *Parties) SelfIdentified(userName string) (authentication.Person, bool) {
	for _, party := range p.All() {
		if party.TypeName == TypeSelfIdentified && party.UserID != 0 && party.Name == userName {
			return party.person(), true
		}
	}
	return authentication.Person{}, false
}

func (p Party) person() authentication.Person {
	return authentication.Person{
		UserID: p.UserID, PartyID: p.PartyID, PartyUUID: p.PartyUUID, UserName: p.Name, SelfIdentified: p.TypeName == TypeSelfIdentified,
	}
}
