package prepare_test

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/selfservice"
)

// place is where an example runs: a folder with the example project, and the
// clients of a platform on which nothing has been prepared.
type place struct {
	dir    string
	client *http.Client
	vault  *keyvault.Vault
	portal *selfservice.Client
	close  func()
}

func unpreparedPlatform(ctx context.Context) place {
	dir, err := os.MkdirTemp("", "stafett-example-")
	if err != nil {
		log.Panic(err)
	}
	if err := examples.WriteTo(dir); err != nil {
		log.Panic(err)
	}
	folder, err := app.Load(filepath.Join(dir, examples.OriginalForm))
	if err != nil {
		log.Panic(err)
	}
	running, err := local.Start(ctx, local.Config{Apps: []*app.Folder{folder}})
	if err != nil {
		log.Panic(err)
	}
	vault, portal, err := connect(running.Client(), running.Seed())
	if err != nil {
		log.Panic(err)
	}
	return place{dir: dir, client: running.Client(), vault: vault, portal: portal, close: func() {
		if err := errors.Join(running.Close(), os.RemoveAll(dir)); err != nil {
			log.Panic(err)
		}
	}}
}
