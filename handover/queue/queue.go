// Package queue is the seam to the job engine, which is River
// (riverqueue.com). Nothing else knows it.
//
// A job says that a handover is due, and nothing else: it holds the handover's
// key. So jobs may be lost, and may come twice. The journal knows what is due and
// has it queued again; its leases decide who acts.
package queue

import (
	"context"
	"log/slog"
	"time"
)

// Queue holds jobs and works them. It is safe for concurrent use. Jobs lie in
// lanes, whose names are free text: what waits in one does not hold up another.
type Queue interface {
	// Enqueue puts one job for each key into a lane, all or none. They are durable
	// when it returns. A key that waits already gets another job.
	Enqueue(ctx context.Context, lane string, keys []string) error
	// Waiting counts the jobs that no process has taken, for each of the lanes. A
	// process takes up to twice as many as it works at a time. It is quick as long
	// as few wait, and may be asked often.
	Waiting(ctx context.Context, lanes []string) (map[string]int, error)
	// Run works jobs until the context ends, and then lets those that have begun
	// end. After the grace it cancels their contexts, and waits for them. It returns
	// nil when it has worked, or why it could not begin. It is called once.
	Run(ctx context.Context, cfg RunConfig) error
	// Close releases what Open has taken. It is called after Run has returned.
	Close() error
}

// RunConfig says what a [Queue] works.
type RunConfig struct {
	// Lanes are those to work, and how many of its jobs this process works at a
	// time.
	Lanes map[string]int
	// Grace is how long jobs may go on after the end of Run's context. Default 10
	// seconds.
	Grace time.Duration
	// Work works a job. The job is over when it returns, whatever came of it. Its
	// context ends with the grace, or after 35 minutes.
	Work func(ctx context.Context, lane, key string)
}

// Options change how a queue works. The zero value is right.
type Options struct {
	Logger *slog.Logger // of what goes wrong inside the job engine; nil = none
	// SetAside has OpenSQLite rename what lies at the path and is no readable queue
	// of this program, to the path with ".set-aside" at its end, instead of
	// refusing. For a path that no person has typed.
	SetAside bool
}
