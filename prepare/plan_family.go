package prepare

import (
	"maps"
	"slices"
	"strings"

	"github.com/stafett/stafett/appsettings"
)

// planCopyOfKey plans to give the section's client the key that the other client
// has in the same section: the section has one client id, and a key of its own
// would work for one of the two only.
func (p *Plan) planCopyOfKey(name string) error {
	other := NamesOf(otherFamily(p.Target.Family), p.Target.Section).Key
	if err := p.useKey(other, p.state.otherKey); err != nil {
		return err
	}
	// The built-in client has no setting that overrides the key's own id.
	if id := p.state.settings.KeyID.Text; id != "" && p.Target.Family == appsettings.BuiltIn {
		renamed, err := p.key.WithKeyID(id)
		if err != nil {
			return err
		}
		p.key, p.public = renamed, renamed.Public()
	}
	p.add(CopyKey{From: other, Secret: name, KeyID: p.keyID(), Thumbprint: p.thumbprint})
	return nil
}

// keyOverride is the setting that gives the key another id than its own, for a
// client that has one.
func (s *State) keyOverride() appsettings.Setting {
	if s.target.Family == appsettings.BuiltIn {
		return appsettings.Setting{}
	}
	return s.settings.KeyID
}

// keyElsewhere tells where the section's client finds a key when the vault has
// none under the name that is prepared; "" when it finds none.
func (p *Plan) keyElsewhere(inVault map[string]string) string {
	settings := p.state.settings
	keys := []appsettings.SecretSetting{settings.EncodedJWK}
	if p.Target.Family == appsettings.BuiltIn {
		keys = []appsettings.SecretSetting{settings.JWKBase64, settings.JWK}
		for _, path := range slices.Sorted(maps.Keys(inVault)) {
			if strings.HasPrefix(path, "jwk:") {
				return "secret " + inVault[path]
			}
		}
	}
	for _, key := range keys {
		if !key.Value.IsEmpty() {
			return key.Origin.Source
		}
	}
	return ""
}

// checkOtherClientsKey warns, when an integration is replaced, of the key that the
// section's other client reads: the client id is replaced for both.
func (p *Plan) checkOtherClientsKey() {
	other := otherFamily(p.Target.Family)
	inVault := settingsInVault(p.Target.Section, p.state.items)
	if name, has := inVault[strings.ToLower(keySetting(other))]; has {
		p.warn("secret %s, which %s reads, keeps a key that the new integration does not have: whoever reads it gets no token when the client id is replaced; rotating the key afterwards gives both clients the same", name, other)
	}
}

// checkSecrets warns of secrets of the section that do something else than they
// seem to.
func (p *Plan) checkSecrets() {
	family := p.Target.Family
	names := NamesOf(family, p.Target.Section)
	migrating := p.Target.Migrate // tells of the old ones itself
	inVault := settingsInVault(p.Target.Section, p.state.items)
	if place := p.keyElsewhere(inVault); place != "" && p.state.keyText().IsEmpty() {
		p.warn("the application has a key already (%s), and the secret %s wins over it as soon as it is stored: an application that reads the vault again while it runs gets no token from then until the new key is registered and known to Maskinporten",
			place, names.Key)
	}
	for _, path := range slices.Sorted(maps.Keys(inVault)) {
		name := inVault[path]
		setting, _, _ := strings.Cut(path, ":") // Jwk is given member by member
		switch {
		case strings.EqualFold(name, names.ClientID), strings.EqualFold(name, names.Key), strings.EqualFold(name, names.Authority):
		case setting == "jwk" && family.Reads(setting):
			p.warn("secret %s is a part of a key that is not used: %s wins over it", name, names.Key)
		case family.Reads(setting):
			p.warn("secret %s overrides the setting of that name in every file", name)
		case migrating && isOld(setting):
		case otherFamily(family).Reads(setting):
			p.warn("secret %s is read by %s only, not by %s, which the section is written for", name, otherFamily(family), family)
		default:
			p.warn("secret %s does nothing: no client of Maskinporten reads a setting of that name", name)
		}
	}
}
