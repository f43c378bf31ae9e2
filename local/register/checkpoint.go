package register

import (
	"maps"
	"slices"
)

// Checkpoint remembers the parties, roles and delegations, and returns what brings
// them back, as often as it is called.
func (p *Parties) Checkpoint() (restore func()) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	byID, byUser, byNo := maps.Clone(p.byID), maps.Clone(p.byUser), maps.Clone(p.byNo)
	roles, delegations := cloneRoles(p.roles), slices.Clone(p.delegations)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.byID, p.byUser, p.byNo = maps.Clone(byID), maps.Clone(byUser), maps.Clone(byNo)
		p.roles, p.delegations = cloneRoles(roles), slices.Clone(delegations)
	}
}

// cloneRoles copies the lists too, since roles are added to them in place.
func cloneRoles(roles map[holding][]string) map[holding][]string {
	copied := maps.Clone(roles)
	for key, codes := range copied {
		copied[key] = slices.Clone(codes)
	}
	return copied
}
