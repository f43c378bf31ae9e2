package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

// sender carries handovers out, one command's worth.
type sender struct {
	service  *handover.Service
	warnings []string
	journal  io.Closer
}

func (s *sender) close() { _ = s.journal.Close() }

// sender loads the integration and opens the journal.
func (c *connection) sender(ctx context.Context, s *session, definitions []*handover.Definition, options sendOptions) (*sender, error) {
	loaded, err := c.integration(ctx)
	if err != nil {
		return nil, err
	}
	for _, warning := range loaded.Warnings() {
		s.warn("%s", warning)
	}
	journal := options.journal
	if journal == "" {
		if journal, err = c.journalPath(); err != nil {
			return nil, err
		}
	}
	opened, err := sqlite.Open(ctx, journal, sqlite.Options{})
	if err != nil {
		return nil, openFailed(journal, err)
	}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: c.environment, HTTPClient: c.client, Tokens: loaded.Altinn()})
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: c.environment, HTTPClient: c.client, Tokens: loaded.Altinn()})
	service, err := handover.New(handover.Config{
		Definitions: definitions, Source: handover.NewSource(storage, apps), Receiver: apps,
		Finder: handover.NewIndex(storage, 10*time.Minute), Lister: storage, Journal: opened,
		UnclearWait: options.unclearWait, LeaseTime: min(options.unclearWait, maxLease),
		Owner: fmt.Sprintf("handover send, process %d", os.Getpid()), Logger: s.quietLogger(),
	})
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &sender{service: service, warnings: loaded.Warnings(), journal: opened}, nil
}

// brokenJournalError says that a file is no journal, or no whole one.
type brokenJournalError struct {
	path string
	err  error
}

func (e *brokenJournalError) Error() string { return e.err.Error() }
func (e *brokenJournalError) Unwrap() error { return e.err }

// Remedy says that nothing is lost with the file, and where that ends
// (docs/exactly-once.md: the unclear wait is kept by the journal).
func (e *brokenJournalError) Remedy() string {
	return fmt.Sprintf("move %s away, five minutes after the last handover at the earliest, and run the command again: it finds what was made before (docs/exactly-once.md)", e.path)
}

// The result codes of SQLite, sqlite.org/rescode.html.
const (
	sqliteCorrupt = 11
	sqliteNotADB  = 26
)

// openFailed tells a journal that is broken from one that cannot be reached.
func openFailed(path string, err error) error {
	var result interface{ Code() int } // extended codes have the primary one in their low byte
	if errors.As(err, &result) && (result.Code()&0xff == sqliteCorrupt || result.Code()&0xff == sqliteNotADB) {
		return &brokenJournalError{path, err}
	}
	return err
}

// Whoever takes over a handover in the middle of a request waits for the unclear
// outcome first, so a lease need not be long to be safe; and the shorter it is,
// the sooner a command that was killed can be run again.
const maxLease = 15 * time.Second
