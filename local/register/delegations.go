package register

import (
	"fmt"
	"slices"
	"strings"
)

// keyRoles are those of an organisation's leaders in the Central Coordinating
// Register. Who holds one uses what others have delegated to the organisation
// (Altinn, "key roles").
var keyRoles = []string{"dagl", "lede", "innh", "dtpr", "dtso", "komp", "best", "bobe"}

// Delegation is what one party has let another do on its behalf: a role, or
// single rights in an application.
type Delegation struct {
	// From and To are party ids. What is delegated to an organisation is used by
	// those who hold a key role in it.
	From, To int
	// ToSystemUser is a system user's UUID, in place of To. Rights are delegated to
	// them, and no roles.
	ToSystemUser string
	// Role is the code of a delegated role; the rest is empty then.
	Role string
	// AppID is {org}/{app}, and Actions are the rights in it, such as "read".
	AppID   string
	Actions []string
	// InstanceID, {party id}/{guid}, limits the rights to one instance.
	InstanceID string
}

// Delegate adds a delegation. Both parties must be there, and either a role or
// rights in an application be given.
func (p *Parties) Delegate(d Delegation) error {
	d.Role = strings.ToLower(d.Role)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range []int{d.From, d.To} {
		if _, ok := p.byID[id]; !ok && (id != 0 || d.ToSystemUser == "") {
			return fmt.Errorf("delegate: no party %d", id)
		}
	}
	if d.ToSystemUser != "" && (d.From == 0 || d.To != 0 || d.Role != "") {
		return fmt.Errorf("delegate from party %d: to a system user only rights are delegated, and to nobody else at once", d.From)
	}
	if (d.Role == "") == (d.AppID == "" || len(d.Actions) == 0) {
		return fmt.Errorf("delegate from party %d to %d: give a role, or an application and actions", d.From, d.To)
	}
	d.Actions = slices.Clone(d.Actions)
	p.delegations = append(p.delegations, d)
	return nil
}

// DelegatedRights gives the delegations of rights that a party has made and that
// a user may use.
func (p *Parties) DelegatedRights(userID, from int) []Delegation {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var rights []Delegation
	for _, d := range p.delegations {
		if d.From == from && d.Role == "" && p.uses(userID, d.To) {
			rights = append(rights, d)
		}
	}
	return rights
}

// SystemUserRights gives the delegations of rights that a party has made to a
// system user.
func (p *Parties) SystemUserRights(systemUser string, from int) []Delegation {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var rights []Delegation
	for _, d := range p.delegations {
		if d.From == from && systemUser != "" && d.ToSystemUser == systemUser {
			rights = append(rights, d)
		}
	}
	return rights
}

// uses reports whether what a party was given is a user's to use. The lock is held.
func (p *Parties) uses(userID, partyID int) bool {
	own, ok := p.byUser[userID]
	return ok && own == partyID || slices.ContainsFunc(p.roles[holding{userID, partyID}], func(role string) bool {
		return slices.Contains(keyRoles, role)
	})
}

// delegatedRoles gives the roles that a user has for a party by delegation. The
// lock is held.
func (p *Parties) delegatedRoles(userID, partyID int) []string {
	var roles []string
	for _, d := range p.delegations {
		if d.From == partyID && d.Role != "" && p.uses(userID, d.To) {
			roles = append(roles, d.Role)
		}
	}
	return roles
}
