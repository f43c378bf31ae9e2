package prepare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
)

// Moving a section from the client library to the application library's own
// client takes these steps, as Altinn's guide to migration has them, and each plan
// has those that can be done now:
//
//  1. What the new client reads is added beside the old: the same key under its
//     name, and Authority. Nothing reads that yet.
//  2. The code is changed to use the new client and to ask for the scopes that
//     stood in Scope, and is deployed. That is for people to do.
//  3. What only the old client reads is removed from the files, and its secrets are
//     disabled. This needs two kinds of evidence: code that no longer uses the old
//     client for the section, and somebody's word that it has been deployed.

// isOld reports whether only the client that is left reads a setting.
func isOld(name string) bool {
	return appsettings.ClientLibrary.Reads(name) && !appsettings.BuiltIn.Reads(name)
}

// oldSecrets are the enabled secrets that only the client that is left reads.
func (p *Plan) oldSecrets() []string {
	var names []string
	inVault := settingsInVault(p.Target.Section, p.state.items)
	for _, setting := range slices.Sorted(maps.Keys(inVault)) {
		if isOld(setting) {
			names = append(names, inVault[setting])
		}
	}
	return names
}

// oldSettings are the values in the files that only the client that is left
// reads.
func (p *Plan) oldSettings() []appsettings.Value {
	var values []appsettings.Value
	for _, name := range p.state.configuration.Children(p.Target.Section) {
		if isOld(name) {
			values = append(values, p.inFiles(name)...)
		}
	}
	return values
}

// leftInCode says what is still to be done in the code before the new client is
// the one that is used. known is false where there is no code to tell.
func (p *Plan) leftInCode() (left []string, known bool) {
	code, section := p.state.code, p.Target.Section
	if !code.HasCode {
		return nil, false
	}
	if generation := code.Generation(); generation != dotnet.UnknownGeneration && generation < dotnet.Generation8 {
		left = append(left, fmt.Sprintf("update Altinn.App.Api and Altinn.App.Core from generation %d to 8, which brings the new client", generation))
	}
	for _, file := range code.Unread {
		left = append(left, fmt.Sprintf("%s could not be read; look there yourself", file.File))
	}
	elsewhere, named := false, false
	for _, r := range code.Registrations {
		switch {
		case r.BuiltIn && (r.Section == "" || strings.EqualFold(r.Section, section)): // "" is computed
			named = true
		case r.BuiltIn && strings.EqualFold(section, defaultSection):
			left = append(left, fmt.Sprintf("%s gives the application library's own client another section than %s", r.Position, section))
		case r.BuiltIn:
		case r.Section == "" || strings.EqualFold(r.Section, section):
			left = append(left, fmt.Sprintf("%s: %s is of %s; use IMaskinportenClient instead, %s", r.Position, r.Method, dotnet.PackageClientLibrary, p.tokenMethod()))
			elsewhere = true
		default:
			elsewhere = true
		}
	}
	if used, references := code.Package(dotnet.PackageClientLibrary); references && !elsewhere {
		left = append(left, fmt.Sprintf("%s refers to the package %s; remove it, or see to it that nothing reads section %s with it", used.Position, used.Name, section))
	}
	if !named && !strings.EqualFold(section, defaultSection) {
		left = append(left, fmt.Sprintf("name the section where services are registered: services.ConfigureMaskinportenClient(%q)", section))
	}
	return left, true
}

// tokenMethod is the new client's method for what the old one did by settings.
func (p *Plan) tokenMethod() string {
	if p.state.settings.ExchangeToAltinnToken.On {
		return "GetAltinnExchangedToken for Altinn's token"
	}
	return "GetAccessToken for Maskinporten's token"
}

func (p *Plan) scopesInCode() []string {
	var names []string
	for _, scope := range p.state.code.Scopes {
		names = append(names, scope.Name)
	}
	return names
}

// fitMigration removes the old settings, when nothing reads them any more.
func (p *Plan) fitMigration(edits settingsEdits) {
	if !p.mayRemoveOld() {
		return
	}
	kept := make(map[string]bool)
	for _, value := range p.oldSettings() {
		name := value.Key[strings.LastIndex(value.Key, ":")+1:]
		if value.Origin.Name == p.state.files[0].name && len(p.state.unmoved) > 0 {
			kept[name] = true
			continue
		}
		edits.remove(value.Origin.Name, name, "the application uses its library's own client now, which does not read it")
	}
	if len(kept) > 0 {
		p.warn("%s of section %s stay in %s, since %s still has settings of %s: migrate that environment too", strings.Join(slices.Sorted(maps.Keys(kept)), ", "),
			p.Target.Section, p.state.files[0].name, strings.Join(p.state.unmoved, " and "), appsettings.ClientLibrary)
	}
}

// mayRemoveOld reports whether there is evidence that nothing reads what is old,
// and what is new has been there since before this plan.
func (p *Plan) mayRemoveOld() bool {
	left, _ := p.leftInCode()
	return p.Target.Migrate && p.Target.Deployed && len(left) == 0 && !p.makesKey()
}

// makesKey reports whether the new client's key comes with this plan.
func (p *Plan) makesKey() bool {
	for _, action := range p.Actions {
		switch action.(type) {
		case MakeKey, CopyKey:
			return true
		}
	}
	return false
}

// planMigration disables the old secrets, or tells what is to be done first.
func (p *Plan) planMigration() error {
	if !p.Target.Migrate {
		return nil
	}
	secrets := p.oldSecrets()
	if len(secrets) == 0 && len(p.oldSettings()) == 0 {
		return nil
	}
	if p.mayRemoveOld() {
		for _, name := range secrets {
			if p.state.isShared {
				p.warn("secret %s stays, since the receiving application has the section too", name)
				continue
			}
			p.add(DisableSecret{Secret: name})
		}
		return nil
	}
	left, known := p.leftInCode()
	for _, what := range left {
		p.warn("to do in the code: %s", what)
	}
	if missing := missingFrom(p.scopesInCode(), strings.Fields(p.state.settings.Scope.Text)); known && len(missing) > 0 {
		p.warn("to do in the code, if it is not done in a way that cannot be told from here: ask for what Scope names, which the new client does not read: %s", strings.Join(missing, " "))
	}
	next := fmt.Sprintf("when the application has been deployed in %s with its library's own client, and no other application reads the old settings, prepare with --migrate --deployed removes them", p.Target.Environment)
	switch {
	case len(left) > 0 && p.Target.Deployed:
		p.warn("nothing old is removed: by its code, the application does not use its library's own client for the section yet")
	case p.Target.Deployed:
		p.warn("nothing old is removed yet: what is new has not been there before now; prepare once more when the application reads it")
	case !known:
		p.warn("the folder has no code that tells which client the application uses; %s", next)
	default:
		p.warn("%s", next)
	}
	return nil
}
