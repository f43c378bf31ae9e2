package selfservice

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Delegation is a consumer's mandate, given in Altinn, for a supplier to use a
// scope on the consumer's behalf. The parties are organisation numbers.
type Delegation struct{ Scope, Consumer, Supplier string }

// AddDelegation seeds a delegation, of which Maskinporten knows at once: it asks
// Altinn. The scope must exist and have a delegation source, since nobody can
// delegate it otherwise.
func (r *Registry) AddDelegation(d Delegation) error {
	if !organisationNumber.MatchString(d.Consumer) || !organisationNumber.MatchString(d.Supplier) {
		return errors.New("add delegation: consumer and supplier must be organisation numbers")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.scope(d.Scope); !ok || s.DelegationSource == "" {
		return fmt.Errorf("add delegation: %q is not a scope with a delegation source", d.Scope)
	}
	r.delegations[d] = struct{}{}
	return nil
}

// RemoveDelegation takes a delegation back; one that is not there is no error.
func (r *Registry) RemoveDelegation(d Delegation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.delegations, d)
}

// Delegated reports whether a delegation is there.
func (r *Registry) Delegated(d Delegation) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.delegations[d]
	return ok
}

// SystemUser is what a customer has made in Altinn for a supplier's system: in
// its name, the system's clients at Maskinporten get tokens.
type SystemUser struct {
	ID        string // a UUID
	SystemID  string // in Altinn's system register: "310000001_regnskap"
	OrgNumber string // the customer's
	// ExternalRef tells a customer's system users of one system apart; empty means
	// the customer's number, as in Altinn.
	ExternalRef string
	ClientIDs   []string // the system's at Maskinporten
}

// AddSystemUser seeds a system user; an empty ID is given a new one. Maskinporten
// knows it at once.
func (r *Registry) AddSystemUser(u SystemUser) (SystemUser, error) {
	if !organisationNumber.MatchString(u.OrgNumber) || u.SystemID == "" || len(u.ClientIDs) == 0 {
		return SystemUser{}, errors.New("add system user: an organisation number, a system and a client are required")
	}
	if u.ID == "" {
		u.ID = uuid.NewString()
	}
	if u.ExternalRef == "" {
		u.ExternalRef = u.OrgNumber
	}
	u.ClientIDs = slices.Clone(u.ClientIDs)
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.systemUsers, func(old SystemUser) bool {
		return old.ID == u.ID || old.SystemID == u.SystemID && old.OrgNumber == u.OrgNumber && old.ExternalRef == u.ExternalRef
	}) {
		return SystemUser{}, fmt.Errorf("add system user: there is one of %s for the system %s with the reference %s", u.OrgNumber, u.SystemID, u.ExternalRef)
	}
	r.systemUsers = append(r.systemUsers, u)
	return u, nil
}

// FindSystemUser returns the system user of a customer for one of a system's
// clients. Without an external reference it is the customer's number.
func (r *Registry) FindSystemUser(clientID, orgNumber, externalRef string) (SystemUser, bool) {
	if externalRef == "" {
		externalRef = orgNumber
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	at := slices.IndexFunc(r.systemUsers, func(u SystemUser) bool {
		return u.OrgNumber == orgNumber && u.ExternalRef == externalRef && slices.Contains(u.ClientIDs, clientID)
	})
	if at < 0 {
		return SystemUser{}, false
	}
	return r.systemUsers[at], true
}

// SystemUserByID returns the system user with a UUID.
func (r *Registry) SystemUserByID(id string) (SystemUser, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	at := slices.IndexFunc(r.systemUsers, func(u SystemUser) bool { return u.ID == id })
	if at < 0 {
		return SystemUser{}, false
	}
	return r.systemUsers[at], true
}

// Consent is what somebody has agreed to in Altinn: that an organisation may have
// data about them.
type Consent struct {
	ID string // a UUID
	// From is who has given it: urn:altinn:person:identifier-no:… or
	// urn:altinn:organization:identifier-no:…
	From      string
	To        string // the number of the organisation that it is given to
	Consented time.Time
	ValidTo   time.Time
	Rights    []ConsentRight
}

// ConsentRight is one thing that was agreed to, in the form that it has in tokens.
type ConsentRight struct {
	Action   []string          `json:"action"`
	Resource []ConsentResource `json:"resource"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// ConsentResource names what a right is about.
type ConsentResource struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// AddConsent seeds a consent, in place of one with the same ID. Maskinporten
// knows it at once.
func (r *Registry) AddConsent(c Consent) error {
	if c.ID == "" || c.From == "" || !organisationNumber.MatchString(c.To) {
		return errors.New("add consent: an id, who it is from and the organisation it is to are required")
	}
	c.Rights = append([]ConsentRight{}, c.Rights...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.consents[c.ID] = c
	return nil
}

// Consent returns a consent by its id.
func (r *Registry) Consent(id string) (Consent, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c, ok := r.consents[id]
	return c, ok
}
