package prepare_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
)

// The plan is made without changing anything, so that a person can read it
// first. When it has been carried out, nothing is left to do.
func ExampleNewPlan() {
	ctx := context.Background()
	here := unpreparedPlatform(ctx)
	defer here.close()

	file, err := project.Load(filepath.Join(here.dir, examples.ProjectFile))
	if err != nil {
		log.Panic(err)
	}
	original, err := app.Load(file.Applications.Original)
	if err != nil {
		log.Panic(err)
	}
	target, err := prepare.NewTarget(file, original.ID)
	if err != nil {
		log.Panic(err)
	}
	environment, err := maskinporten.LookupEnvironment(target.Maskinporten)
	if err != nil {
		log.Panic(err)
	}
	systems := prepare.Systems{
		Vault:        here.vault,  // *keyvault.Vault
		Integrations: here.portal, // *selfservice.Client
		Prover:       prepare.MaskinportenProver{Environment: environment, HTTPClient: here.client},
	}

	for range 2 {
		state, err := prepare.Read(ctx, systems, target)
		if err != nil {
			log.Panic(err)
		}
		plan, err := prepare.NewPlan(state)
		if err != nil {
			log.Panic(err)
		}
		fmt.Print(plan)
		if _, err := prepare.Apply(ctx, systems, plan, nil); err != nil {
			log.Panic(err)
		}
	}
	// Output:
	// 1. Key Vault + make an RSA key of 2048 bits on this machine and store it as secret MaskinportenSettings--EncodedJwk
	// 2. Samarbeidsportalen + create the integration stafett-fts-tt02-barmarkskjoring with altinn:serviceowner/instances.read and altinn:serviceowner/instances.write, described with the new key
	// 3. Samarbeidsportalen + register the public part of the new key on the new integration
	// 4. Key Vault + store the new integration's client id as secret MaskinportenSettings--ClientId
	// 5. Application ~ in appsettings.json, section MaskinportenSettings: set Environment to "test", set Scope to "altinn:serviceowner/instances.read altinn:serviceowner/instances.write", remove EnableDebugLog
	// nothing to do
}
