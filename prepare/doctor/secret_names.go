package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/internal/nearest"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
)

// secretNames looks for the section's secrets, and for what they may be called
// instead.
func secretNames(ctx context.Context, f *facts) findings {
	var found findings
	var there []string
	for _, wanted := range f.wanted() {
		if item, exists := f.item(wanted.name); exists {
			there = append(there, item.Name)
			continue
		}
		if value, exists := f.configuration.Get(f.section.Name + ":" + wanted.setting); exists && !value.Secret().IsEmpty() {
			there = append(there, fmt.Sprintf("%s from %s", wanted.setting, value.Origin))
			continue
		}
		if wanted.setting == "JwkBase64" && !f.section.JWK.Value.IsEmpty() {
			there = append(there, fmt.Sprintf("Jwk from %s", f.section.JWK.Origin))
			continue
		}
		found = append(found, f.absent(ctx, wanted))
	}
	if found == nil {
		return ok("%s", strings.Join(there, ", "))
	}
	return found
}

// absent tells why a secret is not found: it was deleted, or is there under
// another name.
func (f *facts) absent(ctx context.Context, wanted wantedSecret) finding {
	missing := finding{
		status: Fail, evidence: fmt.Sprintf("the vault %s has no secret %s", f.vault.Host(), wanted.name),
		cause:  fmt.Sprintf("the section %s gets no %s", f.section.Name, wanted.setting),
		remedy: running("let preparing make what is missing", preparing...),
	}
	if deleted, isDeleted := errors.AsType[*keyvault.SoftDeletedError](f.vault.CheckFree(ctx, wanted.name)); isDeleted {
		missing.evidence += "; it was deleted and can be recovered"
		missing.cause += ", and the deleted secret keeps the name taken"
		missing.remedy = by("%s", deleted.Remedy())
		return missing
	}
	other, why := f.elsewhere(wanted)
	if other == "" {
		return missing
	}
	missing.evidence += "; it has " + other
	missing.cause += ": " + why
	missing.remedy = by("store the value of %s as %s, and delete %s when nothing else reads it; for a new key and client instead: stafett prepare", other, wanted.name, other)
	return missing
}

// elsewhere finds the secret that is probably meant to be the wanted one.
func (f *facts) elsewhere(wanted wantedSecret) (other, why string) {
	name := wanted.setting
	var names []string
	for _, item := range f.items {
		names = append(names, item.Name)
	}
	for _, family := range []appsettings.Family{appsettings.ClientLibrary, appsettings.BuiltIn} {
		theirs := prepare.NamesOf(family, f.section.Name).Key
		if item, exists := f.item(theirs); exists && name != "ClientId" {
			return item.Name, fmt.Sprintf("%s is read by %s, and the section is written for %s", settingOf(theirs), family, familyName(f.section.Family))
		}
	}
	bare := func(text string) string { return strings.ReplaceAll(text, "-", "") }
	if at := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(bare(n), bare(wanted.name)) }); at >= 0 {
		return names[at], "two hyphens stand for the colon of a setting's path, and only two"
	}
	suffix := "--" + name
	if at := slices.IndexFunc(names, func(n string) bool {
		return len(n) > len(suffix) && strings.EqualFold(n[len(n)-len(suffix):], suffix)
	}); at >= 0 {
		return names[at], "what stands before --" + name + " must be the section's path, with -- in place of each colon"
	}
	// Misspelt below the section, and no other setting of it.
	var misspelt []string
	for _, n := range names {
		prefix := wanted.name[:len(wanted.name)-len(name)]
		if len(n) > len(prefix) && strings.EqualFold(n[:len(prefix)], prefix) && !slices.Contains(sectionSettings, strings.ToLower(n[len(prefix):])) {
			misspelt = append(misspelt, n[len(prefix):])
		}
	}
	if near, isNear := nearest.Name(name, misspelt); isNear {
		return wanted.name[:len(wanted.name)-len(name)] + near, "it is spelt differently"
	}
	return "", ""
}

// sectionSettings are settings that may lie in a vault beside the wanted ones, in
// lower case.
var sectionSettings = []string{"clientid", "encodedjwk", "jwkbase64", "authority", "environment", "scope", "kid", "resource", "consumerorgno"}
