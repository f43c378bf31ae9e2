package selfservice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The states of an [Access] entry. Only Approved gives access.
const (
	Requested = "REQUESTED"
	Approved  = "APPROVED"
	Denied    = "DENIED"
)

// Access says that one organisation may, or may not, use a scope.
type Access struct {
	Scope          string    `json:"scope"`
	State          string    `json:"state"`
	OwnerOrgNumber string    `json:"owner_orgno"`
	OwnerName      string    `json:"owner_organization_name"`
	OrgNumber      string    `json:"consumer_orgno"`
	Name           string    `json:"consumer_organization_name"`
	Created        Timestamp `json:"created"`
	LastUpdated    Timestamp `json:"last_updated"`
}

type accessKey struct{ scope, orgNumber string }

// GrantAccess makes the state of an organisation's access to a scope Approved,
// as the scope's owner does. Maskinporten knows it at once.
func (r *Registry) GrantAccess(scope, orgNumber string) error {
	return r.seedAccess(scope, orgNumber, Approved)
}

// RevokeAccess makes the state Denied; the entry stays, as it does at Digdir.
// Maskinporten knows it at once.
func (r *Registry) RevokeAccess(scope, orgNumber string) error {
	return r.seedAccess(scope, orgNumber, Denied)
}

func (r *Registry) seedAccess(scope, orgNumber, state string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	entry, err := r.nextAccess(scope, orgNumber, state)
	if err != nil {
		return err
	}
	r.access[accessKey{scope, orgNumber}] = always(entry)
	return nil
}

// errNoSuchOrganisation says that Digdir does not know an organisation.
var errNoSuchOrganisation = &ValidationError{[]FieldError{{
	Message: "no such organisation", IsFieldError: true, ObjectName: "access", Field: "consumer_orgno",
}}}

// setAccess changes an organisation's access to a scope as the API does it.
func (r *Registry) setAccess(scope, orgNumber, state string) (Access, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	entry, err := r.nextAccess(scope, orgNumber, state)
	if err != nil {
		return Access{}, err
	}
	key := accessKey{scope, orgNumber}
	r.access[key] = r.access[key].append(entry.LastUpdated.Time, entry)
	return entry, nil
}

// nextAccess is the entry with a new state. The caller holds the lock.
func (r *Registry) nextAccess(scope, orgNumber, state string) (Access, error) {
	s, ok := r.scope(scope)
	if !ok {
		return Access{}, fmt.Errorf("set access to %q: %w", scope, errNoSuchScope)
	}
	consumer, ok := r.organisations[orgNumber]
	if !ok {
		return Access{}, fmt.Errorf("set access of %q to %s: %w", orgNumber, scope, errNoSuchOrganisation)
	}
	now := Timestamp{r.now()}
	entry, ok := r.access[accessKey{scope, orgNumber}].latest()
	if !ok {
		entry = Access{
			Scope: scope, OwnerOrgNumber: s.OwnerOrgNumber, OwnerName: r.organisations[s.OwnerOrgNumber].Name,
			OrgNumber: orgNumber, Name: consumer.Name, Created: now,
		}
	}
	entry.State, entry.LastUpdated = state, now
	return entry, nil
}

// AccessTo returns who has been given or denied a scope, sorted by organisation.
func (r *Registry) AccessTo(scope string) []Access {
	return r.entries(func(entry Access) bool { return entry.Scope == scope })
}

// AccessOf returns what an organisation has been given or denied, sorted by
// scope.
func (r *Registry) AccessOf(orgNumber string) []Access {
	return r.entries(func(entry Access) bool { return entry.OrgNumber == orgNumber })
}

func (r *Registry) entries(wanted func(Access) bool) []Access {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found := []Access{}
	for _, h := range r.access {
		if entry, _ := h.latest(); wanted(entry) {
			found = append(found, entry)
		}
	}
	slices.SortFunc(found, func(a, b Access) int {
		return cmp.Or(strings.Compare(a.Scope, b.Scope), strings.Compare(a.OrgNumber, b.OrgNumber))
	})
	return found
}

// MayUse reports whether an organisation may use a scope: the scope is active
// and either open to all or granted.
func (r *Registry) MayUse(scope, orgNumber string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.mayUse(scope, orgNumber)
}

func (r *Registry) mayUse(scope, orgNumber string) bool {
	s, _ := r.scope(scope)
	entry, _ := r.access[accessKey{scope, orgNumber}].latest()
	return s.gives(entry)
}

// MayUseAsOf is [Registry.MayUse] as it stood at t, which is at most ten minutes
// back.
func (r *Registry) MayUseAsOf(scope, orgNumber string, t time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s, _ := r.scopes[scope].asOf(t)
	entry, _ := r.access[accessKey{scope, orgNumber}].asOf(t)
	return s.gives(entry)
}

// gives reports whether the scope is in use, and open to all or to the one with
// the entry.
func (s Scope) gives(entry Access) bool {
	return s.Active && (s.AccessibleForAll || entry.State == Approved)
}
