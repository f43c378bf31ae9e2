package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock is the advisory lock under which one process at a time changes the
// schema. The number is arbitrary and the same in every version of the program.
const migrationLock = 4_711_306_552_981_620_307

// migrations returns the scripts in the order of their numbers. The name of the
// first begins with 0001, and so on without a gap.
func migrations() ([]string, error) {
	entries, err := fs.ReadDir(migrationFiles, "migrations") // sorted by name
	if err != nil {
		return nil, err
	}
	scripts := make([]string, len(entries))
	for i, e := range entries {
		var number int
		if _, err := fmt.Sscanf(e.Name(), "%04d_", &number); err != nil || number != i+1 {
			return nil, fmt.Errorf("the migration %s should have the number %04d", e.Name(), i+1)
		}
		script, err := migrationFiles.ReadFile(path.Join("migrations", e.Name()))
		if err != nil {
			return nil, err
		}
		scripts[i] = string(script)
	}
	return scripts, nil
}

// migrate brings a database to the newest schema, each step in a transaction of
// its own.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	scripts, err := migrations()
	if err != nil {
		return err
	}
	for {
		more, err := step(ctx, pool, scripts)
		if err != nil || !more {
			return err
		}
	}
}

// step takes one step, if there is one to take. Of several processes one takes it;
// the others wait for that, and see it. A process that finds nothing to do needs no
// right to change the schema.
func step(ctx context.Context, pool *pgxpool.Pool, scripts []string) (more bool, err error) {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		if rollbackErr := tx.Rollback(ctx); !errors.Is(rollbackErr, pgx.ErrTxClosed) {
			err = errors.Join(err, rollbackErr)
		}
	}()
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return false, err
	}
	var schema, versions bool
	err = tx.QueryRow(ctx, "SELECT to_regnamespace('stafett') IS NOT NULL, to_regclass('stafett.journal_version') IS NOT NULL").Scan(&schema, &versions)
	if err != nil {
		return false, err
	}
	version := 0
	if versions {
		if err := tx.QueryRow(ctx, "SELECT version FROM stafett.journal_version").Scan(&version); err != nil {
			return false, err
		}
	}
	switch {
	case version > len(scripts):
		return false, fmt.Errorf("its schema has version %d, and this program knows %d at most; use a newer program", version, len(scripts))
	case version == len(scripts):
		return false, nil
	}
	script := scripts[version]
	if !versions {
		script = "CREATE TABLE stafett.journal_version (version integer NOT NULL); INSERT INTO stafett.journal_version VALUES (0);" + script
	}
	if !schema { // IF NOT EXISTS would want the right to make it even where it is there
		script = "CREATE SCHEMA stafett;" + script
	}
	// Without arguments, so that the server takes several statements at once.
	if _, err := tx.Exec(ctx, script+fmt.Sprintf(";UPDATE stafett.journal_version SET version = %d", version+1)); err != nil {
		return false, fmt.Errorf("migrate to version %d: %w", version+1, err)
	}
	return true, tx.Commit(ctx)
}
