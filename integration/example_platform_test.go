package integration_test

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// place is where an example runs: a platform on which the original form has been
// prepared, and who may read its vault.
type place struct {
	client             *http.Client
	tenantID, clientID string
	clientSecret       secret.String
	appDir             string
	close              func()
}

// preparedPlatform starts the local platform and does what `stafett prepare`
// does.
func preparedPlatform(ctx context.Context) place {
	dir := must(os.MkdirTemp("", "stafett-example-"))
	root := filepath.Join(dir, "examples")
	if err := examples.WriteTo(root); err != nil {
		log.Panic(err)
	}
	file := must(project.Load(filepath.Join(root, examples.ProjectFile)))
	original, receiving := must(app.Load(file.Applications.Original)), must(app.Load(file.Applications.Receiving))
	platform := must(local.Start(ctx, local.Config{Apps: []*app.Folder{original, receiving}, Vault: file.Vault}))
	client, seed := platform.Client(), platform.Seed()

	credential := must(keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: client, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	}))
	environment := must(maskinporten.LookupEnvironment("test"))
	admin := must(maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL, HTTPClient: client,
		ClientID: seed.SelfServiceClientID, Key: must(jwk.ParsePrivate(seed.SelfServiceKey)),
	}))
	systems := prepare.Systems{
		Vault: must(keyvault.Open(file.Vault, credential, client)),
		Integrations: must(selfservice.New(selfservice.Config{
			BaseURL: selfservice.TestBaseURL, HTTPClient: client,
			Tokens: admin.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
		})),
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: client},
	}
	plan := must(prepare.NewPlan(must(prepare.Read(ctx, systems, must(prepare.NewTarget(file, original.ID))))))
	must(prepare.Apply(ctx, systems, plan, nil))

	return place{
		client: client, tenantID: seed.TenantID, clientID: seed.AzureClientID, clientSecret: seed.AzureClientSecret,
		appDir: file.Applications.Original,
		close: func() {
			if err := errors.Join(platform.Close(), os.RemoveAll(dir)); err != nil {
				log.Panic(err)
			}
		},
	}
}

// must is for the set-up of examples, which have no *testing.T to fail.
func must[T any](value T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return value
}
