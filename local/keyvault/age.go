package keyvault

import (
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/secret"
)

// ErrNoSecret says that a vault has no live secret of that name.
var ErrNoSecret = errors.New("no such secret")

// Secrets returns the latest values of a vault's live secrets by name.
func (s *Server) Secrets(vaultName string) (map[string]secret.String, error) {
	v, err := s.vault(vaultName)
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	values := make(map[string]secret.String)
	for _, e := range v.in(live, s.now()) {
		values[e.name] = e.latest().value
	}
	return values, nil
}

// Age moves the stored dates of a secret back, as if all its versions had been
// made that much earlier: created, updated, nbf and exp. No clock is moved. It
// returns when the latest version expires, zero where it does not; the error
// wraps [ErrNoSecret] where there is no such secret.
func (s *Server) Age(vaultName, name string, by time.Duration) (expires time.Time, err error) {
	if by <= 0 {
		return time.Time{}, errors.New("age a secret: the time must be positive")
	}
	v, err := s.vault(vaultName)
	if err != nil {
		return time.Time{}, fmt.Errorf("age a secret: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	e, at := v.find(name, s.now())
	if at != live {
		return time.Time{}, fmt.Errorf("age secret %s: %w", name, ErrNoSecret)
	}
	seconds := int64(by / time.Second)
	for _, ver := range e.versions {
		ver.created -= seconds
		ver.updated -= seconds
		// The old times may be shared with the request that set them.
		for _, date := range []**int64{&ver.notBefore, &ver.expires} {
			if *date != nil {
				moved := **date - seconds
				*date = &moved
			}
		}
	}
	if latest := e.latest().expires; latest != nil {
		expires = time.Unix(*latest, 0)
	}
	return expires, nil
}
