package prepare

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stafett/stafett/app/dotnet"
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

	// items is the vault's list.
	items []keyvault.Item
	// The vault's two secrets, as the section's client reads them; empty for one
	// that is not there, or is empty.
	clientID   secret.String
	encodedJWK secret.String
	// otherKey is the key under the name that the other client reads. It is read
	// only when encodedJWK is empty.
	otherKey secret.String
	// authority is what the vault has for the built-in client; empty for none.
	authority secret.String

	settings appsettings.MaskinportenSection
	// configuration has the files' values with their origins; nil in the zero
	// State only.
	configuration *appsettings.Configuration
	// isNewSection is set when the section is to be written; settings is then empty.
	isNewSection bool
	// code is the original application's C#.
	code *dotnet.Code
	// unmoved are the overlays of other environments that have settings which only
	// the client library reads. It is looked for when the section is migrated.
	unmoved []string
	// isShared is set when the receiving application has the section too.
	isShared bool
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

// Read reads the state of the world and changes nothing. The vault is listed
// first, and its secrets are read before anything is asked of Samarbeidsportalen;
// a vault that may not be read gives its *keyvault.AccessError. A section that does not exist gives an
// *appsettings.SectionError, a settings file that an application would not start
// with an *appsettings.FileError.
func Read(ctx context.Context, systems Systems, target Target) (State, error) {
	state := State{target: target, readAt: systems.now(), keys: make(map[string]jwk.Set)}
	for _, read := range []func(context.Context, Systems) error{state.checkNames, state.listVault, state.readSettings, state.readReceiving, state.readSecrets, state.readIntegrations} {
		if err := read(ctx, systems); err != nil {
			return State{}, fmt.Errorf("read the state of %s: %w", target.AppID, err)
		}
	}
	return state, nil
}

// checkNames refuses a section that no secrets can be named after, of whichever
// family it is.
func (s *State) checkNames(context.Context, Systems) error {
	_, err := keyvault.SecretName(s.target.Section + ":" + keySetting(appsettings.ClientLibrary))
	return err
}

func (s *State) listVault(ctx context.Context, systems Systems) (err error) {
	s.items, err = systems.Vault.List(ctx)
	return err
}

// readSecrets reads the secrets that the section's client reads. Both are asked
// for even when they are not listed, so that a caller who may list but not read is
// told before anything is written.
func (s *State) readSecrets(ctx context.Context, systems Systems) (err error) {
	switch {
	case s.target.Migrate:
		s.target.Family = appsettings.BuiltIn
	case s.target.Family == appsettings.UnknownFamily:
		s.target.Family = FamilyOf(s.settings, s.items, s.code)
	}
	names := NamesOf(s.target.Family, s.target.Section)
	if s.clientID, err = getSecret(ctx, systems.Vault, names.ClientID); err != nil {
		return err
	}
	if s.encodedJWK, err = getSecret(ctx, systems.Vault, names.Key); err != nil {
		return err
	}
	inVault := settingsInVault(s.target.Section, s.items)
	if name, has := inVault["authority"]; has && names.Authority != "" {
		if s.authority, err = getSecret(ctx, systems.Vault, name); err != nil {
			return err
		}
	}
	if name, has := inVault[strings.ToLower(keySetting(otherFamily(s.target.Family)))]; has && s.encodedJWK.IsEmpty() {
		s.otherKey, err = getSecret(ctx, systems.Vault, name)
	}
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

// readIntegrations reads the list, and the key set of each integration that may
// be the application's: by the vault's client id, by name, or by a description
// that carries the key.
func (s *State) readIntegrations(ctx context.Context, systems Systems) error {
	var err error
	if s.integrations, err = systems.Integrations.List(ctx); err != nil {
		return err
	}
	thumbprint := ""
	if key, err := jwk.ParseEncoded(s.keyText()); err == nil {
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

// keyText is the vault's key, under whichever name it lies.
func (s *State) keyText() secret.String {
	if s.encodedJWK.IsEmpty() {
		return s.otherKey
	}
	return s.encodedJWK
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
