package doctor

import (
	"net/http"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
)

// facts are what the checks have found so far. A check fills what later ones
// build on, and says with check.needs what it builds on itself: a field is there
// when the check that fills it has passed.
type facts struct {
	world World

	// By stage files.
	project   *project.Project         // files.project
	altinn    altinn.Environment       // files.project
	original  *app.Folder              // files.original
	receiving *app.Folder              // files.receiving
	issuer    maskinporten.Environment // files.project: the environment that goes with altinn's

	// By stage settings; once the vault has been read, with its secrets.
	configuration *appsettings.Configuration      // settings.files
	section       appsettings.MaskinportenSection // settings.section

	code    *dotnet.Code // code.read: of the original application
	tracked []string     // repository.files: paths

	// By stage vault.
	listing listing           // the vault as it was listed, by whoever asked first
	vault   *keyvault.Vault   // vault.list
	items   []keyvault.Item   // vault.list
	secrets []keyvault.Secret // vault.read: all that are enabled

	// By stage key.
	clientID secret.String // key.client-id
	key      *jwk.Key      // key.readable
	keyID    string        // key.readable: the kid that assertions carry
	scopes   []string      // settings.scopes: those that are asked for

	portal   portal      // by stage integration
	tokens   tokens      // by stages token and exchange
	fitting  fitting     // what the folders lack; see [facts.fit]
	deployed *app.Folder // receiving.reachable: the receiving application as it is deployed
}

func (f *facts) now() time.Time {
	if f.world.Now == nil {
		return time.Now()
	}
	return f.world.Now()
}

func (f *facts) client() *http.Client {
	if f.world.HTTPClient == nil {
		return http.DefaultClient
	}
	return f.world.HTTPClient
}

// environmentName is the .NET environment of the deployed applications.
func (f *facts) environmentName() string {
	switch {
	case f.world.EnvironmentName != nil:
		return f.world.EnvironmentName(f.project)
	case f.altinn.Name == "prod":
		return "Production"
	default:
		return "Staging"
	}
}
