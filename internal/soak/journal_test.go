//go:build !race

package soak_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/postgres"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/internal/postgrestest"
	"github.com/stafett/stafett/secret"
)

// journal is where a service keeps its records, and how a test reads them.
type journal struct {
	environ, args []string // for the service
	path          string   // of an SQLite file
	open          func(ctx context.Context) (handover.Journal, error)
}

// inFile is a journal in an SQLite file.
func (w *world) inFile(testing.TB) *journal {
	path := filepath.Join(w.dir, "journal.db")
	return &journal{path: path, args: []string{"--journal", path}, open: func(ctx context.Context) (handover.Journal, error) {
		return sqlite.Open(ctx, path, sqlite.Options{})
	}}
}

// inPostgres is a journal in a PostgreSQL database of its own.
func (w *world) inPostgres(t testing.TB) *journal {
	t.Helper()
	return inDatabase(postgrestest.New(t))
}

func inDatabase(url string) *journal {
	return &journal{environ: []string{"STAFETT_DATABASE_URL=" + url}, open: func(ctx context.Context) (handover.Journal, error) {
		return postgres.Open(ctx, secret.New(url), postgres.Options{})
	}}
}

// use opens the journal for a moment.
func (j *journal) use(ctx context.Context, f func(handover.Journal) error) error {
	opened, err := j.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(opened), opened.Close())
}

// records reads all.
func (j *journal) records(ctx context.Context) (records []handover.Record, err error) {
	err = j.use(ctx, func(opened handover.Journal) (err error) {
		records, err = opened.List(ctx, handover.Filter{})
		return err
	})
	return records, err
}

// settled tells how many records there are of which nothing more happens, and how
// many of all others.
func settled(s handover.Summary) (settled, moving int) {
	for _, c := range s.Counts {
		if c.State.Settled() {
			settled += c.Records
		} else {
			moving += c.Records
		}
	}
	return settled, moving
}

// rests waits until the journal has n records and all are settled.
func (j *journal) rests(ctx context.Context, n int) error {
	last := handover.Summary{}
	limit := patience + time.Duration(n)*time.Second
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		err := j.use(ctx, func(opened handover.Journal) (err error) {
			for range 20 {
				if last, err = opened.Summary(ctx); err != nil {
					return err
				}
				if done, moving := settled(last); moving == 0 && done >= n {
					return nil
				}
				if err := sleep(ctx, soon); err != nil {
					return err
				}
			}
			return errMoving
		})
		if !errors.Is(err, errMoving) {
			return err
		}
	}
	return fmt.Errorf("the handovers do not come to rest in %s: %s", limit, counts(last))
}

var errMoving = errors.New("not yet")

func counts(s handover.Summary) string {
	var text []string
	for _, c := range s.Counts {
		text = append(text, fmt.Sprintf("%d %s", c.Records, c.State))
	}
	return strings.Join(text, ", ")
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// retryFailed does what a person does about dead letters when the cause has passed.
func (w *world) retryFailed(t testing.TB, j *journal) {
	t.Helper()
	cmd := append([]string{"handover", "retry", "--local", "--failed"}, j.args...)
	w.commandIn(t, j.environ, cmd...)
}
