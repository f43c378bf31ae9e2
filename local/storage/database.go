package storage

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// schema makes the tables of an empty database. An instance's JSON is whole
// but for its data elements; the other columns repeat what a list is narrowed
// or ordered by. last_changed and created are ticks. The times of the process
// and the deadlines are text, since the platform compares them as text.
const schema = `
CREATE TABLE IF NOT EXISTS instances (
	seq           INTEGER PRIMARY KEY AUTOINCREMENT,
	guid          TEXT    NOT NULL UNIQUE,
	party         INTEGER NOT NULL,
	org           TEXT    NOT NULL,
	app           TEXT    NOT NULL,
	created       INTEGER NOT NULL,
	last_changed  INTEGER NOT NULL,
	visible_after TEXT    NOT NULL,
	due_before    TEXT    NOT NULL,
	ended         TEXT    NOT NULL,
	task          TEXT    NOT NULL,
	archived      INTEGER NOT NULL,
	soft_deleted  INTEGER NOT NULL,
	hard_deleted  INTEGER NOT NULL,
	a3_ref        TEXT    NOT NULL,
	search        TEXT    NOT NULL,
	json          TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS instances_by_app       ON instances (app, last_changed, seq);
CREATE INDEX IF NOT EXISTS instances_by_org       ON instances (org, last_changed, seq);
CREATE INDEX IF NOT EXISTS instances_by_party     ON instances (party, last_changed, seq);
CREATE INDEX IF NOT EXISTS instances_by_party_app ON instances (party, app, last_changed, seq);
CREATE INDEX IF NOT EXISTS instances_by_a3_ref    ON instances (a3_ref);

CREATE TABLE IF NOT EXISTS data_elements (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT    NOT NULL UNIQUE,
	instance INTEGER NOT NULL REFERENCES instances,
	blob     TEXT    NOT NULL,
	json     TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS data_elements_by_instance ON data_elements (instance, seq);

CREATE TABLE IF NOT EXISTS events (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	id       TEXT    NOT NULL UNIQUE,
	instance INTEGER NOT NULL REFERENCES instances,
	created  INTEGER NOT NULL,
	type     TEXT    NOT NULL,
	json     TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_instance ON events (instance, created, seq);

CREATE TABLE IF NOT EXISTS locks (
	instance INTEGER PRIMARY KEY REFERENCES instances,
	id       TEXT    NOT NULL,
	secret   BLOB    NOT NULL,
	expires  INTEGER NOT NULL
) STRICT;
`

// maxConnections bounds how many readers there are at once; the rest wait.
const maxConnections = 8

// database is the rows. Readers do not wait for the writer; writers wait in
// line in this process rather than poll SQLite's lock. A query to it sees the
// rows as they stand at one moment.
type database struct {
	statements
	writer sync.Mutex
}

func openDatabase(dir string) (*database, error) {
	// A stand-in may lose the last moments when the machine goes down; WAL with
	// NORMAL never corrupts, and spares an fsync per change.
	query := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)"},
		"_txlock": {"immediate"},
	}
	file := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(filepath.Join(dir, "storage.db")), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	// Opening is not worth a context: it is a file of this machine.
	if _, err := db.ExecContext(context.Background(), schema); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open storage: %w", err)
	}
	return &database{statements: statements{sql: db, byText: make(map[string]*sql.Stmt)}}, nil
}

// write runs f in one transaction. Nothing is kept when f returns an error.
func (d *database) write(ctx context.Context, f func(tx *transaction) error) error {
	d.writer.Lock()
	defer d.writer.Unlock()
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write to storage: %w", err)
	}
	if err := f(&transaction{tx, &d.statements}); err != nil {
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write to storage: %w", err)
	}
	return nil
}
