package prepare

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/keyvault"
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
	Section      string // the section of its settings, such as "MaskinportenSettings"
	Vault        string // the vault's address; shown only
	// Integration is the name of the integration; see [IntegrationName].
	Integration string
	Scopes      []string // what the integration and the settings must have
}

// IntegrationName is the name that an integration is given unless stafett.yaml
// names another: stafett-<org>-<environment>-<app>.
func IntegrationName(org, environment, app string) string {
	return "stafett-" + org + "-" + environment + "-" + app
}

// NewTarget takes the target from a project file. appID is the original
// application's id, "org/app", as its metadata has it.
func NewTarget(p *project.Project, appID string) (Target, error) {
	environment, err := altinn.LookupEnvironment(p.Environment)
	if err != nil {
		return Target{}, fmt.Errorf("prepare: %w", err)
	}
	org, app, ok := strings.Cut(appID, "/")
	if !ok || org == "" || app == "" {
		return Target{}, fmt.Errorf("prepare: %q is not an application id, such as fts/barmarkskjoring", appID)
	}
	if p.Vault == "" || p.Section == "" {
		return Target{}, errors.New("prepare: stafett.yaml names no vault or no section; set maskinporten.vault and maskinporten.section")
	}
	target := Target{
		Org: p.Owner.Org, OrganisationNumber: p.Owner.OrganisationNumber,
		Environment: p.Environment, Maskinporten: environment.MaskinportenEnvironment,
		AppID: appID, AppDir: p.Applications.Original, Section: p.Section, Vault: p.Vault,
		Integration: p.Integration.Name, Scopes: p.Integration.Scopes,
	}
	if target.Integration == "" {
		target.Integration = IntegrationName(org, p.Environment, app)
	}
	if len(target.Scopes) == 0 {
		target.Scopes = project.DefaultScopes()
	}
	return target, nil
}

// secretNames returns the names of the vault's two secrets.
func (t Target) secretNames() (clientID, encodedJWK string) { return keyvault.SecretNames(t.Section) }

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
