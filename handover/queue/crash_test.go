package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stafett/stafett/handover/queue"
	"github.com/stafett/stafett/internal/postgrestest"
)

// The process that TestKill kills is this test program itself, with these in
// its environment.
const (
	childFile = "STAFETT_TEST_QUEUE_FILE"
	childURL  = "STAFETT_TEST_QUEUE_URL"
)

// child queues fifty jobs, works one at a time, tells of each, and never ends
// the third.
func child(file, url string) error {
	ctx := context.Background()
	q, err := reopen(ctx, file, url)
	if err != nil {
		return err
	}
	if err := q.Enqueue(ctx, "ttd/sak", keys(50)); err != nil {
		return err
	}
	begun := 0
	return q.Run(ctx, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(_ context.Context, _, key string) {
		fmt.Println(key)
		if begun++; begun == 3 {
			select {}
		}
	}})
}

func reopen(ctx context.Context, file, url string) (queue.Queue, error) {
	if file != "" {
		return queue.OpenSQLite(ctx, file, queue.Options{})
	}
	p, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	return queue.OpenPostgres(ctx, p, queue.Options{})
}

// killed runs a child until its third job and kills it.
func killed(t *testing.T, file, url string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childFile+"="+file, childURL+"="+url)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 3 {
		if !lines.Scan() {
			t.Error("the child has ended by itself")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
}

func TestKillOnSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.queue")
	killed(t, path, "")
	q, err := reopen(t.Context(), path, "")
	q = opened(t, q, err)
	// The journal tells what is due; nothing comes from before.
	worked := make(chan string, 1)
	run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(_ context.Context, _, key string) { worked <- key }})
	enqueue(t, q, "ttd/sak", "new")
	if key := receive(t, worked, "the new job"); key != "new" {
		t.Errorf("worked %s", key)
	}
}

func TestKillOnPostgres(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	killed(t, "", url)
	q, err := queue.OpenPostgres(t.Context(), pool(t, url), queue.Options{})
	q = opened(t, q, err)
	worked := make(chan string, 50)
	run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 5}, Work: func(_ context.Context, _, key string) { worked <- key }})
	// What nobody had taken is worked by the others. What the killed process had
	// in hand, three and one more, the journal queues again.
	left := map[string]bool{}
	for _, key := range keys(50)[4:] {
		left[key] = true
	}
	for len(left) > 0 {
		delete(left, receive(t, worked, "what was left"))
	}
}

func TestPostgresMayRestart(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	q, err := queue.OpenPostgres(t.Context(), pool(t, server.New(t)), queue.Options{})
	q = opened(t, q, err)
	worked := make(chan string, 10)
	run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(_ context.Context, _, key string) { worked <- key }})
	enqueue(t, q, "ttd/sak", "before")
	receive(t, worked, "the job before")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := q.Enqueue(t.Context(), "ttd/sak", []string{"meanwhile"}); err == nil {
		t.Error("a job was queued on a server that is gone")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(patience)
	for q.Enqueue(t.Context(), "ttd/sak", []string{"after"}) != nil {
		select {
		case <-deadline:
			t.Fatal("the queue does not come back")
		case <-time.After(10 * time.Millisecond):
		}
	}
	for receive(t, worked, "the job after") != "after" { // the one before may come again
	}
}

// TestRunWaitsForPostgres that is away when the work is to begin, and stops
// waiting when it is told to.
func TestRunWaitsForPostgres(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	url := server.New(t)
	first, err := queue.OpenPostgres(t.Context(), pool(t, url), queue.Options{})
	first = opened(t, first, err)
	second, err := queue.OpenPostgres(t.Context(), pool(t, url), queue.Options{})
	second = opened(t, second, err)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	worked := make(chan string, 1)
	cfg := queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(_ context.Context, _, key string) { worked <- key }}
	run(t, first, cfg)
	stop := run(t, second, cfg)
	stop()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(patience)
	for first.Enqueue(t.Context(), "ttd/sak", []string{"after"}) != nil {
		select {
		case <-deadline:
			t.Fatal("the queue does not come back")
		case <-time.After(10 * time.Millisecond):
		}
	}
	receive(t, worked, "the job after")
}

func TestProcessesMayOpenAtOnce(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	errs := make(chan error, 4)
	for range cap(errs) {
		p := pool(t, url)
		go func() {
			_, err := queue.OpenPostgres(t.Context(), p, queue.Options{})
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := receive(t, errs, "the queues"); err != nil {
			t.Error(err)
		}
	}
}
