package doctor

import (
	"context"
	"net/http"
	"time"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/selfservice"
)

// World is where the doctor looks. Functions that are nil leave their stages
// skipped, unless something else is said.
type World struct {
	// Load reads the project file, for the environment that is looked at.
	Load func() (*project.Project, error)
	// EnvironmentName is the .NET environment of the applications where they are
	// deployed, which chooses their settings file; nil means Production for
	// Altinn's prod, else Staging.
	EnvironmentName func(*project.Project) string
	// Environ holds the environment variables of the application as
	// "NAME=value"; nil is none.
	Environ []string
	// HTTPClient carries the requests to Maskinporten and Altinn; nil is
	// http.DefaultClient.
	HTTPClient *http.Client
	// Vault opens the organisation's vault.
	Vault func(*project.Project) (*keyvault.Vault, error)
	// Portal opens Samarbeidsportalen's interface. A nil client without an error
	// says that there is no admin client, as most organisations have none.
	Portal func(context.Context, *project.Project) (*selfservice.Client, error)
	// Offline leaves out every check that asks another machine.
	Offline bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Tracked returns the paths, relative to a folder, of the files below it that
	// version control keeps or would keep; nil asks git. An error says that it
	// cannot tell.
	Tracked func(ctx context.Context, dir string) ([]string, error)
}
