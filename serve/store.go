package serve

import (
	"context"
	"errors"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

// store is where the service keeps what must not be lost.
type store struct {
	journal handover.Journal
	close   func() error
}

// openStore opens the journal.
func openStore(ctx context.Context, cfg Config) (_ *store, err error) {
	if !cfg.DatabaseURL.IsEmpty() {
		return nil, errors.New("start the service: PostgreSQL is not supported yet")
	}
	journal, err := sqlite.Open(ctx, cfg.Journal, sqlite.Options{Now: cfg.Now})
	if err != nil {
		return nil, err
	}
	return &store{journal: journal, close: journal.Close}, nil
}
