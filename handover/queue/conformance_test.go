package queue_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stafett/stafett/handover/queue"
	"github.com/stafett/stafett/internal/postgrestest"
)

// backends opens a queue of each kind. Both tests and benchmarks use it.
var backends = map[string]func(testing.TB) queue.Queue{
	"sqlite": func(t testing.TB) queue.Queue {
		q, err := queue.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "journal.queue"), queue.Options{})
		return opened(t, q, err)
	},
	"postgres": func(t testing.TB) queue.Queue {
		q, err := queue.OpenPostgres(t.Context(), pool(t, postgrestest.New(t)), queue.Options{})
		return opened(t, q, err)
	},
}

func opened(t testing.TB, q queue.Queue, err error) queue.Queue {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}

func pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func onEach(t *testing.T, test func(*testing.T, queue.Queue)) {
	for name, open := range backends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// patience is how long anything may take on a machine that has much else to do.
const patience = 4 * time.Minute

// run runs a queue in the background; stop ends its context and waits for it.
func run(t testing.TB, q queue.Queue, cfg queue.RunConfig) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx, cfg) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("the queue ended: %v", err)
				}
			case <-time.After(patience):
				t.Error("the queue does not end")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func enqueue(t testing.TB, q queue.Queue, lane string, keys ...string) {
	t.Helper()
	if err := q.Enqueue(t.Context(), lane, keys); err != nil {
		t.Fatal(err)
	}
}

func waiting(t testing.TB, q queue.Queue, lanes ...string) map[string]int {
	t.Helper()
	n, err := q.Waiting(t.Context(), lanes)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func keys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("key-%d", i)
	}
	return all
}

func TestJobsAreWorked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, q queue.Queue) {
		worked := make(chan string, 10)
		// Before Run, while it runs, and nothing at all.
		enqueue(t, q, "ttd/sak", "first")
		run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 2}, Work: func(_ context.Context, lane, key string) { worked <- lane + " " + key }})
		if got := receive(t, worked, "the first job"); got != "ttd/sak first" {
			t.Errorf("worked %q", got)
		}
		enqueue(t, q, "ttd/sak", "second")
		if got := receive(t, worked, "the second job"); got != "ttd/sak second" {
			t.Errorf("worked %q", got)
		}
		enqueue(t, q, "ttd/sak")
		enqueue(t, q, "ttd/sak", "second") // a key may come again
		if got := receive(t, worked, "the same key again"); got != "ttd/sak second" {
			t.Errorf("worked %q", got)
		}
	})
}

func TestAThousandAreWorkedOnceEach(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, q queue.Queue) {
		const jobs = 1000
		for range jobs / 500 {
			enqueue(t, q, "ttd/sak", keys(500)...)
		}
		if n := waiting(t, q, "ttd/sak", "ttd/other"); !maps.Equal(n, map[string]int{"ttd/sak": jobs, "ttd/other": 0}) {
			t.Errorf("waiting: %v", n)
		}
		var (
			mu     sync.Mutex
			worked = map[string]int{}
			left   = jobs
			all    = make(chan struct{})
		)
		run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 100}, Work: func(_ context.Context, _, key string) {
			mu.Lock()
			defer mu.Unlock()
			worked[key]++
			if left--; left == 0 {
				close(all)
			}
		}})
		receive(t, all, "all jobs")
		mu.Lock()
		defer mu.Unlock()
		for _, key := range keys(500) {
			if worked[key] != jobs/500 {
				t.Fatalf("%s came %d times, not %d", key, worked[key], jobs/500)
			}
		}
		if n := waiting(t, q, "ttd/sak"); n["ttd/sak"] != 0 {
			t.Errorf("waiting: %v", n)
		}
	})
}

func TestALaneDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, q queue.Queue) {
		var (
			mu            sync.Mutex
			running, most int
			began         = make(chan string, 100)
			release       = make(chan struct{})
		)
		enqueue(t, q, "ttd/slow", keys(10)...)
		run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/slow": 3, "ttd/quick": 1}, Work: func(_ context.Context, lane, _ string) {
			if lane == "ttd/slow" {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				began <- lane
				<-release
				mu.Lock()
				running--
				mu.Unlock()
				return
			}
			began <- lane
		}})
		for range 3 {
			receive(t, began, "the slow jobs")
		}
		enqueue(t, q, "ttd/quick", keys(3)...)
		for range 3 {
			if lane := receive(t, began, "the quick jobs"); lane != "ttd/quick" {
				t.Errorf("a fourth job of a lane for three began")
			}
		}
		if n := waiting(t, q, "ttd/slow"); n["ttd/slow"] < 4 {
			t.Errorf("waiting: %v, want 4 at least: a process takes twice as many as it works", n)
		}
		close(release)
		for range 7 {
			receive(t, began, "the rest of the slow jobs")
		}
		mu.Lock()
		defer mu.Unlock()
		if most != 3 {
			t.Errorf("%d jobs of a lane for three at a time", most)
		}
	})
}

func TestStopLetsJobsEnd(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, q queue.Queue) {
		began, release := make(chan struct{}), make(chan struct{})
		cut := make(chan bool, 1)
		enqueue(t, q, "ttd/sak", "key", "key")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- q.Run(ctx, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Grace: time.Minute, Work: func(ctx context.Context, _, _ string) {
				close(began)
				<-release
				cut <- ctx.Err() != nil
			}})
		}()
		receive(t, began, "the job")
		cancel()
		enqueue(t, q, "ttd/sak", "key")
		select {
		case err := <-ended:
			t.Fatalf("Run has ended before its job: %v", err)
		default:
		}
		close(release)
		if err := receive(t, ended, "the end"); err != nil {
			t.Error(err)
		}
		if receive(t, cut, "the job's end") {
			t.Error("the job was cancelled within the grace")
		}
		// What was not begun waits for another process.
		if n := waiting(t, q, "ttd/sak"); n["ttd/sak"] != 2 {
			t.Errorf("waiting: %v, want 2", n)
		}
	})
}

func TestStopCancelsWhatOutlivesTheGrace(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, q queue.Queue) {
		began := make(chan struct{})
		enqueue(t, q, "ttd/sak", "key")
		stop := run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Grace: 10 * time.Millisecond, Work: func(ctx context.Context, _, _ string) {
			close(began)
			<-ctx.Done()
		}})
		receive(t, began, "the job")
		stop()
	})
}

func TestAPanicEndsOneJob(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, q queue.Queue) {
		worked := make(chan string, 2)
		run(t, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 1}, Work: func(_ context.Context, _, key string) {
			worked <- key
			if key == "bad" {
				panic("of the test")
			}
		}})
		enqueue(t, q, "ttd/sak", "bad")
		receive(t, worked, "the bad job")
		enqueue(t, q, "ttd/sak", "good")
		if got := receive(t, worked, "the good job"); got != "good" {
			t.Errorf("worked %q again", got)
		}
	})
}

func TestAPoolThatIsTooSmallIsRefused(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	_, err := queue.OpenPostgres(t.Context(), pool(t, address+joint+"pool_max_conns=1"), queue.Options{})
	if err == nil || !strings.Contains(err.Error(), "pool_max_conns") {
		t.Errorf("got %v", err)
	}
}
