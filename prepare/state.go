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
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// State is the world as [Read] found it, and what [NewPlan] plans from. It is
// opaque, and the zero State is of no use. It holds secrets, none of which prints.
type State struct {
	target Target
	read   bool // false in the zero State only
	readAt time.Time

	// guided is set when nothing can be read at the portal. answer is then what
	// Maskinporten refused the vault's two secrets with; nil when it gave a token, or
	// there was nothing to ask with.
	guided bool
	answer error
	// underOverride is set when it gave one for the key under the id that the
	// settings give it, and not under its own.
	underOverride bool

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

	// replacement is the key of a new integration that is to replace the vault's;
	// empty when there is none on its way.
	replacement secret.String

	settings appsettings.MaskinportenSection
	// configuration has the files' values with their origins; nil in the portal's
	// leg, which does without.
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
	// applications are both, to be fitted; nil when they are not, for which
	// notFitted is the reason if there is one.
	applications *fit.Input
	notFitted    error

	// registration is what the hand-over file says, and nil when there is none.
	registration     *Registration
	registrationText []byte

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
// a vault that may not be read gives its *keyvault.AccessError. A section that
// does not exist gives an *appsettings.SectionError, a settings file that an
// application would not start with an *appsettings.FileError, and a hand-over file
// that cannot be used a *RegistrationError. Without an admin client, and with both
// secrets there, Maskinporten is asked for a token. Only what the target's leg
// needs is read.
func Read(ctx context.Context, systems Systems, target Target) (State, error) {
	state := State{target: target, read: true, readAt: systems.now(), guided: systems.Integrations == nil, keys: make(map[string]jwk.Set)}
	for _, read := range state.reads() {
		if err := read(ctx, systems); err != nil {
			return State{}, fmt.Errorf("read the state of %s: %w", target.AppID, err)
		}
	}
	return state, nil
}

// reads are what is read in the leg, in order.
func (s *State) reads() []func(context.Context, Systems) error {
	var reads []func(context.Context, Systems) error
	leg := s.target.Leg
	if leg.usesVault() {
		reads = append(reads, s.checkNames, s.listVault, s.readSettings, s.readReceiving, s.readSecrets)
	}
	if leg != Whole {
		reads = append(reads, s.readRegistration)
	}
	switch {
	case leg.UsesPortal() && !s.guided:
		reads = append(reads, s.readIntegrations)
	case leg == Whole:
		reads = append(reads, s.askMaskinporten)
	}
	if leg.fits() && s.target.Project != nil {
		reads = append(reads, s.readApplications)
	}
	return reads
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
		if s.otherKey, err = getSecret(ctx, systems.Vault, name); err != nil {
			return err
		}
	}
	return s.readReplacement(ctx, systems)
}

// readReplacement reads the key of a new integration that is on its way.
func (s *State) readReplacement(ctx context.Context, systems Systems) (err error) {
	name := s.target.replacementSecret()
	if _, enabled := s.item(name); enabled {
		s.replacement, err = withoutCleared(getSecret(ctx, systems.Vault, name))
		return err
	}
	if s.target.replaces(s.clientID.Reveal()) {
		return systems.Vault.CheckFree(ctx, name)
	}
	return nil
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

// keyText is the vault's key, under whichever name it lies.
func (s *State) keyText() secret.String {
	if s.encodedJWK.IsEmpty() {
		return s.otherKey
	}
	return s.encodedJWK
}
