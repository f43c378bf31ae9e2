package keyvault

import (
	"fmt"
	"maps"
)

// Checkpoint remembers the secrets, permissions and settings of a vault, and
// returns what brings them back, as often as it is called. So it is with the tokens
// that are refused for their claims.
func (s *Server) Checkpoint(vaultName string) (restore func(), err error) {
	v, err := s.vault(vaultName)
	if err != nil {
		return nil, fmt.Errorf("remember: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	settings, permissions, entries := v.config.Settings, maps.Clone(v.permissions), cloneEntries(v.entries)
	demands, revoked := v.demands, maps.Clone(v.revoked)
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.config.Settings, v.permissions, v.entries = settings, maps.Clone(permissions), cloneEntries(entries)
		v.demands, v.revoked = demands, maps.Clone(revoked)
	}, nil
}

// cloneEntries copies the versions too, whose attributes are changed in place.
func cloneEntries(entries map[string]*entry) map[string]*entry {
	copied := make(map[string]*entry, len(entries))
	for key, e := range entries {
		same := *e
		same.versions = make([]*version, len(e.versions))
		for n, v := range e.versions {
			one := *v
			same.versions[n] = &one
		}
		copied[key] = &same
	}
	return copied
}
