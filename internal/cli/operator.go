package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/postgres"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/serve"
)

// databaseVariable names the PostgreSQL that several processes share.
const databaseVariable = "STAFETT_DATABASE_URL"

// operator works on the handovers of a project: through the running service's
// socket, or on the journal itself.
type operator struct {
	handover.Operations
	// service carries handovers out in this process; nil when the running service
	// does.
	service     *handover.Service
	tokens      *lazyTokens
	definitions []*handover.Definition
	project     string // path of its file
	closers     []func()
}

func (o *operator) close() {
	for _, closes := range o.closers {
		closes()
	}
}

// checkHistory refuses definitions under which forms that have been handed over
// would be begun anew. A running service has checked its own at its start.
func (o *operator) checkHistory(ctx context.Context) error {
	if o.service == nil {
		return nil
	}
	return o.service.CheckHistory(ctx)
}

// addJournalFlags adds the flags that say whose handovers are meant.
func addJournalFlags(cmd *cobra.Command, options *operatorOptions) {
	cmd.Flags().StringVar(&options.journal, "journal", "", "the journal `FILE` (default: .stafett/ENVIRONMENT.db beside\nstafett.yaml, or env STAFETT_JOURNAL; with --local one for each\nstart of the platform; with STAFETT_DATABASE_URL the database,\nbut not in test mode)")
	cmd.Flags().BoolVar(&options.test, "test", false, "in test mode: to the recipient under test in stafett.yaml, with\na journal of its own")
}

// operate does something with the handovers of the project.
func (s *session) operate(ctx context.Context, options operatorOptions, do func(*operator) error) error {
	connection, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.close()
	o, err := connection.operator(ctx, s, options)
	if err != nil {
		return err
	}
	defer o.close()
	return o.withChoice(do(o))
}

// withChoice tells with the error of a definition that is unknown which there are.
func (o *operator) withChoice(err error) error {
	if !errors.Is(err, handover.ErrUnknownDefinition) {
		return err
	}
	var ids []string
	for _, d := range o.definitions {
		ids = append(ids, d.ID())
	}
	return fmt.Errorf("%w; %s has %s", err, o.project, strings.Join(ids, ", "))
}

// knows reports whether the project has a definition of that id, or that adopts it.
func (o *operator) knows(id string) bool {
	return slices.ContainsFunc(o.definitions, func(d *handover.Definition) bool { return d.ID() == id || slices.Contains(d.Adopts(), id) })
}

// listOf lists handovers as [handover.Operations.List] does; those of a definition
// also under the ids that it has adopted.
func (o *operator) listOf(ctx context.Context, definition string, filter handover.Filter) ([]handover.Record, error) {
	ids := []string{definition}
	for _, d := range o.definitions {
		if d.ID() == definition {
			ids = append(ids, d.Adopts()...)
		}
	}
	var all []handover.Record
	for _, id := range ids {
		filter.DefinitionID = id
		records, err := o.List(ctx, filter)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
	}
	slices.SortStableFunc(all, func(a, b handover.Record) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if filter.Limit > 0 && len(all) > filter.Limit {
		all = all[:filter.Limit]
	}
	return all, nil
}

type operatorOptions struct {
	journal     string
	unclearWait time.Duration // 0 means the default
	test        bool          // test mode: definitions and journal are others
	begins      bool          // begins handovers, for which there need not be a journal yet
	looks       bool          // works also while stafett.yaml does not fit the applications
}

// noJournalError says that there is nothing to work on.
type noJournalError struct {
	path   string
	remedy string
}

func (e *noJournalError) Error() string {
	return fmt.Sprintf("open the journal: there is none at %s, and no service runs on one there", e.path)
}

// Remedy says where the right one may be, or what makes one.
func (e *noJournalError) Remedy() string { return e.remedy }

// toHaveJournal is what to do where there is no journal.
func (c *connection) toHaveJournal(ctx context.Context, options operatorOptions) string {
	switch {
	case c.local == nil:
		return "name it with --journal or STAFETT_JOURNAL (or the database with STAFETT_DATABASE_URL); for the local platform add --local; it is made by: stafett serve"
	case options.journal != "":
		return "name another with --journal; without it, that of the local platform is taken"
	case options.test:
		return "test mode has a journal of its own, which its first handover makes: stafett handover send --test INSTANCE"
	}
	runs, hint := isSamePath(c.local.Project, c.project.Path), "the local platform serves another project"
	if runs {
		ctx, cancel := context.WithTimeout(ctx, localPatience)
		defer cancel()
		_, err := c.local.steering().StartService(ctx)
		refused, isRefused := errors.AsType[*control.Error](err)
		runs, hint = !isRefused || refused.Status != http.StatusNotFound, "the local platform runs with --no-serve"
	}
	if !runs {
		return hint + ": run the service by itself: stafett serve --local; or hand one form over: stafett handover send INSTANCE"
	}
	return "prepare the project: stafett prepare\n(the local platform's handover service makes it then; what else keeps that from its work\nis told by: stafett doctor); or name another with --journal"
}

// operator finds the running service, or opens the journal.
func (c *connection) operator(ctx context.Context, s *session, options operatorOptions) (*operator, error) {
	definitions, err := c.definitions(options.test)
	if unfit := (*definitionsError)(nil); options.looks && errors.As(err, &unfit) {
		s.warn("%v", unfit)
		err = nil
	}
	if err != nil {
		return nil, err
	}
	options.unclearWait = cmp.Or(options.unclearWait, unclearWait)
	o := &operator{definitions: definitions, project: c.project.Path}
	journal, err := c.openJournal(ctx, s, o, options)
	if err != nil || o.Operations != nil {
		return o, err
	}
	o.closers = append(o.closers, func() { _ = journal.Close() })
	o.tokens = &lazyTokens{load: func(ctx context.Context) (*integration.Integration, error) {
		loaded, err := c.integration(ctx)
		if err == nil {
			for _, warning := range loaded.Warnings() {
				s.warn("%s", warning)
			}
		}
		return loaded, err
	}}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: c.environment, HTTPClient: c.client, Tokens: o.tokens})
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: c.environment, HTTPClient: c.client, Tokens: o.tokens})
	o.service, err = handover.New(handover.Config{
		Definitions: definitions, Source: handover.NewSource(storage, apps), Receiver: apps,
		Finder: handover.NewIndex(storage, handover.DefaultOverlap), Lister: storage, Journal: journal,
		UnclearWait: options.unclearWait, LeaseTime: min(options.unclearWait, maxLease),
		Owner: fmt.Sprintf("command, process %d", os.Getpid()), Logger: s.quietLogger(),
	})
	if err != nil {
		o.close()
		return nil, err
	}
	o.Operations = o.service
	return o, nil
}

// openJournal opens the journal, unless a service has it: then o works through
// that one.
func (c *connection) openJournal(ctx context.Context, s *session, o *operator, options operatorOptions) (handover.Journal, error) {
	path := options.journal
	if url := s.lookup(databaseVariable); url != "" && path == "" && !options.test {
		return postgres.Open(ctx, secret.New(url), postgres.Options{})
	}
	if path == "" {
		var err error
		if path, err = c.journalPath(options.test); err != nil {
			return nil, err
		}
	}
	remote, err := serve.Dial(ctx, serve.SocketPath(path))
	if err == nil {
		o.Operations = remote
		o.closers = append(o.closers, remote.Close)
		return nil, nil
	}
	if !errors.Is(err, serve.ErrNotRunning) {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !options.begins {
		return nil, &noJournalError{path, c.toHaveJournal(ctx, options)}
	}
	opened, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return nil, openFailed(path, err)
	}
	return opened, nil
}

// lazyTokens reads settings and secrets when a token is first needed: the
// journal can be read without any.
type lazyTokens struct {
	load func(ctx context.Context) (*integration.Integration, error)

	mu     sync.Mutex
	loaded *integration.Integration
}

func (l *lazyTokens) integration(ctx context.Context) (*integration.Integration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded == nil {
		loaded, err := l.load(ctx)
		if err != nil {
			return nil, err
		}
		l.loaded = loaded
	}
	return l.loaded, nil
}

// Token implements [altinn.TokenSource].
func (l *lazyTokens) Token(ctx context.Context) (secret.String, error) {
	loaded, err := l.integration(ctx)
	if err != nil {
		return secret.String{}, err
	}
	return loaded.Altinn().Token(ctx)
}

// Invalidate implements [altinn.TokenSource].
func (l *lazyTokens) Invalidate(token secret.String) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded != nil {
		l.loaded.Altinn().Invalidate(token)
	}
}

// warnings are what the settings deserve, if they have been read.
func (o *operator) warnings() []string {
	if o.tokens == nil {
		return nil
	}
	o.tokens.mu.Lock()
	defer o.tokens.mu.Unlock()
	if o.tokens.loaded == nil {
		return nil
	}
	return o.tokens.loaded.Warnings()
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
