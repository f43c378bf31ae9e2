// Package sqlite keeps the journal of handovers in one SQLite file. What it has
// stored survives a power cut (write-ahead log, synchronous=FULL), and several
// processes on one machine may use the file at the same time. Keep the file on a
// local disk: SQLite's locks are not reliable on network file systems.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite" // the database/sql driver "sqlite" too

	"github.com/stafett/stafett/handover"
)

// Journal is a [handover.Journal] in a SQLite file.
type Journal struct {
	db  *sql.DB
	now func() time.Time
}

var _ handover.Journal = (*Journal)(nil)

// Options change how a journal works. The zero value is right for all but tests.
type Options struct {
	Now func() time.Time // the clock of leases; nil = time.Now
}

// Open opens the journal at path and makes it if there is none. Only the user
// may read and write the file.
func Open(ctx context.Context, path string, opts Options) (*Journal, error) {
	j := &Journal{now: opts.Now}
	if j.now == nil {
		j.now = time.Now
	}
	var err error
	if j.db, err = open(ctx, path); err != nil {
		return nil, fmt.Errorf("open the journal %s: %w", path, err)
	}
	return j, nil
}

func open(ctx context.Context, path string) (*sql.DB, error) {
	// SQLite gives its log files the permissions of the main file.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return nil, err
	}
	// busy_timeout comes first: to change the journal mode already needs the
	// lock that it waits for.
	address := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?_pragma=busy_timeout(10000)" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate"
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // writers would only wait for each other
	if err := whenFree(ctx, func() error { return migrate(ctx, db) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

const (
	openPatience = 10 * time.Second
	openPoll     = 10 * time.Millisecond
	sqliteBusy   = 5 // SQLITE_BUSY, sqlite.org/rescode.html
)

// whenFree does something again while SQLite finds the file locked. Of processes
// that turn a new file to a write-ahead log at the same time, SQLite refuses all
// but one at once, whatever the busy_timeout is, since it sees a deadlock ahead.
func whenFree(ctx context.Context, do func() error) error {
	deadline := time.Now().Add(openPatience)
	for {
		err := do()
		var refused *sqlite.Error
		if !errors.As(err, &refused) || refused.Code()&0xff != sqliteBusy || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(openPoll):
		}
	}
}

// Close implements [handover.Journal].
func (j *Journal) Close() error { return j.db.Close() }

// Begin implements [handover.Journal].
func (j *Journal) Begin(ctx context.Context, records ...handover.Record) ([]handover.Record, int, error) {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("store a handover: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	fresh := 0
	stored := make([]handover.Record, len(records))
	for i, r := range records {
		row, err := encode(r)
		if err != nil {
			return nil, 0, err
		}
		result, err := tx.ExecContext(ctx, insertRecord, append([]any{r.Key}, row...)...)
		if err != nil {
			return nil, 0, fmt.Errorf("store a handover: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return nil, 0, fmt.Errorf("store a handover: %w", err)
		}
		fresh += int(n)
		if stored[i], err = decode(tx.QueryRowContext(ctx, selectRecords+" WHERE key = ?", r.Key)); err != nil {
			return nil, 0, err
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, 0, fmt.Errorf("store a handover: %w", err)
	}
	return stored, fresh, nil
}

// Get implements [handover.Journal].
func (j *Journal) Get(ctx context.Context, key string) (handover.Record, error) {
	r, err := decode(j.db.QueryRowContext(ctx, selectRecords+" WHERE key = ?", key))
	if errors.Is(err, sql.ErrNoRows) {
		return r, handover.ErrNoRecord
	}
	return r, err
}

// List implements [handover.Journal].
func (j *Journal) List(ctx context.Context, f handover.Filter) ([]handover.Record, error) {
	query, args := where(f)
	rows, err := j.db.QueryContext(ctx, selectRecords+query, args...)
	if err != nil {
		return nil, fmt.Errorf("list handovers: %w", err)
	}
	defer rows.Close()
	var records []handover.Record
	for rows.Next() {
		r, err := decode(rows)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list handovers: %w", err)
	}
	return records, nil
}

func where(f handover.Filter) (string, []any) {
	var (
		conditions []string
		args       []any
	)
	add := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		args = append(args, values...)
	}
	if f.DefinitionID != "" {
		add("definition_id = ?", f.DefinitionID)
	}
	if f.Source != "" {
		add("source = ?", f.Source)
	}
	if f.Receiving != "" {
		add("receiving = ?", f.Receiving)
	}
	if f.Reference != "" {
		add("substr(source, -12) = ?", f.Reference)
	}
	if f.After.Key != "" {
		add("(created_at, key) > (?, ?)", f.After.CreatedAt.UnixNano(), f.After.Key)
	}
	if len(f.States) > 0 {
		states := make([]any, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		add("state IN (?"+strings.Repeat(", ?", len(states)-1)+")", states...)
	}
	if !f.Due.IsZero() {
		add(unsettled+" AND (not_before IS NULL OR not_before <= ?)", f.Due.UnixNano())
	}
	query := ""
	if len(conditions) > 0 {
		query = " WHERE " + strings.Join(conditions, " AND ")
	}
	query += " ORDER BY created_at, key"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	return query, args
}

// Update implements [handover.Journal].
func (j *Journal) Update(ctx context.Context, l handover.Lease, r handover.Record) (handover.Record, error) {
	row, err := encode(r)
	if err != nil {
		return r, err
	}
	args := append(row, l.Key, l.Token, r.Version)
	result, err := j.db.ExecContext(ctx, updateRecord, args...)
	if err := one(result, err); err != nil {
		return r, fmt.Errorf("update a handover: %w", err)
	}
	r.Version++
	return r, nil
}

// one turns an update that found nothing to change into ErrLost.
func one(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return handover.ErrLost
	}
	return err
}

// Watermark implements [handover.Journal].
func (j *Journal) Watermark(ctx context.Context, name string) (time.Time, error) {
	var at int64
	err := j.db.QueryRowContext(ctx, "SELECT at FROM watermarks WHERE name = ?", name).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read a watermark: %w", err)
	}
	return time.Unix(0, at).UTC(), nil
}

// SetWatermark implements [handover.Journal].
func (j *Journal) SetWatermark(ctx context.Context, name string, at time.Time) error {
	_, err := j.db.ExecContext(ctx, "INSERT INTO watermarks (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at", name, at.UnixNano())
	if err != nil {
		return fmt.Errorf("store a watermark: %w", err)
	}
	return nil
}
