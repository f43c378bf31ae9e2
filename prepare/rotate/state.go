package rotate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// State is the world as [Read] found it, and what [NewRotation] and [NewRenewal]
// plan from. It is opaque, and the zero State is of no use. It holds secrets,
// none of which prints.
type State struct {
	target Target
	readAt time.Time

	clientID string
	// named is the secret that the client id is from.
	named keyvault.Secret
	// current are the section's secrets with a key, at least one.
	current []held
	// next is the key that waits to be published; nil when none does.
	next *held
	// others are the other secrets of the vault that hold a key.
	others []otherKey
	// override tells where the section gives the key another id, "" for nowhere.
	override string

	// guided is set when the key set cannot be read. What Maskinporten says to a
	// token request then stands for it: inUse and waiting are its refusals of the
	// current key and of the next one.
	guided         bool
	registered     jwk.Set
	inUse, waiting error
}

// held is a key in a secret.
type held struct {
	keyvault.Secret
	key        *jwk.Key
	thumbprint string
}

// otherKey is a key in a secret that is not the section's.
type otherKey struct{ secret, thumbprint string }

// Read reads the state of the world and changes nothing. A section that is not
// prepared gives a [*NotPreparedError]; a secret that is no key a
// *prepare.KeyError; and the systems' own errors are those of their packages.
func Read(ctx context.Context, systems prepare.Systems, target Target) (State, error) {
	s := State{target: target, readAt: now(systems), guided: systems.Integrations == nil}
	for _, read := range []func(context.Context, prepare.Systems) error{s.readVault, s.readSettings, s.readRegistered} {
		if err := read(ctx, systems); err != nil {
			return State{}, fmt.Errorf("read the keys of %s: %w", target.AppID, err)
		}
	}
	return s, nil
}

func now(systems prepare.Systems) time.Time {
	if systems.Now == nil {
		return time.Now()
	}
	return systems.Now()
}

func (s *State) readVault(ctx context.Context, systems prepare.Systems) error {
	items, err := systems.Vault.List(ctx)
	if err != nil {
		return err
	}
	// Names match without regard to case, and a disabled secret is none to an
	// application.
	enabled := func(name string) (string, bool) {
		for _, item := range items {
			if item.Enabled && strings.EqualFold(item.Name, name) {
				return item.Name, true
			}
		}
		return name, false
	}
	name, found := enabled(s.target.clientIDSecret())
	if !found {
		return &NotPreparedError{Secret: name}
	}
	if s.named, err = systems.Vault.Get(ctx, name); err != nil {
		return err
	}
	if s.clientID, err = prepare.CheckClientID(s.named.Value.Reveal()); err != nil {
		return fmt.Errorf("secret %s: %w", name, err)
	}
	for _, wanted := range s.target.keySecrets() {
		name, found := enabled(wanted)
		if !found {
			continue
		}
		key, err := getKey(ctx, systems.Vault, name)
		if err != nil {
			return err
		}
		s.current = append(s.current, key)
	}
	if len(s.current) == 0 {
		return &NotPreparedError{Secret: s.target.keySecrets()[0]}
	}
	if name, found := enabled(s.target.keyIDSecret()); found {
		s.override = "the secret " + name
	}
	if err := s.readNext(ctx, systems.Vault, enabled); err != nil {
		return err
	}
	return s.readOthers(ctx, systems.Vault, items)
}

// getKey reads a secret of the section, which must be a key.
func getKey(ctx context.Context, vault prepare.Vault, name string) (held, error) {
	got, err := vault.Get(ctx, name)
	if err != nil {
		return held{}, err
	}
	key, err := jwk.ParseEncoded(got.Value)
	if format, ok := errors.AsType[*jwk.FormatError](err); ok {
		return held{}, &prepare.KeyError{Secret: name, Format: format}
	}
	if err != nil {
		return held{}, err
	}
	thumbprint, err := key.Public().Thumbprint()
	return held{Secret: got, key: key, thumbprint: thumbprint}, err
}

// readNext reads the key that waits to be published. Once it is, another text
// takes its place, which is no key.
func (s *State) readNext(ctx context.Context, vault prepare.Vault, enabled func(string) (string, bool)) error {
	name, found := enabled(s.target.nextSecret())
	if !found {
		return vault.CheckFree(ctx, name)
	}
	next, err := getKey(ctx, vault, name)
	if _, isNoKey := errors.AsType[*prepare.KeyError](err); isNoKey {
		return nil
	}
	if err != nil {
		return err
	}
	s.next = &next
	return nil
}

// readOthers reads the keys of other sections: a key that another one still holds
// must not be taken out of the key set.
func (s *State) readOthers(ctx context.Context, vault prepare.Vault, items []keyvault.Item) error {
	for _, item := range items {
		name := strings.ToLower(item.Name)
		isKey := strings.HasSuffix(name, "--encodedjwk") || strings.HasSuffix(name, "--jwkbase64")
		if !item.Enabled || !isKey || s.isCurrent(item.Name) {
			continue
		}
		other, err := getKey(ctx, vault, item.Name)
		if _, isNoKey := errors.AsType[*prepare.KeyError](err); isNoKey {
			continue
		}
		if err != nil {
			return err
		}
		s.others = append(s.others, otherKey{item.Name, other.thumbprint})
	}
	return nil
}

func (s *State) isCurrent(name string) bool {
	for _, one := range s.current {
		if one.Name == name {
			return true
		}
	}
	return false
}

// readSettings looks whether the files give the key another id than its own,
// which no new key can have as well.
func (s *State) readSettings(ctx context.Context, _ prepare.Systems) error {
	configuration, err := appsettings.Load(ctx, appsettings.Options{Dir: s.target.AppDir, EnvironmentName: s.target.environmentName()})
	if err != nil {
		return err
	}
	section, err := appsettings.ReadMaskinporten(configuration, s.target.Section)
	if err != nil {
		return err
	}
	if section.KeyID.Text != "" && s.override == "" {
		s.override = section.KeyID.Origin.String()
	}
	return nil
}

// readRegistered reads the key set, or asks for tokens where it cannot be read.
func (s *State) readRegistered(ctx context.Context, systems prepare.Systems) error {
	if !s.guided {
		var err error
		s.registered, err = systems.Integrations.Keys(ctx, s.clientID)
		return err
	}
	var err error
	if s.inUse, err = s.probe(ctx, systems, s.current[0].key); err != nil {
		return err
	}
	if s.next != nil {
		s.waiting, err = s.probe(ctx, systems, s.next.key)
	}
	return err
}

// probe returns Maskinporten's refusal of a key, nil when it gives a token. An
// answer that says nothing of the key is an error.
func (s *State) probe(ctx context.Context, systems prepare.Systems, key *jwk.Key) (refusal, err error) {
	err = systems.Prover.Prove(ctx, s.clientID, key, s.target.Scopes)
	switch keys.FaultOf(err) {
	case maskinporten.UnknownKeyID, maskinporten.ExpiredKey, maskinporten.WrongSignature:
		return err, nil
	}
	return nil, err
}

// holds reports whether one of the section's secrets has the key.
func (s *State) holds(thumbprint string) bool {
	for _, one := range s.current {
		if one.thumbprint == thumbprint {
			return true
		}
	}
	return false
}

// published is when the section's secrets got the values that they have, by the
// vault's clock.
func (s *State) published() time.Time {
	var at time.Time
	for _, one := range s.current {
		at = later(at, one.Created)
	}
	return at
}

// status is that of the section's key; where two secrets hold different keys, of
// the one that ends first.
func (s *State) status() KeyStatus {
	var worst KeyStatus
	for i, one := range s.current {
		status := s.statusOf(one)
		if i == 0 || !status.Expires.IsZero() && (worst.Expires.IsZero() || status.Expires.Before(worst.Expires)) {
			worst = status
		}
	}
	return worst
}

// noEnd says why the key's end is not known.
func (s *State) noEnd() string {
	if s.guided {
		return "its secret has no date; run stafett prepare, which sets one"
	}
	return "it is not registered on integration " + s.clientID
}

func (s *State) statusOf(one held) KeyStatus {
	if s.guided {
		status := statusOf(one.key.KeyID(), one.thumbprint, one.Expires, s.readAt)
		if s.inUse != nil {
			status.Alert = 0
		}
		return status
	}
	registered, found := keys.Find(s.registered, one.thumbprint)
	status := statusOf(one.key.KeyID(), one.thumbprint, keys.End(registered), s.readAt)
	if !found {
		status.Alert = 0
	}
	return status
}
