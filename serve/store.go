package serve

import (
	"context"
	"errors"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/postgres"
	"github.com/stafett/stafett/handover/queue"
	"github.com/stafett/stafett/handover/sqlite"
)

// store is where the service keeps what it knows and what waits to be worked.
type store struct {
	journal handover.Journal
	queue   queue.Queue
	shared  bool // with other processes
}

// queueSuffix makes the name of the queue's file of that of the journal.
const queueSuffix = ".queue"

// openStore opens the journal and the queue.
func openStore(ctx context.Context, cfg Config) (*store, error) {
	options := queue.Options{Logger: cfg.Logger}
	if !cfg.DatabaseURL.IsEmpty() {
		journal, err := postgres.Open(ctx, cfg.DatabaseURL, postgres.Options{})
		if err != nil {
			return nil, err
		}
		jobs, err := queue.OpenPostgres(ctx, journal.Pool(), options)
		if err != nil {
			return nil, errors.Join(err, journal.Close())
		}
		return &store{journal, jobs, true}, nil
	}
	// The journal is this process's alone, and with it the queue and the socket.
	journal, err := sqlite.Open(ctx, cfg.Journal, sqlite.Options{Now: cfg.Now, Exclusive: true})
	if err != nil {
		return nil, err
	}
	options.SetAside = true // whatever lies there, the journal refills the queue
	jobs, err := queue.OpenSQLite(ctx, cfg.Journal+queueSuffix, options)
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return &store{journal, jobs, false}, nil
}

func (s *store) close() error { return errors.Join(s.queue.Close(), s.journal.Close()) }
