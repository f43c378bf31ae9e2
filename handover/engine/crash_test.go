package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
	"github.com/stafett/stafett/handover/postgres"
	"github.com/stafett/stafett/handover/queue"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/internal/postgrestest"
	"github.com/stafett/stafett/secret"
)

// The processes that TestKill kills are this test program itself, with one of
// these in its environment.
const (
	childFile = "STAFETT_TEST_ENGINE_FILE"
	childURL  = "STAFETT_TEST_ENGINE_URL"
)

func TestMain(m *testing.M) {
	if file, url := os.Getenv(childFile), os.Getenv(childURL); file != "" || url != "" {
		fmt.Fprintln(os.Stderr, child(context.Background(), file, url))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// reopen opens a journal and its queue: SQLite's in a file, or PostgreSQL's.
func reopen(ctx context.Context, file, url string) (handover.Journal, queue.Queue, error) {
	if file != "" {
		journal, err := sqlite.Open(ctx, file, sqlite.Options{})
		if err != nil {
			return nil, nil, err
		}
		q, err := queue.OpenSQLite(ctx, file+".queue", queue.Options{})
		return journal, q, err
	}
	journal, err := postgres.Open(ctx, secret.New(url), postgres.Options{})
	if err != nil {
		return nil, nil, err
	}
	q, err := queue.OpenPostgres(ctx, journal.Pool(), queue.Options{})
	return journal, q, err
}

// child runs an engine until it is killed. A handover takes it three jobs.
func child(ctx context.Context, file, url string) error {
	journal, q, err := reopen(ctx, file, url)
	if err != nil {
		return err
	}
	c := newClerk(journal)
	c.lasts = 300 * time.Millisecond
	c.step = func(_ context.Context, r *handover.Record) error {
		time.Sleep(rand.N(5 * time.Millisecond)) // some work
		if r.Attempts++; r.Attempts == 3 {
			r.State = handover.Done
		}
		return nil
	}
	e, err := engine.New(engine.Config{
		Service: c, Journal: journal, Queue: q, Shared: url != "", PickedFor: c.lasts,
		Definitions: []engine.Definition{{ID: "til-mottak", To: application}},
	})
	if err != nil {
		return err
	}
	return e.Run(ctx)
}

// TestKill kills processes again and again while they work, one on SQLite and
// three on one PostgreSQL, and lets them finish at last.
func TestKill(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		testKill(t, 1, filepath.Join(t.TempDir(), "journal.db"), "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		testKill(t, 3, "", postgrestest.New(t))
	})
}

func testKill(t *testing.T, processes int, file, url string) {
	t.Helper()
	journal, q, err := reopen(t.Context(), file, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = journal.Close() })
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	o := &office{clerk: newClerk(journal), t: t}
	keys := o.store(application, 200)
	start := func() (kill func()) {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childFile+"="+file, childURL+"="+url)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // it was killed
		}
	}
	kills := make([]func(), processes)
	for i := range kills {
		kills[i] = start()
	}
	for round := range 4 {
		// It is killed as soon as it has got somewhere, so that it dies in its work.
		was := o.unsettled()
		o.eventually("something is done", func() bool { return o.unsettled() < was })
		if was < 20 {
			t.Fatalf("the work was done before kill %d", round+1)
		}
		kills[round%processes]()
		kills[round%processes] = start()
	}
	o.eventually("all is done", func() bool { return o.unsettled() == 0 })
	for _, kill := range kills {
		kill()
	}
	for _, key := range keys {
		r, err := journal.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if r.State != handover.Done || r.Attempts != 3 {
			t.Errorf("%s is %s after %d steps", key, r.State, r.Attempts)
		}
	}
}
