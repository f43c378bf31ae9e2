package prepare

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/project"
)

// Target says what is to be made ready.
type Target struct {
	Org                string // the owner's code at Altinn, such as "fts"
	OrganisationNumber string // the owner's organisation number, nine digits
	Environment        string // Altinn's environment, such as "tt02"
	// Maskinporten is the environment of Maskinporten that goes with it, "test"
	// or "prod": what the setting Environment must say.
	Maskinporten string
	AppID        string // the original application, "org/app"
	AppDir       string // its folder
	ReceivingDir string // the receiving application's folder; empty to leave it alone
	Section      string // the section of its settings, such as "MaskinportenSettings"
	// Family is the client that the section is for. Empty has [Read] tell, by
	// [FamilyOf]; what it reads has the family in its target.
	Family appsettings.Family
	Vault  string // the vault's address; shown only
	// Integration is the name of the integration at Samarbeidsportalen. Unless the
	// project file names one it is stafett-<org>-<environment>-<app>, which says
	// whose it is, where and for what, in a list that everybody of the organisation
	// shares. Names are not unique there: what makes an integration the application's
	// is that the vault names it or that it has the vault's key, and never its name.
	Integration string
	Scopes      []string // what the integration and the settings must have

	// Project is the file that the target is from, whose two applications are
	// fitted; nil fits no more than the settings in AppDir.
	Project *project.Project
	// EditCode lets files of C# be changed: Program.cs and project files.
	EditCode bool
	// Migrate moves the section from [appsettings.ClientLibrary] to
	// [appsettings.BuiltIn], one step at a time: each plan has what can be done now.
	// Deployed is what only a person or a pipeline knows: the application, as its
	// folder is, runs in the environment, and no other one reads the old secrets.
	Migrate, Deployed bool
	// Replace is the client id of an integration that is to be replaced by a new
	// one, because it is gone, unfit or somebody else's. Where the vault holds
	// another one there is nothing to replace.
	Replace string
	// Leg is the part that is to be done, where no one person may do it all.
	Leg Leg
	// Registration is the file that goes from hand to hand between the legs.
	Registration string
}

// NewTarget takes the target from a project file. appID is the original
// application's id, "org/app", as its metadata has it. An integration that the
// file does not name is called stafett-<org>-<environment>-<app>.
func NewTarget(p *project.Project, appID string) (Target, error) {
	environment, err := altinn.LookupEnvironment(p.Environment)
	if err != nil {
		return Target{}, fmt.Errorf("prepare: %w", err)
	}
	org, app, ok := strings.Cut(appID, "/")
	if !ok || org == "" || app == "" {
		return Target{}, fmt.Errorf("prepare: %q is not an application id, such as fts/barmarkskjoring", appID)
	}
	if p.Vault == "" || p.Section == "" || len(p.Integration.Scopes) == 0 {
		return Target{}, errors.New("prepare: the project has no vault, no section or no scopes; set maskinporten.vault, .section and .scopes")
	}
	target := Target{
		Org: p.Owner.Org, OrganisationNumber: p.Owner.OrganisationNumber,
		Environment: p.Environment, Maskinporten: environment.MaskinportenEnvironment,
		AppID: appID, AppDir: p.Applications.Original, ReceivingDir: p.Applications.Receiving, Section: p.Section, Vault: p.Vault,
		Integration: p.Integration.Name, Scopes: p.Integration.Scopes, Project: p,
	}
	if target.Integration == "" {
		target.Integration = "stafett-" + org + "-" + p.Environment + "-" + app
	}
	return target, nil
}

// secretNames returns the names of the vault's two secrets, as the section's
// client reads them.
func (t Target) secretNames() (clientID, key string) {
	names := NamesOf(t.Family, t.Section)
	return names.ClientID, names.Key
}

// environmentName is the .NET environment in which the application runs there:
// it chooses which overlay of appsettings.json counts.
func (t Target) environmentName() string {
	if t.Maskinporten == "prod" {
		return "Production"
	}
	return "Staging"
}

// description is what the integration is described as. The thumbprint is how an
// integration is found again that was created just before a crash.
func (t Target) description(thumbprint string) string {
	return fmt.Sprintf("Made by Stafett for %s in %s. Key thumbprint (RFC 7638): %s", t.AppID, t.Environment, thumbprint)
}
