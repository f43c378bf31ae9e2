package selfservice

import (
	"maps"
	"slices"
)

// Checkpoint remembers all that the registry holds, and returns what brings it
// back, as often as it is called. Maskinporten knows of that at once.
func (r *Registry) Checkpoint() (restore func()) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	rules, systemUsers := r.rules, slices.Clone(r.systemUsers)
	tables := []func(){
		kept(&r.organisations), kept(&r.scopes), kept(&r.prefixes), kept(&r.access), kept(&r.clients), kept(&r.delegations), kept(&r.consents),
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, restore := range tables {
			restore()
		}
		r.rules, r.systemUsers = rules, slices.Clone(systemUsers)
	}
}

// kept returns what makes a table what it is now. Values are never changed in
// place: a change puts another in.
func kept[K comparable, V any](table *map[K]V) func() {
	then := maps.Clone(*table)
	return func() { *table = maps.Clone(then) }
}
