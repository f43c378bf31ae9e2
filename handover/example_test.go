package handover_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/project"
)

// Putting it together: what the project file says, the organisation's two
// clients, and a journal. Package engine drives a service; here one form that a
// person has sent in is carried over, and asking again carries nothing.
func Example() {
	ctx := context.Background()
	here := submittedForm(ctx)
	defer here.close()

	file, err := project.Load(filepath.Join(here.dir, examples.ProjectFile))
	if err != nil {
		log.Panic(err)
	}
	original, err := app.Load(file.Applications.Original)
	if err != nil {
		log.Panic(err)
	}
	receiving, err := app.Load(file.Applications.Receiving)
	if err != nil {
		log.Panic(err)
	}
	definition, err := handover.Compile(file.Handovers[0], original, receiving)
	if err != nil {
		log.Panic(err)
	}

	// The tokens are those of integration.Integration.Altinn.
	environment := here.integration.AltinnEnvironment
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: environment, HTTPClient: here.client, Tokens: here.integration.Altinn()})
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: environment, HTTPClient: here.client, Tokens: here.integration.Altinn()})
	journal, err := sqlite.Open(ctx, filepath.Join(here.dir, "journal.db"), sqlite.Options{})
	if err != nil {
		log.Panic(err)
	}
	defer func() { _ = journal.Close() }()
	handovers, err := handover.New(handover.Config{
		Definitions: []*handover.Definition{definition},
		Source:      handover.NewSource(storage, apps), Receiver: apps,
		Finder: handover.NewIndex(storage, 10*time.Minute), Lister: storage,
		Journal: journal, Owner: "example",
	})
	if err != nil {
		log.Panic(err)
	}

	begun, err := handovers.Begin(ctx, definition.ID(), here.form, handover.ByCommand)
	if err != nil {
		log.Panic(err)
	}
	record, err := handovers.Settle(ctx, begun[0].Key)
	if err != nil {
		log.Panic(err)
	}
	fmt.Println(record.State, "with", len(record.Files), "files, from", record.From, "to", record.To)

	again, err := handovers.Begin(ctx, definition.ID(), here.form, handover.ByCommand)
	if err != nil {
		log.Panic(err)
	}
	fmt.Println("asked again, the same instance:", again[0].Receiving == record.Receiving)
	// Output:
	// done with 2 files, from fts/barmarkskjoring to fts/saksmottak
	// asked again, the same instance: true
}
