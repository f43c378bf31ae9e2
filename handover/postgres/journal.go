// Package postgres keeps the journal of handovers in PostgreSQL 13 or later, in the
// schema stafett of a database, so that processes on several machines can share the
// work. The server's clock decides who holds a lease. What is stored has been
// written to the server's disk, as far as its own settings fsync and
// full_page_writes make that true.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/secret"
)

// Journal is a [handover.Journal] in a PostgreSQL database. When the server cannot
// be reached its methods return an error, and work again as soon as it can. A call
// that is under way when the network is cut notices after about 30 seconds.
type Journal struct {
	pool *pgxpool.Pool
	now  func() time.Time // nil: the server's clock
}

var _ handover.Journal = (*Journal)(nil)

// Options change how a journal works. The zero value is right for all but tests.
type Options struct {
	Now func() time.Time // the clock of leases; nil = the server's
}

const (
	// defaultConnections is how many connections a process opens at most, if the
	// URL does not say: a server takes a hundred by default, for all processes.
	defaultConnections = 16
	// connectPatience bounds how long a server that does not answer is waited for.
	connectPatience = 10 * time.Second
	applicationName = "stafett"
)

// Open connects to the database at url and makes the schema if there is none, or
// brings it to this version. The URL is one of libpq's
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS),
// and may hold settings of the pool, such as pool_max_conns. It is in no error,
// since it holds a password.
func Open(ctx context.Context, url secret.String, opts Options) (*Journal, error) {
	cfg, err := configure(url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the journal's database: %w", err)
	}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, openFailed(cfg.ConnConfig.Database, err)
	}
	return &Journal{pool: pool, now: opts.Now}, nil
}

// connectError says that the database cannot be reached.
type connectError struct {
	database string
	err      error
}

func (e *connectError) Error() string {
	return fmt.Sprintf("open the journal in the database %s: %v", e.database, e.err)
}

func (e *connectError) Unwrap() error { return e.err }

// Remedy says where to look.
func (e *connectError) Remedy() string {
	return "check that PostgreSQL runs, and the database's URL (STAFETT_DATABASE_URL)"
}

// openFailed tells a database that cannot be reached from one that is not as it
// should be.
func openFailed(database string, err error) error {
	if database == "" {
		database = "of the user's name" // as PostgreSQL has it
	}
	if errors.As(err, new(*pgconn.ConnectError)) {
		return &connectError{database, err}
	}
	return fmt.Errorf("open the journal in the database %s: %w", database, err)
}

var errURL = errors.New("the database's URL cannot be read; it should be like postgres://user:password@host:5432/database?sslmode=verify-full")

func configure(url secret.String) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url.Reveal())
	if err != nil {
		return nil, errURL // the reader's own error can hold parts of the URL
	}
	if !strings.Contains(url.Reveal(), "pool_max_conns") {
		cfg.MaxConns = defaultConnections
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectPatience
	}
	cfg.ConnConfig.DialFunc = newDialer(silence).DialContext
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = applicationName
	}
	// What is told to be stored has to be, even on a server where that is not the
	// default. A stricter setting than "on" is left alone.
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
		return err
	}
	return cfg, nil
}

// Pool returns the journal's connections, for a queue in the same database. They
// are closed by Close.
func (j *Journal) Pool() *pgxpool.Pool { return j.pool }

// Close implements [handover.Journal]. It waits for what is under way.
func (j *Journal) Close() error {
	j.pool.Close()
	return nil
}

// clock is the argument "now" of a statement: NULL for the server's own clock.
func (j *Journal) clock() *int64 {
	if j.now == nil {
		return nil
	}
	now := j.now().UnixNano()
	return &now
}

// now is the moment by which a statement judges leases: its own beginning, so that
// one that has waited for another's lock does not grant itself more time.
const now = "coalesce(@now::bigint, (extract(epoch FROM statement_timestamp()) * 1000000000)::bigint)"

// exec runs a statement that may change something or nothing.
func (j *Journal) exec(ctx context.Context, what, query string, args pgx.NamedArgs) (int, error) {
	tag, err := j.pool.Exec(ctx, query, args)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return int(tag.RowsAffected()), nil
}

// collect reads the rows of a query.
func collect[T any](rows pgx.Rows, err error, scan pgx.RowToFunc[T]) ([]T, error) {
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scan)
	if len(all) == 0 {
		all = nil
	}
	return all, err
}
