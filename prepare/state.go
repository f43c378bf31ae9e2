package prepare

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// State is the world as [Read] found it, and what [NewPlan] plans from. It is
// opaque, and the zero State is of no use. It holds secrets, none of which prints.
type State struct {
	target Target
	readAt time.Time

	// The vault's two secrets; empty for one that is not there, or is empty.
	clientID   secret.String
	encodedJWK secret.String
	// overriding names further secrets of the section, each of which overrides a
	// setting of the files.
	overriding []string

	settings appsettings.MaskinportenSection
	// configuration has the files' values with their origins; nil in the zero
	// State only.
	configuration *appsettings.Configuration
	// files are appsettings.json and its overlay, in that order.
	files []file

	// integrations are all active ones of the organisation; keys has the key sets
	// of those that may be the application's, by client id.
	integrations []selfservice.Integration
	keys         map[string]jwk.Set
}

// file is a settings file. Content is nil when there is none.
type file struct {
	name, path string
	content    []byte
}

// Read reads the state of the world and changes nothing. The vault is listed and
// both secrets are read before anything else is touched; a vault that may not be
// read gives its *keyvault.AccessError. A section that does not exist gives an
// *appsettings.SectionError, a settings file that an application would not start
// with an *appsettings.FileError.
func Read(ctx context.Context, systems Systems, target Target) (State, error) {
	state := State{target: target, readAt: systems.now(), keys: make(map[string]jwk.Set)}
	for _, read := range []func(context.Context, Systems) error{state.readVault, state.readSettings, state.readIntegrations} {
		if err := read(ctx, systems); err != nil {
			return State{}, fmt.Errorf("read the state of %s: %w", target.AppID, err)
		}
	}
	return state, nil
}

func (s *State) readVault(ctx context.Context, systems Systems) error {
	items, err := systems.Vault.List(ctx)
	if err != nil {
		return err
	}
	clientID, encodedJWK := s.target.secretNames()
	prefix := strings.TrimSuffix(clientID, "ClientId")
	for _, item := range items {
		name := item.Name
		if item.Enabled && len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) &&
			!strings.EqualFold(name, clientID) && !strings.EqualFold(name, encodedJWK) {
			s.overriding = append(s.overriding, name)
		}
	}
	// Both are asked for even when they are not listed, so that a caller who may
	// list but not read is told before anything is written.
	if s.clientID, err = getSecret(ctx, systems.Vault, clientID); err != nil {
		return err
	}
	s.encodedJWK, err = getSecret(ctx, systems.Vault, encodedJWK)
	return err
}

// getSecret returns the empty secret for one that the vault does not have, if
// its name is free.
func getSecret(ctx context.Context, vault Vault, name string) (secret.String, error) {
	found, err := vault.Get(ctx, name)
	if !errors.Is(err, keyvault.ErrNotFound) {
		return found.Value, err
	}
	return secret.String{}, vault.CheckFree(ctx, name)
}

func (s *State) readSettings(ctx context.Context, systems Systems) error {
	configuration, err := appsettings.Load(ctx, appsettings.Options{Dir: s.target.AppDir, EnvironmentName: s.target.environmentName()})
	if err != nil {
		return err
	}
	s.configuration = configuration
	if s.settings, err = appsettings.ReadMaskinporten(configuration, s.target.Section); err != nil {
		return err
	}
	for _, name := range []string{"appsettings.json", "appsettings." + s.target.environmentName() + ".json"} {
		path := filepath.Join(configuration.Dir(), name)
		content, err := systems.files().Read(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		s.files = append(s.files, file{name: name, path: path, content: content})
	}
	return nil
}

// readIntegrations reads the list, and the key set of each integration that may
// be the application's: by the vault's client id, by name, or by a description
// that carries the key.
func (s *State) readIntegrations(ctx context.Context, systems Systems) error {
	var err error
	if s.integrations, err = systems.Integrations.List(ctx); err != nil {
		return err
	}
	thumbprint := ""
	if key, err := jwk.ParseEncoded(s.encodedJWK); err == nil {
		thumbprint, _ = key.Public().Thumbprint()
	}
	clientID := strings.TrimSpace(s.clientID.Reveal())
	for _, integration := range s.integrations {
		if integration.ClientID != clientID && integration.Name != s.target.Integration && !carries(integration, thumbprint) {
			continue
		}
		if s.keys[integration.ClientID], err = systems.Integrations.Keys(ctx, integration.ClientID); err != nil {
			return err
		}
	}
	return nil
}

// carries reports whether the integration's description names the key.
func carries(integration selfservice.Integration, thumbprint string) bool {
	return thumbprint != "" && strings.Contains(integration.Description, thumbprint)
}

// holds reports whether the set has the key, under whatever key id.
func holds(set jwk.Set, thumbprint string) bool {
	_, found := findKey(set, thumbprint)
	return found
}

func findKey(set jwk.Set, thumbprint string) (jwk.Public, bool) {
	for _, key := range set.Keys {
		if got, err := key.Thumbprint(); err == nil && got == thumbprint {
			return key, true
		}
	}
	return jwk.Public{}, false
}
