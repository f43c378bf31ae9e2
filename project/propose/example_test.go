package propose_test

import (
	"fmt"
	"io/fs"
	"log"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/project/propose"
)

func ExampleNew() {
	load := func(name string) propose.Application {
		files, err := fs.Sub(examples.Files(), name)
		if err != nil {
			log.Fatal(err)
		}
		folder, err := app.LoadFS(files)
		if err != nil {
			log.Fatal(err)
		}
		return propose.Application{Folder: folder, Path: name}
	}
	p, err := propose.New(propose.Input{
		Original:           load(examples.OriginalForm),
		Receiving:          load(examples.ReceivingApp),
		OrganisationNumber: propose.Choice{Value: "313547264"},
		Since:              time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range p.Prefill {
		if line.Source != "" && line.Note != "" {
			fmt.Printf("%s from %s (certain: %t): %s\n", line.Target, line.Source, line.Certain, line.Note)
		}
	}
	// Output:
	// Sak.Adresse from Soker.Adresse (certain: false): the same name, in another group
	// Sak.Telefon from Soker.Telefon (certain: true): it takes 20 characters, and more may come
}
