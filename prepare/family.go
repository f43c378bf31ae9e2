package prepare

import (
	"cmp"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/keyvault"
)

// SecretNames are the names of the secrets that one client reads of a section.
type SecretNames struct {
	ClientID string
	// Key is the private key's. Both clients read the same text, base64 of a JSON
	// Web Key with its twelve members, under names of their own.
	Key string
	// Authority is the issuer's, which [appsettings.BuiltIn] reads; it may stand in
	// a file as well. It is empty for the other client, whose Environment is never a
	// secret of its own.
	Authority string
}

// NamesOf returns the names for a section at any depth, such as
// "myapp:MaskinportenSettings". A family that is not known has the names of
// [appsettings.ClientLibrary], as [FamilyOf] has it.
func NamesOf(family appsettings.Family, section string) SecretNames {
	prefix := strings.ReplaceAll(section, ":", "--") + "--"
	names := SecretNames{ClientID: prefix + "ClientId", Key: prefix + keySetting(family)}
	if family == appsettings.BuiltIn {
		names.Authority = prefix + "Authority"
	}
	return names
}

// keySetting is the setting that the family's client reads its key from.
func keySetting(family appsettings.Family) string {
	if family == appsettings.BuiltIn {
		return "JwkBase64"
	}
	return "EncodedJwk"
}

// FamilyOf tells which client a section is for: by its settings, as they are read
// from files; where these have a client id and nothing else, or names of both
// clients, by the names of the vault's enabled secrets; else by the code, of which
// nil is none. Where nothing tells, it is [appsettings.ClientLibrary].
func FamilyOf(settings appsettings.MaskinportenSection, items []keyvault.Item, code *dotnet.Code) appsettings.Family {
	both := settings.Environment.Text != "" && settings.Authority.Text != ""
	if settings.Family != appsettings.UnknownFamily && !both {
		return settings.Family
	}
	if family := cmp.Or(familyInVault(settings, items), settings.Family); family != appsettings.UnknownFamily || code == nil {
		return cmp.Or(family, appsettings.ClientLibrary)
	}
	// Since generation 9 the built-in client reads no section.
	if builtIn, reads := code.Reads(settings.Name); reads && builtIn && code.Generation() != dotnet.Generation9 {
		return appsettings.BuiltIn
	}
	return appsettings.ClientLibrary
}

func familyInVault(settings appsettings.MaskinportenSection, items []keyvault.Item) appsettings.Family {
	inVault := settingsInVault(settings.Name, items)
	if _, has := inVault["encodedjwk"]; has {
		return appsettings.ClientLibrary
	}
	for setting := range inVault {
		if setting == "jwkbase64" || setting == "authority" || strings.HasPrefix(setting, "jwk:") {
			return appsettings.BuiltIn
		}
	}
	return appsettings.UnknownFamily
}

// settingsInVault returns the secrets of the enabled ones that set something in
// the section, by the setting's path below it in lower case. Sections below it
// are their own, but for the key that is given member by member.
func settingsInVault(section string, items []keyvault.Item) map[string]string {
	found := make(map[string]string)
	prefix := strings.ToLower(section) + ":"
	for _, item := range items {
		setting, isOurs := strings.CutPrefix(strings.ToLower(keyvault.SettingPath(item.Name)), prefix)
		if !item.Enabled || !isOurs || setting == "" || strings.Contains(setting, ":") && !strings.HasPrefix(setting, "jwk:") {
			continue
		}
		found[setting] = item.Name
	}
	return found
}

// otherFamily is the family that is not this one.
func otherFamily(family appsettings.Family) appsettings.Family {
	if family == appsettings.BuiltIn {
		return appsettings.ClientLibrary
	}
	return appsettings.BuiltIn
}
