package integration_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/keyvault"
)

// From an application's settings and its organisation's vault to an instance
// that the organisation owns. It runs against the local platform; elsewhere the
// client is an ordinary *http.Client, and without a client secret the credential
// is whatever Azure's tools find on the machine.
func ExampleLoad() {
	ctx := context.Background()
	here := preparedPlatform(ctx)
	defer here.close()

	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: here.client, TenantID: here.tenantID, ClientID: here.clientID, ClientSecret: here.clientSecret,
	})
	if err != nil {
		log.Panic(err)
	}
	vault, err := keyvault.Open("https://kv-fts-tt02.vault.azure.net", credential, here.client)
	if err != nil {
		log.Panic(err)
	}
	fts, err := integration.Load(ctx, integration.Options{
		AppDir: here.appDir, EnvironmentName: "Staging", Section: "MaskinportenSettings", Vault: vault, HTTPClient: here.client,
	})
	if err != nil {
		log.Panic(err)
	}
	token, err := fts.Altinn().Token(ctx) // for show: the clients below ask for it themselves
	if err != nil {
		log.Panic(err)
	}
	claims, err := altinn.ParseClaims(token)
	if err != nil {
		log.Panic(err)
	}
	fmt.Println("token", token, "is for", claims.Org, claims.OrgNumber)

	apps := altinn.NewAppClient(altinn.AppConfig{Environment: fts.AltinnEnvironment, HTTPClient: here.client, Tokens: fts.Altinn()})
	created, err := apps.CreateInstance(ctx, "fts/saksmottak", altinn.Template{Owner: altinn.InstanceOwner{OrganisationNumber: claims.OrgNumber}}, nil)
	if err != nil {
		log.Panic(err)
	}
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: fts.AltinnEnvironment, HTTPClient: here.client, Tokens: fts.Altinn()})
	stored, err := storage.Instance(ctx, created.ID)
	if err != nil {
		log.Panic(err)
	}
	fmt.Println("instance of", stored.AppID, "for", stored.Owner.OrganisationNumber, "is at", stored.Process.CurrentTask.ElementID)
	// Output:
	// token [redacted] is for fts 313547264
	// instance of fts/saksmottak for 313547264 is at Task_1
}
