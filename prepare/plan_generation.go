package prepare

import (
	"fmt"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
)

// ProvisionedError says that Altinn Studio makes the credentials of the client
// that the section is for, and that they are left alone.
type ProvisionedError struct {
	Section string
	// Migrating is set when the section was to be moved to that client.
	Migrating bool
}

// Error names the section and where its client's credentials come from.
func (e *ProvisionedError) Error() string {
	if e.Migrating {
		return fmt.Sprintf("the section %s cannot be moved to the application library's own client: Altinn Studio gives that one its credentials, in %s", e.Section, provisionedFile)
	}
	return fmt.Sprintf("the section %s is for the application library's own client, and Altinn Studio gives that one its credentials, in %s", e.Section, provisionedFile)
}

// Remedy says what to do about it.
func (e *ProvisionedError) Remedy() string {
	if e.Migrating {
		return "choose the scopes in Altinn Studio, have the code use IMaskinportenClient, and deploy; prepare without migrating keeps the section for Stafett, which is not the application and needs a client of its own"
	}
	return fmt.Sprintf("leave those as they are; Stafett is not the application and needs a client of its own: name another section, such as %s, as maskinporten.section in stafett.yaml, and prepare writes it", secondSection)
}

// secondSection is a name that no client of Altinn's libraries reads by itself.
const secondSection = "StafettMaskinporten"

// defaultSection is what the application library's own client reads when nothing
// else is said, and what its platform's file sets.
const defaultSection = "MaskinportenSettings"

// checkGeneration refuses to prepare credentials that are Altinn Studio's.
func (p *Plan) checkGeneration() error {
	if p.state.isProvisioned() {
		return &ProvisionedError{Section: p.Target.Section, Migrating: p.Target.Migrate}
	}
	return nil
}

// explainGeneration tells, when something is to be done, what the client that is
// prepared has to do with the one that the application itself has.
func (p *Plan) explainGeneration() error {
	if p.IsEmpty() {
		return nil
	}
	isDefault := strings.EqualFold(p.Target.Section, defaultSection)
	switch generation := p.state.code.Generation(); {
	case generation == dotnet.Generation9:
		p.warn("the application is of generation 9: Altinn Studio makes its own client's credentials (%s), and they are left alone; section %s is a second client, which is needed for what is not the application itself, such as Stafett's service, for another owner's applications, and for scopes that the application does not have", provisionedFile, p.Target.Section)
		if isDefault {
			p.warn("on a developer's machine the application's own client takes a section %s from user secrets and appsettings.Local.json; another name for the second client, such as %s, cannot be taken for it", defaultSection, secondSection)
		}
	case p.Target.Family == appsettings.BuiltIn && generation == dotnet.UnknownGeneration && !p.state.code.HasCode:
	case p.Target.Family == appsettings.BuiltIn && generation < dotnet.Generation8 && generation != dotnet.UnknownGeneration:
		p.warn("the application library has a client of its own from generation 8, and this application is of generation %d", generation)
	case p.Target.Family == appsettings.BuiltIn && isDefault && p.key == nil:
		p.warn("where scopes have been chosen in Altinn Studio, the deployed application has %s too, and the vault wins over it setting by setting: until both secrets are there, it would use the one's client id with the other's key; a section of its own, such as %s, cannot be mixed with it, and the code names it with ConfigureMaskinportenClient", provisionedFile, p.prefixed())
	}
	return nil
}

// fitNewSection writes what a section needs that is not there yet. The two secrets
// stand empty in it, as a sign for whoever reads the file.
func (p *Plan) fitNewSection(edits settingsEdits) {
	if !p.state.isNewSection {
		return
	}
	in := p.home()
	edits.set(in, "ClientId", "", "the vault has it")
	edits.set(in, "EncodedJwk", "", "the vault has it")
	edits.set(in, "ExhangeToAltinnToken", true, "Altinn's applications take its own tokens only; the library's spelling, without the first c")
}
