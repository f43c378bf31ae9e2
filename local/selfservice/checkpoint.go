package selfservice

import (
	"maps"
	"slices"
)

// Checkpoint remembers all that the registry holds, and returns what brings the
// organisations back, and what all else, as often as they are called. Maskinporten
// knows of that at once. The rules about keys stay as they are: they are no part of
// the database.
func (r *Registry) Checkpoint() (restore, restoreOrganisations func()) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	systemUsers := slices.Clone(r.systemUsers)
	tables := []func(){
		kept(&r.scopes), kept(&r.prefixes), kept(&r.access), kept(&r.clients), kept(&r.delegations), kept(&r.consents),
	}
	organisations := kept(&r.organisations)
	restore = func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, restore := range tables {
			restore()
		}
		r.systemUsers = slices.Clone(systemUsers)
	}
	return restore, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		organisations()
	}
}

// kept returns what makes a table what it is now. Values are never changed in
// place: a change puts another in.
func kept[K comparable, V any](table *map[K]V) func() {
	then := maps.Clone(*table)
	return func() { *table = maps.Clone(then) }
}
