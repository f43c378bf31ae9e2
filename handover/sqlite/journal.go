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
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // the database/sql driver "sqlite" too

	"github.com/stafett/stafett/handover"
)

// Journal is a [handover.Journal] in a SQLite file.
type Journal struct {
	now    func() time.Time
	db     *sql.DB // of the writer
	writer *writer
	reader *sql.DB   // does not wait for those who write
	lock   io.Closer // nil: not exclusive
}

var _ handover.Journal = (*Journal)(nil)

// Options change how a journal works.
type Options struct {
	// Exclusive makes the journal this process's until it is closed or the process
	// ends, towards others that ask for the same: for the one service that works on
	// it. Other programs may still open, read and change it.
	Exclusive bool
	Now       func() time.Time // the clock of leases; nil = time.Now
}

// ErrInUse is what Open returns when another process has the journal exclusively.
var ErrInUse = errors.New("another process serves this journal")

// Open opens the journal at path and makes it if there is none. Only the user
// may read and write the file.
func Open(ctx context.Context, path string, opts Options) (*Journal, error) {
	j := &Journal{now: opts.Now}
	if j.now == nil {
		j.now = time.Now
	}
	if err := j.open(ctx, path, opts.Exclusive); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal %s: %w", path, err), j.Close())
	}
	return j, nil
}

func (j *Journal) open(ctx context.Context, path string, exclusive bool) (err error) {
	if exclusive {
		if j.lock, err = lock(path + ".lock"); err != nil {
			return err
		}
	}
	// SQLite gives its log files the permissions of the main file.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return err
	}
	if j.db, err = sql.Open("sqlite", address(path, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)")+"&_txlock=immediate"); err != nil {
		return err
	}
	j.db.SetMaxOpenConns(1) // writers would only wait for each other
	if err := whenFree(ctx, func() error { return migrate(ctx, j.db) }); err != nil {
		return err
	}
	if j.writer, err = newWriter(ctx, j.db); err != nil {
		return err
	}
	if j.reader, err = sql.Open("sqlite", address(path, "query_only(1)")); err != nil {
		return err
	}
	j.reader.SetMaxOpenConns(readers)
	j.reader.SetMaxIdleConns(readers)
	return nil
}

const readers = 4

// address names a file to the driver, with what each connection is set to. The
// busy_timeout comes first: to change the journal mode already needs the lock that
// it waits for.
func address(path string, pragmas ...string) string {
	a := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?_pragma=busy_timeout(10000)"
	for _, p := range pragmas {
		a += "&_pragma=" + p
	}
	return a
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

// Close implements [handover.Journal]. What is being stored is stored first.
func (j *Journal) Close() error {
	var errs []error
	if j.reader != nil {
		errs = append(errs, j.reader.Close())
	}
	if j.writer != nil {
		errs = append(errs, j.writer.close())
	}
	if j.db != nil {
		errs = append(errs, j.db.Close())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
	}
	return errors.Join(errs...)
}
