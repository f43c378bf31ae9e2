package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/queue"
)

// Service is what the engine has done. [handover.Service] is one.
type Service interface {
	Run(ctx context.Context, key string) (handover.Record, error)
	Postpone(ctx context.Context, key string, cause error) (handover.Record, error)
	SweepSources(ctx context.Context, definitionID string) (handover.SweepResult, error)
	SweepDuplicates(ctx context.Context, definitionID string) (handover.SweepResult, error)
}

// Definition is what the engine has to know of a handover definition.
type Definition struct {
	ID     string
	To     string   // the receiving application, "org/app"
	Adopts []string // ids that it had before, which records may still have
}

// Config is what an [Engine] needs.
type Config struct {
	Service     Service
	Journal     handover.Journal
	Queue       queue.Queue
	Definitions []Definition
	// Breakers hold back from receiving applications that do not answer. The
	// Service's HTTP client goes through their Transport. Default: none.
	Breakers *Breakers
	// Shared tells that other processes may use the journal and the queue. They
	// then share the sweeps, too.
	Shared bool

	SweepEvery     time.Duration // between two sweeps of a definition; default 1 minute
	Workers        int           // handovers at a time in this process; default 20
	PerApplication int           // of those, to one receiving application; default 8
	Poll           time.Duration // between two looks for what is due; default 250 ms
	// PickedFor is how long a handover that was picked is not picked again. It
	// comes to bear after a process has died between picking it and working it.
	// Default 30 seconds.
	PickedFor time.Duration
	// KeepDetail is how long the detail of settled handovers is kept. Default 90
	// days.
	KeepDetail time.Duration
	// Grace is how long work may go on after the end of Run's context. Default 10
	// seconds.
	Grace time.Duration

	Now    func() time.Time // nil = time.Now
	Random func() float64   // in [0, 1), for jitter; nil = rand.Float64
	Logger *slog.Logger     // nil = none
}

// Engine drives the handovers of some definitions. It is safe for concurrent
// use.
type Engine struct {
	cfg   Config
	log   *slog.Logger
	slots chan struct{} // as many as there are workers
	wake  chan struct{} // holds one when something may be due
	lanes []*lane       // one for each receiving application, by its id

	mu       sync.Mutex
	sweeps   map[string]SweepStatus // by definition id
	unpaused time.Time              // when no definition was paused, at the last look
}

// New checks the configuration and fills in the defaults.
func New(cfg Config) (*Engine, error) {
	if cfg.Service == nil || cfg.Journal == nil || cfg.Queue == nil {
		return nil, errors.New("set up the engine: service, journal and queue are needed")
	}
	cfg.SweepEvery = cmp.Or(cfg.SweepEvery, time.Minute)
	cfg.Workers = cmp.Or(cfg.Workers, 20)
	cfg.PerApplication = min(cmp.Or(cfg.PerApplication, 8), cfg.Workers)
	cfg.Poll = cmp.Or(cfg.Poll, 250*time.Millisecond)
	cfg.PickedFor = cmp.Or(cfg.PickedFor, 30*time.Second)
	cfg.KeepDetail = cmp.Or(cfg.KeepDetail, 90*24*time.Hour)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	if cfg.Breakers == nil {
		cfg.Breakers = NewBreakers(BreakerConfig{Now: cfg.Now})
	}
	e := &Engine{
		cfg: cfg, log: cfg.Logger, sweeps: map[string]SweepStatus{},
		slots: make(chan struct{}, cfg.Workers), wake: make(chan struct{}, 1),
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	for _, d := range cfg.Definitions {
		if _, twice := e.sweeps[d.ID]; twice {
			return nil, fmt.Errorf("set up the engine: the definition %s is there twice", d.ID)
		}
		e.sweeps[d.ID] = SweepStatus{DefinitionID: d.ID}
		i := slices.IndexFunc(e.lanes, func(l *lane) bool { return l.application == d.To })
		if i < 0 {
			i = len(e.lanes)
			e.lanes = append(e.lanes, &lane{application: d.To, breaker: cfg.Breakers.watch(d.To)})
		}
		e.lanes[i].definitions = append(append(e.lanes[i].definitions, d.ID), d.Adopts...)
	}
	slices.SortFunc(e.lanes, func(a, b *lane) int { return cmp.Compare(a.application, b.application) })
	return e, nil
}

// Run drives the handovers until the context ends, and then lets work that has
// begun end within the grace. It returns nil then, or why it could not begin. It
// is called once.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !e.cfg.Shared {
		// Nobody but this process has picked anything, and its queue is empty.
		if err := e.cfg.Journal.ForgetWakes(ctx); err != nil {
			return fmt.Errorf("start the engine: %w", err)
		}
	}
	var tasks sync.WaitGroup
	tasks.Go(func() { e.dispatch(ctx) })
	tasks.Go(func() { e.prune(ctx) })
	for _, d := range e.cfg.Definitions {
		tasks.Go(func() { e.sweep(ctx, d.ID) })
	}
	lanes := make(map[string]int, len(e.lanes))
	for _, l := range e.lanes {
		lanes[l.application] = e.cfg.PerApplication
	}
	err := e.cfg.Queue.Run(ctx, queue.RunConfig{Lanes: lanes, Grace: e.cfg.Grace, Work: e.work})
	cancel()
	tasks.Wait()
	return err
}

// Notify has the engine look at once for what is due. To call it after
// something has been begun or tried again shortens the wait; without it nothing
// is lost. It never blocks.
func (e *Engine) Notify() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// pause waits. It returns false when the context has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// jittered is about d, so that what began at the same time drifts apart.
func (e *Engine) jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*e.cfg.Random()))
}
