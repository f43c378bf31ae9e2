package handover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
)

// Config is what a [Service] needs.
type Config struct {
	Definitions []*Definition
	Source      Source
	Receiver    Receiver
	Finder      Finder
	Lister      Lister // of the source's instances; only Sweep and Watch use it
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
	definitions map[string]*Definition
	log         *slog.Logger
}

// New checks the configuration and fills in the defaults.
func New(cfg Config) (*Service, error) {
	if cfg.Source == nil || cfg.Receiver == nil || cfg.Finder == nil || cfg.Journal == nil {
		return nil, errors.New("set up handovers: source, receiver, finder and journal are needed")
	}
	cfg.UnclearWait = cmp.Or(cfg.UnclearWait, 5*time.Minute)
	cfg.Overlap = max(cmp.Or(cfg.Overlap, 10*time.Minute), cfg.UnclearWait)
	cfg.LeaseTime = cmp.Or(cfg.LeaseTime, time.Minute)
	cfg.StepTimeout = cmp.Or(cfg.StepTimeout, 30*time.Minute)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	h := &Service{
		cfg: cfg, definitions: map[string]*Definition{}, log: cfg.Logger,
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
	}
	return h, nil
}

// Begin makes sure that a handover of a source instance is in the journal, and
// returns its record. Asked again it returns the record that is there. It
// creates nothing on the platform; [Service.Run] does.
//
// A source that is not completed gives a [*NotCompletedError], a missing
// required file a [*MissingAttachmentError], other things that cannot be carried
// a [*SourceError], [*AttachmentError] or [*MappingError], an unmet condition
// [ErrNotWanted]; then the journal has no record.
func (s *Service) Begin(ctx context.Context, definitionID, sourceID string) (Record, error) {
	d, ok := s.definitions[definitionID]
	if !ok {
		return Record{}, fmt.Errorf("begin handover %q: %w", definitionID, ErrUnknownDefinition)
	}
	r, err := s.begin(ctx, d, sourceID)
	if err != nil {
		return Record{}, fmt.Errorf("begin handover %s: %w", definitionID, err)
	}
	return r, nil
}

func (s *Service) begin(ctx context.Context, d *Definition, sourceID string) (Record, error) {
	party, guid, err := altinn.ParseInstanceID(sourceID)
	if err != nil {
		return Record{}, err
	}
	id := party + "/" + guid
	known, err := s.cfg.Journal.Get(ctx, d.key(id, d.recipient))
	if err == nil {
		return known, nil
	}
	if !errors.Is(err, ErrNoRecord) {
		return Record{}, err
	}
	source, _, err := s.plan(ctx, d, id)
	if err != nil {
		return Record{}, err
	}
	r := s.draft(d, source)
	r.State = Planned
	return s.store(ctx, r)
}

// draft is a record that says nothing yet of its state.
func (s *Service) draft(d *Definition, source altinn.Instance) Record {
	now := s.cfg.Now()
	return Record{
		Key:          d.key(source.ID, d.recipient),
		DefinitionID: d.id, Source: strings.ToLower(source.ID), From: d.from, To: d.to, Recipient: recipientID(d.recipient),
		Reach:     source.Process.Ended.Add(-reachMargin),
		CreatedAt: now, UpdatedAt: now,
	}
}

func (s *Service) store(ctx context.Context, r Record) (Record, error) {
	stored, fresh, err := s.cfg.Journal.Begin(ctx, r)
	if err != nil {
		return Record{}, err
	}
	if fresh > 0 {
		s.report(stored[0])
		s.cfg.Observer.Begun(ctx, stored[0])
	}
	return stored[0], nil
}

// plan reads a source instance and works out what it becomes.
func (s *Service) plan(ctx context.Context, d *Definition, id string) (altinn.Instance, plan, error) {
	source, err := s.cfg.Source.Instance(ctx, id)
	if err != nil {
		return source, plan{}, err
	}
	if err := d.checkSource(source); err != nil {
		return source, plan{}, err
	}
	var data []byte
	if d.sourceForm != "" {
		if data, err = s.formData(ctx, d, source); err != nil {
			return source, plan{}, err
		}
	}
	p, err := d.plan(source, data)
	return source, p, err
}

func (s *Service) formData(ctx context.Context, d *Definition, source altinn.Instance) ([]byte, error) {
	for _, e := range source.Data {
		if e.DataType == d.sourceForm {
			return s.cfg.Source.FormData(ctx, d.from, source.ID, e.ID)
		}
	}
	return nil, &SourceError{Instance: source.ID, Reason: "it has no form data " + d.sourceForm}
}

// Get reads a record.
func (s *Service) Get(ctx context.Context, key string) (Record, error) {
	return s.cfg.Journal.Get(ctx, key)
}

// Run takes a handover as far as it goes now: until it is settled, or has to
// wait until the record's NotBefore. Whatever was under way when an earlier
// process stopped is found out first.
//
// An error means that something could not be asked just now, such as a list
// that could not be read; the record is where it was, and Run may be called
// again at once. It is [ErrHeld] while another process works on the handover.
func (s *Service) Run(ctx context.Context, key string) (Record, error) {
	return s.act(ctx, key, resumed{})
}

// Retry makes a failed handover try again, with a search first, and runs it.
// Other handovers are only run.
func (s *Service) Retry(ctx context.Context, key string) (Record, error) {
	return s.act(ctx, key, retried{})
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
// asks for until it asks for nothing.
func (s *Service) act(ctx context.Context, key string, first observation) (Record, error) {
	lease, r, err := s.cfg.Journal.Acquire(ctx, key, s.cfg.Owner, s.cfg.LeaseTime)
	if err != nil {
		return Record{}, fmt.Errorf("run handover %s: %w", key, err)
	}
	ctx, stopBeating := s.heartbeat(ctx, lease)
	defer func() {
		stopBeating()
		released, cancel := afterwards(ctx)
		defer cancel()
		if err := s.cfg.Journal.Release(released, lease); err != nil {
			s.log.Warn("could not release a handover; its lease will expire", "key", key, "error", err)
		}
	}()
	d, ok := s.definitions[r.DefinitionID]
	if !ok && !r.State.Settled() {
		return r, fmt.Errorf("run handover %s of definition %q: %w", key, r.DefinitionID, ErrUnknownDefinition)
	}
	w := &work{Service: s, definition: d, lease: lease}
	for o := first; ; {
		was := r
		var do action
		if r, do = s.limits.next(r, o, s.cfg.Now()); !reflect.DeepEqual(r, was) {
			if r, err = s.write(ctx, lease, r); err != nil {
				return was, fmt.Errorf("run handover %s: %w", key, err)
			}
		}
		if do == stop {
			return r, nil
		}
		if o, err = w.do(ctx, r, do); err != nil {
			if o == nil {
				return r, fmt.Errorf("run handover %s: %w", key, err)
			}
			// The observation is to be kept, but not to be acted on now.
			r, _ = s.limits.next(r, o, s.cfg.Now())
			r, writeErr := s.write(ctx, lease, r)
			return r, fmt.Errorf("run handover %s: %w", key, errors.Join(err, writeErr))
		}
	}
}

// write makes a record durable, also when the caller has gone meanwhile: what
// an action brought about must not be forgotten.
func (s *Service) write(ctx context.Context, lease Lease, r Record) (Record, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	r.UpdatedAt = s.cfg.Now()
	written, err := s.cfg.Journal.Update(ctx, lease, r)
	if err != nil {
		return r, err
	}
	s.report(written)
	return written, nil
}

func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), writeTime)
}

// heartbeat prolongs a lease until it is stopped. The context that it returns
// ends when the lease is lost.
func (s *Service) heartbeat(ctx context.Context, lease Lease) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, s.cfg.LeaseTime/3) == nil {
			// After another error the lease may yet be prolonged in time; if
			// not, the next update finds it lost.
			if err := s.cfg.Journal.Extend(ctx, lease, s.cfg.LeaseTime); errors.Is(err, ErrLost) {
				cancel(err)
			}
		}
	}()
	return ctx, func() { cancel(context.Canceled); <-done }
}

func (s *Service) report(r Record) {
	s.log.Info("handover", "key", r.Key, "definition", r.DefinitionID, "state", r.State, "source", r.Source,
		"receiving", r.Receiving, "attempts", r.Attempts, "duplicates", len(r.Duplicates),
		"setback", r.Setback.Cause, "reason", r.Reason)
}
