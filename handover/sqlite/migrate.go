package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

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
// its own. PRAGMA user_version, which SQLite keeps in the file's header and
// changes with the transaction, counts the steps taken.
func migrate(ctx context.Context, db *sql.DB) error {
	scripts, err := migrations()
	if err != nil {
		return err
	}
	for {
		more, err := step(ctx, db, scripts)
		if err != nil || !more {
			return err
		}
	}
}

// step takes one step, if there is one to take. The transaction takes the write
// lock at its beginning, so that of several processes one takes each step.
func step(ctx context.Context, db *sql.DB, scripts []string) (more bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version > len(scripts):
		return false, fmt.Errorf("its schema has version %d, and this program knows %d at most; use a newer program", version, len(scripts))
	case version == len(scripts):
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, scripts[version]); err != nil {
		return false, fmt.Errorf("migrate to version %d: %w", version+1, err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		return false, err
	}
	return true, tx.Commit()
}
