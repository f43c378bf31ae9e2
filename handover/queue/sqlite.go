package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// sqlitePoll finds the jobs of a lane of which its workers were not told: at the
// start, and after an error.
const sqlitePoll = time.Second

// OpenSQLite makes an empty queue in the file at path, in place of the queue
// that is there. What is not a queue is refused, or set aside
// ([Options.SetAside]). One process may have it open at a time; the caller sees to
// that, such as by a lock on its journal. Only the user may read and write the
// file.
func OpenSQLite(ctx context.Context, path string, opts Options) (Queue, error) {
	q, err := openSQLite(ctx, path, opts)
	if err != nil {
		return nil, fmt.Errorf("open the queue %s: %w", path, err)
	}
	return q, nil
}

func openSQLite(ctx context.Context, path string, opts Options) (Queue, error) {
	err := removeQueue(ctx, path)
	if err != nil && opts.SetAside && ctx.Err() == nil {
		err = setAside(path, err, opts.Logger)
	}
	if err != nil {
		return nil, err
	}
	// SQLite gives its log files the permissions of the main file.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	q, err := setUpSQLite(ctx, db, opts)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return q, nil
}

func openFile(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?_pragma=busy_timeout(10000)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // writers would only wait for each other
	return db, nil
}

// removeQueue removes an earlier queue, but no other file: a path is quickly
// mistyped.
func removeQueue(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := openFile(path)
	if err != nil {
		return err
	}
	var others int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE tbl_name NOT LIKE 'river\_%' ESCAPE '\' AND tbl_name NOT LIKE 'sqlite\_%' ESCAPE '\'`).Scan(&others)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if others > 0 {
		return errors.New("there are tables in it that are not the job engine's, so it is left alone")
	}
	if err := removeLogs(path); err != nil {
		return err
	}
	return os.Remove(path)
}

// removeLogs removes the files that SQLite keeps beside a database.
func removeLogs(path string) error {
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// setAside makes room for a queue where something lies that is none, such as one
// that a full disk has damaged.
func setAside(path string, why error, log *slog.Logger) error {
	aside := path + ".set-aside"
	if err := os.Rename(path, aside); err != nil {
		return errors.Join(why, err)
	}
	if log != nil {
		log.Warn("what lay in place of the job queue is no queue; it was set aside, and nothing is lost", "path", path, "now", aside, "reason", why.Error())
	}
	return removeLogs(path)
}

func setUpSQLite(ctx context.Context, db *sql.DB, opts Options) (Queue, error) {
	driver := alone{riversqlite.New(db)}
	q, err := newRiver(driver, river.Config{FetchPollInterval: sqlitePoll}, opts)
	if err != nil {
		return nil, err
	}
	q.close = db.Close
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: q.base.Logger})
	if err != nil {
		return nil, err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("make its tables: %w", err)
	}
	return q, nil
}

// alone is River's SQLite driver for one process. River then tells the workers
// of a new job at once, instead of by way of a table that it reads every 50
// milliseconds.
type alone struct{ *riversqlite.Driver }

// SupportsListener implements riverdriver.Driver.
func (alone) SupportsListener() bool { return false }

// SupportsListenNotify implements riverdriver.Driver.
func (alone) SupportsListenNotify() bool { return false }
