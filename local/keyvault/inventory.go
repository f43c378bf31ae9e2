package keyvault

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stafett/stafett/secret"
)

// SecretInfo tells of a secret what can be shown to anybody. It has no place for
// a value.
type SecretInfo struct {
	Name string
	// Deleted is when the secret was deleted, and PurgedAt when it is gone for
	// good; both are zero for one that is there.
	Deleted  time.Time
	PurgedAt time.Time
	// Versions are the secret's, the newest first; there is at least one.
	Versions []VersionInfo
}

// VersionInfo tells of one version of a secret. Times are whole seconds; NotBefore
// and Expires are zero where the version has none.
type VersionInfo struct {
	ID          string
	ContentType string
	Tags        map[string]string
	Enabled     bool
	NotBefore   time.Time
	Expires     time.Time
	Created     time.Time
	Updated     time.Time
}

// Inventory lists the secrets of a vault by name, those that have been deleted
// and can be recovered among them. Purged ones are not listed, as in Azure.
func (s *Server) Inventory(vaultName string) ([]SecretInfo, error) {
	v, err := s.vault(vaultName)
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := s.now()
	var secrets []SecretInfo
	for _, key := range slices.Sorted(maps.Keys(v.entries)) {
		e := v.entries[key]
		told := SecretInfo{Name: e.name}
		switch v.state(e, now) {
		case gone, purging:
			continue
		case deleting, deleted:
			told.Deleted, told.PurgedAt = e.deleted, v.purgeDate(e)
		}
		for _, ver := range slices.Backward(e.versions) {
			told.Versions = append(told.Versions, ver.info())
		}
		secrets = append(secrets, told)
	}
	return secrets, nil
}

// Secret returns the value of the newest version of a secret, as to a program that
// may read the vault: false where there is none, or it is disabled.
func (s *Server) Secret(vaultName, name string) (secret.String, bool) {
	v, err := s.vault(vaultName)
	if err != nil {
		return secret.String{}, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	e, state := v.find(name, s.now())
	if e == nil || state != live || !e.latest().enabled {
		return secret.String{}, false
	}
	return e.latest().value, true
}

func (ver *version) info() VersionInfo {
	told := VersionInfo{
		ID: ver.id, ContentType: ver.contentType, Tags: maps.Clone(ver.tags), Enabled: ver.enabled,
		Created: time.Unix(ver.created, 0), Updated: time.Unix(ver.updated, 0),
	}
	if ver.notBefore != nil {
		told.NotBefore = time.Unix(*ver.notBefore, 0)
	}
	if ver.expires != nil {
		told.Expires = time.Unix(*ver.expires, 0)
	}
	return told
}
