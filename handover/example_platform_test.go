package handover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// place is where an example runs: the example project, prepared, on a platform
// where a person has sent in a form.
type place struct {
	dir         string
	client      *http.Client
	integration *integration.Integration
	form        string // the instance's id
	close       func()
}

func submittedForm(ctx context.Context) place {
	dir := must(os.MkdirTemp("", "stafett-example-"))
	if err := examples.WriteTo(dir); err != nil {
		log.Panic(err)
	}
	file := must(project.Load(filepath.Join(dir, examples.ProjectFile)))
	original, receiving := must(app.Load(file.Applications.Original)), must(app.Load(file.Applications.Receiving))
	platform := must(local.Start(ctx, local.Config{Apps: []*app.Folder{original, receiving}, Vault: file.Vault}))
	return place{
		dir: dir, client: platform.Client(),
		integration: prepareOriginal(ctx, file, original, platform),
		form:        sendIn(ctx, original.ID, platform),
		close: func() {
			if err := errors.Join(platform.Close(), os.RemoveAll(dir)); err != nil {
				log.Panic(err)
			}
		},
	}
}

// prepareOriginal does what `stafett prepare` does, and loads what it made.
func prepareOriginal(ctx context.Context, file *project.Project, original *app.Folder, platform *local.Platform) *integration.Integration {
	client, seed := platform.Client(), platform.Seed()
	credential := must(keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: client, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	}))
	vault := must(keyvault.Open(file.Vault, credential, client))
	environment := must(maskinporten.LookupEnvironment("test"))
	admin := must(maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL, HTTPClient: client,
		ClientID: seed.SelfServiceClientID, Key: must(jwk.ParsePrivate(seed.SelfServiceKey)),
	}))
	systems := prepare.Systems{
		Vault: vault,
		Integrations: must(selfservice.New(selfservice.Config{
			BaseURL: selfservice.TestBaseURL, HTTPClient: client,
			Tokens: admin.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
		})),
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: client},
	}
	plan := must(prepare.NewPlan(must(prepare.Read(ctx, systems, must(prepare.NewTarget(file, original.ID))))))
	must(prepare.Apply(ctx, systems, plan, nil))
	return must(integration.Load(ctx, integration.Options{
		AppDir: original.Dir, EnvironmentName: "Staging", Section: file.Section, Vault: vault, HTTPClient: client,
	}))
}

// sendIn logs a person in, fills in a form with a map, and confirms it.
func sendIn(ctx context.Context, appID string, platform *local.Platform) string {
	person := platform.Seed().Persons[0]
	apps := altinn.NewAppClient(altinn.AppConfig{
		Environment: must(altinn.LookupEnvironment("tt02")), HTTPClient: platform.Client(), Tokens: logIn(ctx, platform, person),
	})
	form := must(apps.CreatePrefilled(ctx, appID, altinn.SimpleTemplate{Owner: altinn.InstanceOwner{PartyID: strconv.Itoa(person.PartyID)}}))
	data := form.Data[slices.IndexFunc(form.Data, func(e altinn.DataElement) bool { return e.DataType == "skjema" })]
	answers := must(fs.ReadFile(examples.Files(), examples.FormData))
	if err := apps.UpdateData(ctx, appID, form.ID, data.ID, altinn.NewUpload("skjema", "application/json", "", answers)); err != nil {
		log.Panic(err)
	}
	image := must(fs.ReadFile(examples.Files(), examples.Map))
	must(apps.AddData(ctx, appID, form.ID, altinn.NewUpload("kart", "image/png", "kart.png", image)))
	must(apps.ProcessNext(ctx, appID, form.ID, ""))
	must(apps.ProcessNext(ctx, appID, form.ID, "confirm"))
	return form.ID
}

func logIn(ctx context.Context, platform *local.Platform, person local.Person) altinn.TokenSource {
	address := fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, person.UserID)
	response := must(platform.Client().Do(must(http.NewRequestWithContext(ctx, http.MethodGet, address, nil))))
	defer func() { _ = response.Body.Close() }()
	return altinn.StaticToken(secret.New(string(must(io.ReadAll(response.Body)))))
}

// must is for the set-up of examples, which have no *testing.T to fail.
func must[T any](value T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return value
}
