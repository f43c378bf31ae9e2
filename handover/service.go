package handover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"
)

// Config is what a [Service] needs.
type Config struct {
	Definitions []*Definition
	Source      Source
	Receiver    Receiver
	Finder      Finder
	Lister      Lister // of the source's instances; what only carries out handovers needs none
	Journal     Journal

	// Owner names this process in leases, for people to read.
	Owner string
	// UnclearWait is how long the server may still be working on a request
	// whose answer was lost. Default 5 minutes.
	UnclearWait time.Duration
	// Overlap is how far before the newest change a sweep looks again. Default
	// 10 minutes; never less than UnclearWait.
	Overlap time.Duration
	// LeaseTime is how long a lease lasts without being prolonged. Default 1
	// minute.
	LeaseTime time.Duration
	// StepTimeout bounds each action, transfer of attachments included. Default
	// 30 minutes.
	StepTimeout time.Duration
	// Slice is how long Run goes on taking steps; the one that is under way then
	// is the last. Default 2 seconds.
	Slice time.Duration

	Now      func() time.Time // nil = time.Now
	Logger   *slog.Logger     // nil = none
	Observer Observer         // nil = none
}

const (
	reachMargin = 5 * time.Minute // of Storage's clocks against each other
	maxRefusals = 5
	maxFills    = 10
	writeTime   = 30 * time.Second // for the journal, after the caller has gone
)

// Service begins handovers and carries them out. It is safe for concurrent
// use, also by several processes on one journal.
type Service struct {
	cfg         Config
	limits      limits
	definitions map[string]*Definition // by every id that they have or had
	log         *slog.Logger
	sources     map[string]*seenSources // by id of definition
	late        lateChanges
	plans       plans
}

// New checks the configuration and fills in the defaults.
func New(cfg Config) (*Service, error) {
	if cfg.Source == nil || cfg.Receiver == nil || cfg.Finder == nil || cfg.Journal == nil {
		return nil, errors.New("set up handovers: source, receiver, finder and journal are needed")
	}
	cfg.UnclearWait = cmp.Or(cfg.UnclearWait, 5*time.Minute)
	cfg.Overlap = max(cmp.Or(cfg.Overlap, DefaultOverlap), cfg.UnclearWait)
	cfg.LeaseTime = cmp.Or(cfg.LeaseTime, time.Minute)
	cfg.StepTimeout = cmp.Or(cfg.StepTimeout, 30*time.Minute)
	cfg.Slice = cmp.Or(cfg.Slice, 2*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	h := &Service{
		cfg: cfg, definitions: map[string]*Definition{}, log: cfg.Logger,
		sources: map[string]*seenSources{}, late: lateChanges{last: map[string]time.Time{}}, plans: plans{kept: map[planKey]*keptPlan{}},
		limits: limits{unclearWait: cfg.UnclearWait, maxRefusals: maxRefusals, maxFills: maxFills},
	}
	if h.cfg.Observer == nil {
		h.cfg.Observer = unobserved{}
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	for _, d := range cfg.Definitions {
		if _, twice := h.definitions[d.id]; twice {
			return nil, fmt.Errorf("set up handovers: the definition %s is there twice", d.id)
		}
		h.definitions[d.id] = d
		h.sources[d.id] = newSeenSources()
	}
	for _, d := range cfg.Definitions {
		for _, former := range d.adopts {
			if other, taken := h.definitions[former]; taken {
				return nil, fmt.Errorf("set up handovers: the definition %s adopts %s, which is %s", d.id, former, other.id)
			}
			h.definitions[former] = d
		}
	}
	return h, nil
}

// Get reads a record.
func (s *Service) Get(ctx context.Context, key string) (Record, error) {
	return s.cfg.Journal.Get(ctx, key)
}

// Run takes a handover as far as it goes now: until it is settled, has to wait
// until the record's NotBefore, or [Config.Slice] has passed. Whatever was under
// way when an earlier process stopped is found out first.
//
// An error means that something could not be asked just now, such as a list
// that could not be read; the record is where it was, and Run may be called
// again at once, or after [Service.Postpone]. It is [ErrHeld] while another
// process works on the handover, and [ErrLost] when another has taken it over.
func (s *Service) Run(ctx context.Context, key string) (Record, error) {
	return s.act(ctx, key, resumed{})
}

// Settle runs a handover until it is settled, and sleeps while it has to wait.
func (s *Service) Settle(ctx context.Context, key string) (Record, error) {
	for {
		r, err := s.Run(ctx, key)
		if err != nil || r.State.Settled() {
			return r, err
		}
		if err := sleep(ctx, r.NotBefore.Sub(s.cfg.Now())); err != nil {
			return r, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// act leases a record, shows it an observation, and does what the protocol
// asks for until it asks for nothing or the time is up.
func (s *Service) act(ctx context.Context, key string, first observation) (Record, error) {
	lease, r, err := s.cfg.Journal.Acquire(ctx, key, s.cfg.Owner, s.cfg.LeaseTime)
	if err != nil {
		return Record{}, fmt.Errorf("run handover %s: %w", key, err)
	}
	ctx, stopBeating := s.heartbeat(ctx, lease)
	defer func() {
		stopBeating()
		s.release(ctx, lease)
	}()
	if r.Recipient == "" { // nothing is ever done with such a record
		return r, nil
	}
	w := &work{Service: s, definition: s.definitions[r.DefinitionID], lease: lease}
	if w.definition == nil && !r.State.Settled() {
		return r, fmt.Errorf("run handover %s of definition %q: %w", key, r.DefinitionID, ErrUnknownDefinition)
	}
	if w.definition != nil && !w.definition.owns(r) {
		return r, fmt.Errorf("run handover %s of definition %s: %w", key, r.DefinitionID, errMode)
	}
	if w.recipient, err = parseRecipient(r.Recipient); err == nil {
		r, err = w.run(ctx, r, first)
	}
	if err != nil {
		return r, fmt.Errorf("run handover %s: %w", key, err)
	}
	return r, nil
}

// run takes steps from an observation on.
func (w *work) run(ctx context.Context, r Record, o observation) (Record, error) {
	began := w.cfg.Now()
	after, do := w.next(r, o)
	r, err := w.update(ctx, w.lease, r, after)
	for err == nil && do != stop {
		// What the record announces is done at once; else it would be unclear.
		if announced := do == create || do == fill; !announced && w.cfg.Now().Sub(began) >= w.cfg.Slice {
			return r, nil
		}
		r, do, err = w.step(ctx, r, do)
	}
	return r, err
}

// next is the protocol as the definition wants it.
func (w *work) next(r Record, o observation) (Record, action) {
	return w.limitsOf(r).next(r, o, w.cfg.Now())
}

// limitsOf returns the numbers that a record's handover goes by.
func (s *Service) limitsOf(r Record) limits {
	l := s.limits
	d, ok := s.definitions[r.DefinitionID]
	l.confirm = ok && d.confirm
	return l
}

// step carries out one action and writes down what came of it.
func (w *work) step(ctx context.Context, r Record, do action) (after Record, next action, err error) {
	ctx, observed := w.cfg.Observer.Step(ctx, r, do.String())
	defer func() { observed(after, err) }()
	o, err := w.do(ctx, r, do)
	if o == nil {
		return r, stop, err
	}
	// With an error the observation is to be kept, but not to be acted on now.
	after, next = w.next(r, o)
	after, updateErr := w.update(ctx, w.lease, r, after)
	return after, next, errors.Join(err, updateErr)
}

// update makes a record durable, if it has changed, also when the caller has gone
// meanwhile: what an action brought about must not be forgotten. It returns the
// record as it is stored.
func (s *Service) update(ctx context.Context, lease Lease, was, r Record) (Record, error) {
	if reflect.DeepEqual(r, was) {
		return r, nil
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	r.UpdatedAt = s.cfg.Now()
	written, err := s.cfg.Journal.Update(ctx, lease, r)
	if err != nil {
		return was, err
	}
	s.report(written)
	s.cfg.Observer.Changed(ctx, was, written)
	return written, nil
}

// release gives a lease up; one that cannot be given up expires.
func (s *Service) release(ctx context.Context, lease Lease) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := s.cfg.Journal.Release(ctx, lease); err != nil {
		s.log.Warn("could not release a handover; its lease will expire", "key", lease.Key, "error", err)
	}
}

func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTime)
}

// heartbeat prolongs a lease until it is stopped. The context that it returns
// ends when the lease is lost, or has run out because the journal could not be
// reached: a request that goes on after that would outlast what another process
// waits for that has taken over.
func (s *Service) heartbeat(ctx context.Context, lease Lease) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	expiry := time.AfterFunc(s.cfg.LeaseTime, func() { cancel(errExpired) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, s.cfg.LeaseTime/3) == nil {
			asked := time.Now()
			switch err := s.cfg.Journal.Extend(ctx, lease, s.cfg.LeaseTime); {
			case err == nil:
				expiry.Reset(s.cfg.LeaseTime - time.Since(asked))
			case errors.Is(err, ErrLost):
				cancel(err)
			}
		}
	}()
	return ctx, func() { expiry.Stop(); cancel(context.Canceled); <-done }
}

// errExpired ends what is done under a lease that could not be prolonged in time.
var errExpired = errors.New("the lease has run out: the journal did not answer")

func (s *Service) report(r Record) {
	told := []any{"key", r.Key, "definition", r.DefinitionID, "state", r.State, "source", r.Source}
	for _, part := range []struct{ name, text string }{{"receiving", r.Receiving}, {"setback", r.Setback.Cause}, {"reason", r.Reason}} {
		if part.text != "" {
			told = append(told, part.name, part.text)
		}
	}
	s.log.Info("handover", append(told, "attempts", r.Attempts, "duplicates", len(r.Duplicates))...)
}
