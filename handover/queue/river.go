package queue

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

const (
	// A fetch takes as many jobs as there are free workers, so that the cooldown
	// bounds the rate at workers/cooldown.
	fetchCooldown = 5 * time.Millisecond
	// As many jobs as are worked are fetched besides, so that who has ended one
	// does not wait for the database to give the next.
	fetchAhead = 2
	// A step may take half an hour, and the journal's lease decides who acts; these
	// only clear up after processes that are gone.
	jobTimeout   = 35 * time.Minute
	rescueAfter  = 36 * time.Minute
	retention    = time.Minute // of jobs that are over
	defaultGrace = 10 * time.Second
	startTime    = time.Minute // for a database that is away when the work begins
	startAgain   = time.Second
)

// riverQueue is a [Queue] on one of River's drivers.
type riverQueue[TTx any] struct {
	driver riverdriver.Driver[TTx]
	base   river.Config
	// client inserts. While Run works it is the client that works, too, since that
	// one can tell its own workers of a new job.
	client atomic.Pointer[river.Client[TTx]]
	close  func() error
}

func newRiver[TTx any](driver riverdriver.Driver[TTx], base river.Config, opts Options) (*riverQueue[TTx], error) {
	logger := opts.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	base.Logger = slog.New(warnings{logger.Handler()})
	base.FetchCooldown = fetchCooldown
	base.JobTimeout = jobTimeout
	base.RescueStuckJobsAfter = rescueAfter
	base.MaxAttempts = 1 // whatever is to be done again is in the journal
	base.CompletedJobRetentionPeriod = retention
	base.CancelledJobRetentionPeriod = retention
	base.DiscardedJobRetentionPeriod = retention
	q := &riverQueue[TTx]{driver: driver, base: base, close: func() error { return nil }}
	inserter, err := river.NewClient(driver, &base)
	if err != nil {
		return nil, err
	}
	q.client.Store(inserter)
	return q, nil
}

// job is what River keeps of a job.
type job struct {
	Lane string `json:"lane"`
	Key  string `json:"key"`
}

// Kind implements [river.JobArgs].
func (job) Kind() string { return "handover" }

// queueName is a lane's name in River, which allows few characters and 64 of
// them.
func queueName(lane string) string {
	sum := sha256.Sum256([]byte(lane))
	return "lane-" + hex.EncodeToString(sum[:8])
}

// Enqueue implements [Queue].
func (q *riverQueue[TTx]) Enqueue(ctx context.Context, lane string, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	opts := &river.InsertOpts{Queue: queueName(lane)}
	jobs := make([]river.InsertManyParams, len(keys))
	for i, key := range keys {
		jobs[i] = river.InsertManyParams{Args: job{lane, key}, InsertOpts: opts}
	}
	if _, err := q.client.Load().InsertMany(ctx, jobs); err != nil {
		return fmt.Errorf("queue handovers: %w", err)
	}
	return nil
}

// Waiting implements [Queue].
func (q *riverQueue[TTx]) Waiting(ctx context.Context, lanes []string) (map[string]int, error) {
	waiting := make(map[string]int, len(lanes))
	names := make([]string, len(lanes))
	byName := make(map[string]string, len(lanes))
	for i, lane := range lanes {
		names[i], byName[queueName(lane)], waiting[lane] = queueName(lane), lane, 0
	}
	counts, err := q.driver.GetExecutor().JobCountByQueueAndState(ctx, &riverdriver.JobCountByQueueAndStateParams{QueueNames: names, Schema: q.base.Schema})
	if err != nil {
		return nil, fmt.Errorf("count queued handovers: %w", err)
	}
	for _, c := range counts {
		waiting[byName[c.Queue]] = int(c.CountAvailable)
	}
	return waiting, nil
}

// Run implements [Queue].
func (q *riverQueue[TTx]) Run(ctx context.Context, cfg RunConfig) error {
	config := q.base
	config.SoftStopTimeout = cmp.Or(cfg.Grace, defaultGrace)
	config.Queues = make(map[string]river.QueueConfig, len(cfg.Lanes))
	slots := make(map[string]chan struct{}, len(cfg.Lanes))
	for lane, workers := range cfg.Lanes {
		config.Queues[queueName(lane)] = river.QueueConfig{MaxWorkers: fetchAhead * workers}
		slots[lane] = make(chan struct{}, workers)
	}
	config.Workers = river.NewWorkers()
	work := func(working context.Context, j *river.Job[job]) error {
		select {
		case <-ctx.Done():
		case slots[j.Args.Lane] <- struct{}{}:
			defer func() { <-slots[j.Args.Lane] }()
		}
		if ctx.Err() != nil {
			return river.JobSnooze(0) // another process may have it
		}
		cfg.Work(working, j.Args.Lane, j.Args.Key)
		return nil
	}
	if err := river.AddWorkerSafely(config.Workers, river.WorkFunc(work)); err != nil {
		return fmt.Errorf("set up the job engine: %w", err)
	}
	client, err := river.NewClient(q.driver, &config)
	if err != nil {
		return fmt.Errorf("set up the job engine: %w", err)
	}
	if err := start(ctx, client, config.Logger); err != nil {
		return fmt.Errorf("start the job engine: %w", err)
	}
	q.client.Store(client)
	<-client.Stopped()
	return nil
}

// start starts a client. A database that is away for a moment, such as one that
// restarts, is waited for.
func start[TTx any](ctx context.Context, client *river.Client[TTx], log *slog.Logger) error {
	timer := time.NewTimer(startTime)
	defer timer.Stop()
	for {
		err := client.Start(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		log.Warn("the job engine does not start yet", "reason", err)
		again := time.NewTimer(startAgain)
		select {
		case <-ctx.Done():
			again.Stop()
			return nil
		case <-timer.C:
			again.Stop()
			return err
		case <-again.C:
		}
	}
}

// Close implements [Queue].
func (q *riverQueue[TTx]) Close() error { return q.close() }

// warnings lets pass what is worth a person's attention. River tells of its
// ordinary life at the level of information.
type warnings struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }
