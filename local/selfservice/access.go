package selfservice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
	_, err := r.setAccess(scope, orgNumber, Approved)
	return err
}

// RevokeAccess makes the state Denied; the entry stays, as it does at Digdir.
func (r *Registry) RevokeAccess(scope, orgNumber string) error {
	_, err := r.setAccess(scope, orgNumber, Denied)
	return err
}

// errNoSuchOrganisation says that Digdir does not know an organisation.
var errNoSuchOrganisation = &ValidationError{[]FieldError{{
	Message: "no such organisation", IsFieldError: true, ObjectName: "access", Field: "consumer_orgno",
}}}

func (r *Registry) setAccess(scope, orgNumber, state string) (Access, error) {
	now := Timestamp{r.now()}
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.scopes[scope]
	if !ok {
		return Access{}, fmt.Errorf("set access to %q: %w", scope, errNoSuchScope)
	}
	consumer, ok := r.organisations[orgNumber]
	if !ok {
		return Access{}, fmt.Errorf("set access of %q to %s: %w", orgNumber, scope, errNoSuchOrganisation)
	}
	key := accessKey{scope, orgNumber}
	entry, ok := r.access[key]
	if !ok {
		entry = Access{
			Scope: scope, OwnerOrgNumber: s.OwnerOrgNumber, OwnerName: r.organisations[s.OwnerOrgNumber].Name,
			OrgNumber: orgNumber, Name: consumer.Name, Created: now,
		}
	}
	entry.State, entry.LastUpdated = state, now
	r.access[key] = entry
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
	for _, entry := range r.access {
		if wanted(entry) {
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
	s, ok := r.scopes[scope]
	if !ok || !s.Active {
		return false
	}
	return s.AccessibleForAll || r.access[accessKey{scope, orgNumber}].State == Approved
}
