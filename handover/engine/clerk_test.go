package engine_test

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
	"github.com/stafett/stafett/handover/queue"
	"github.com/stafett/stafett/handover/sqlite"
)

const application = "fts/mottak"

// clerk is a service without a platform: it does on the journal what
// handover.Service does, so that a test decides what a step comes to.
type clerk struct {
	journal handover.Journal
	now     func() time.Time
	// step is what happens to a handover while it is leased. nil: it is done.
	step func(ctx context.Context, r *handover.Record) error
	// swept is what a sweep comes to. nil: nothing to do.
	swept func(ctx context.Context, definitionID string) error
	delay time.Duration // by which a handover is put off
	lasts time.Duration // a lease

	mu         sync.Mutex
	runs       map[string]int
	postponed  map[string]error
	duplicates int
}

var _ engine.Service = (*handover.Service)(nil)

func newClerk(journal handover.Journal) *clerk {
	return &clerk{journal: journal, now: time.Now, delay: time.Hour, lasts: time.Minute, runs: map[string]int{}, postponed: map[string]error{}}
}

func (c *clerk) Run(ctx context.Context, key string) (handover.Record, error) {
	c.mu.Lock()
	c.runs[key]++
	c.mu.Unlock()
	return c.lease(ctx, key, func(r *handover.Record) error {
		if r.State.Settled() || c.now().Before(r.NotBefore) {
			return nil
		}
		if c.step == nil {
			r.State = handover.Done
			return nil
		}
		return c.step(ctx, r)
	})
}

func (c *clerk) Postpone(ctx context.Context, key string, cause error) (handover.Record, error) {
	c.mu.Lock()
	c.postponed[key] = cause
	c.mu.Unlock()
	return c.lease(ctx, key, func(r *handover.Record) error {
		r.NotBefore = c.now().Add(c.delay)
		return nil
	})
}

func (c *clerk) lease(ctx context.Context, key string, change func(*handover.Record) error) (handover.Record, error) {
	lease, r, err := c.journal.Acquire(ctx, key, "clerk", c.lasts)
	if err != nil {
		return r, err
	}
	ctx = context.WithoutCancel(ctx)
	defer func() { _ = c.journal.Release(ctx, lease) }()
	if err := change(&r); err != nil {
		return r, err
	}
	return c.journal.Update(ctx, lease, r)
}

func (c *clerk) SweepSources(ctx context.Context, definitionID string) (handover.SweepResult, error) {
	if c.swept == nil {
		return handover.SweepResult{}, nil
	}
	return handover.SweepResult{}, c.swept(ctx, definitionID)
}

func (c *clerk) SweepDuplicates(context.Context, string) (handover.SweepResult, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.duplicates++
	return handover.SweepResult{}, nil
}

func (c *clerk) ran(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs[key]
}

func (c *clerk) cause(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.postponed[key]
}

// office is an engine with what it needs, all of it real but the service.
type office struct {
	*clerk
	engine *engine.Engine
	t      testing.TB
	stop   func() // ends Run and waits for it
}

// newOffice makes an office on an SQLite journal. change may change what it is
// made of; without a queue it gets one of River on SQLite. It runs when started.
func newOffice(t testing.TB, change func(*clerk, *engine.Config)) *office {
	t.Helper()
	dir := t.TempDir()
	journal, err := sqlite.Open(t.Context(), filepath.Join(dir, "journal.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = journal.Close() })
	c := newClerk(journal)
	cfg := engine.Config{Service: c, Journal: journal, Definitions: []engine.Definition{{ID: "til-mottak", To: application}}}
	if change != nil {
		change(c, &cfg)
	}
	if cfg.Queue == nil {
		q, err := queue.OpenSQLite(t.Context(), filepath.Join(dir, "journal.db.queue"), queue.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Close() })
		cfg.Queue = q
	}
	e, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &office{clerk: c, engine: e, t: t}
}

func (o *office) start() *office {
	ctx, cancel := context.WithCancel(o.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.engine.Run(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			o.t.Errorf("the engine ended: %v", err)
		}
	})
	o.t.Cleanup(o.stop)
	return o
}

// begin stores due handovers of the definition "til-{app}", tells the engine, and returns
// their keys.
func (o *office) begin(to string, n int) []string {
	o.t.Helper()
	keys := o.store(to, n)
	o.engine.Notify()
	return keys
}

func (o *office) store(to string, n int) []string {
	o.t.Helper()
	keys := make([]string, n)
	records := make([]handover.Record, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s-%d", to, i)
		records[i] = handover.Record{Key: keys[i], DefinitionID: "til-" + path.Base(to), To: to, State: handover.Planned, CreatedAt: o.now()}
	}
	if _, _, err := o.journal.Begin(o.t.Context(), records...); err != nil {
		o.t.Fatal(err)
	}
	return keys
}

// state reads how far a handover has come.
func (o *office) state(key string) handover.State {
	o.t.Helper()
	r, err := o.journal.Get(o.t.Context(), key)
	if err != nil {
		o.t.Fatal(err)
	}
	return r.State
}

// unsettled counts the handovers that are not settled.
func (o *office) unsettled() int {
	o.t.Helper()
	n, err := o.countUnsettled()
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

func (o *office) countUnsettled() (int, error) {
	s, err := o.journal.Summary(o.t.Context())
	n := 0
	for _, c := range s.Counts {
		if !c.State.Settled() {
			n += c.Records
		}
	}
	return n, err
}

// eventually waits until something holds, also on a machine that has much else to do.
func (o *office) eventually(what string, holds func() bool) {
	o.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(4 * time.Minute); !holds(); {
		select {
		case <-end:
			o.t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}
