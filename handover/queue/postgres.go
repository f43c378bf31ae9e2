package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

const (
	// schema is where the tables lie, beside those of the journal.
	schema = "stafett"
	// postgresPoll finds jobs of which the workers were not told: River sends one
	// notification for jobs that come shortly after each other.
	postgresPoll = 250 * time.Millisecond
	// migrationLock is the advisory lock under which the tables are made, since
	// several processes may start at the same time. The number is arbitrary.
	migrationLock = 7_823_465_091_275_113_042
	// minConnections are one for listening, and some for the work, of which some
	// needs two at a time. With fewer, it would wait for itself.
	minConnections = 4
)

// OpenPostgres opens the queue in a database, and makes its tables if there are
// none. Any number of processes may share it. The pool stays the caller's: it
// needs four connections at least, since one listens, and is closed after the
// queue.
func OpenPostgres(ctx context.Context, pool *pgxpool.Pool, opts Options) (Queue, error) {
	if most := pool.Config().MaxConns; most < minConnections {
		return nil, fmt.Errorf("open the queue: the database's URL allows %d connections (pool_max_conns), and at least %d are needed", most, minConnections)
	}
	driver := riverpgxv5.New(pool)
	q, err := newRiver(driver, river.Config{Schema: schema, FetchPollInterval: postgresPoll}, opts)
	if err == nil {
		err = migratePostgres(ctx, pool, driver, q.base)
	}
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return q, nil
}

func migratePostgres(ctx context.Context, pool *pgxpool.Pool, driver *riverpgxv5.Driver, base river.Config) (err error) {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: base.Logger})
	if err != nil {
		return err
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		err = errors.Join(err, unlockErr)
	}()
	if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("make its tables: %w", err)
	}
	return nil
}
