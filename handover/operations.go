package handover

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
)

// Operations is what people and other programs can do with handovers, in this
// process or, over its local socket, in the service's. It is safe for concurrent
// use.
type Operations interface {
	// List reads the records that a filter selects, oldest first, then by key.
	List(ctx context.Context, f Filter) ([]Record, error)
	// Show finds records by a name that a person has: a handover's key or the first
	// eight characters of it at least, the id of a source or receiving instance, or
	// the twelve-character reference of a receipt. The error is ErrNoRecord if there
	// is none.
	Show(ctx context.Context, name string) ([]Record, error)
	// Begin is as [Service.Begin].
	Begin(ctx context.Context, definitionID, source string, t Trigger) ([]Record, error)
	// Retry makes a failed or cancelled handover due again, with a search first. A
	// form that was skipped is looked at anew, and so is one that could not be given
	// to a recipient whom the definition does not name any more. One whose receiving
	// instance has been deleted for good gets another. Others are left as they are. It
	// does not run anything.
	Retry(ctx context.Context, key string) (Record, error)
	// Cancel settles a handover that is not to be made. What there is of a receiving
	// instance is left, and named by the record. The error is a
	// [*NotCancellableError] for one that is settled or not clear.
	Cancel(ctx context.Context, key, why string) (Record, error)
	// Reconcile compares a definition's journal with Storage, from the definition's
	// first form on, and begins what is not known. It rebuilds a lost journal.
	Reconcile(ctx context.Context, definitionID string) (Reconciliation, error)
	// Pause stops a definition's handovers from being worked on, or lets them. New
	// ones are begun all the same.
	Pause(ctx context.Context, definitionID string, paused bool) error
	// Summary tells how the handovers are doing, in numbers.
	Summary(ctx context.Context) (Status, error)
}

var _ Operations = (*Service)(nil)

// Status is how the handovers are doing.
type Status struct {
	Summary
	Paused []string // ids of definitions, sorted
	// Failing are the definitions whose last look for forms that were sent in was not
	// complete, by id. Only a running service knows of any.
	Failing []FailingSweep
}

// FailingSweep tells why the forms of a definition are not all found.
type FailingSweep struct {
	DefinitionID string
	Times        int    // in a row
	Cause        string // of the last, without personal data
}

// Reconciliation is what [Operations.Reconcile] found.
type Reconciliation struct {
	Sources    int // completed forms since the definition's first
	Known      int // of those, how many had a record
	Begun      int // of those, how many have one now
	Skipped    int // of those, how many do not meet the condition
	Failed     int // of those, how many can never be carried
	Stamped    int // receiving instances with a stamp
	Duplicates int // of those, how many were duplicates that no record knew
	// Orphans are the receiving instances whose stamp is of no record: made from a
	// source that is gone, or by another journal.
	Orphans []string
}

// NotCancellableError reports a handover that cannot be cancelled now.
type NotCancellableError struct {
	Key       string
	State     State
	Receiving string    // the receiving instance, if there is one
	NotBefore time.Time // when an unclear outcome can be found out; else zero
}

// Error implements error.
func (e *NotCancellableError) Error() string {
	switch {
	case e.State == Done:
		return fmt.Sprintf("handover %s is done: the receiving instance is %s", e.Key, e.Receiving)
	case e.State.Settled():
		return fmt.Sprintf("handover %s is %s already", e.Key, e.State)
	}
	return fmt.Sprintf("handover %s may be about to make a receiving instance; that is clear after %s", e.Key, e.NotBefore.UTC().Format(time.RFC3339))
}

// List implements [Operations].
func (s *Service) List(ctx context.Context, f Filter) ([]Record, error) {
	return s.cfg.Journal.List(ctx, f)
}

// Show implements [Operations].
func (s *Service) Show(ctx context.Context, name string) ([]Record, error) {
	var found []Record
	for _, f := range filtersFor(strings.ToLower(strings.TrimSpace(name))) {
		records, err := s.cfg.Journal.List(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("show handover: %w", err)
		}
		for _, r := range records {
			if !slices.ContainsFunc(found, func(other Record) bool { return other.Key == r.Key }) {
				found = append(found, r)
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("show handover: %w", ErrNoRecord)
	}
	return found, nil
}

const (
	shortestPrefix  = 8  // of a key
	referenceLength = 12 // of what a receipt calls the form
)

var hexDigits = regexp.MustCompile(`^[0-9a-f]+$`)

// filtersFor lists what a name can mean.
func filtersFor(name string) []Filter {
	if party, guid, err := altinn.ParseInstanceID(name); err == nil {
		id := party + "/" + guid
		return []Filter{{Source: id}, {Receiving: id}}
	}
	if !hexDigits.MatchString(name) {
		return nil
	}
	var filters []Filter
	if len(name) == referenceLength {
		filters = append(filters, Filter{Reference: name})
	}
	if len(name) >= shortestPrefix {
		filters = append(filters, Filter{KeyPrefix: name})
	}
	return filters
}

// Retry implements [Operations].
func (s *Service) Retry(ctx context.Context, key string) (Record, error) {
	var instead []Record
	r, err := s.edit(ctx, "retry", key, func(r Record) (_ Record, err error) {
		if r.Recipient == "" || s.misdirected(r) {
			r, instead, err = s.replace(ctx, r)
			return r, err
		}
		r, _ = s.limitsOf(r).next(r, retried{gone: s.isGone(ctx, r)}, s.cfg.Now())
		return r, nil
	})
	if err == nil && len(instead) > 0 {
		return instead[0], nil
	}
	return r, err
}

// isGone reports whether it is certain that the recorded instance of a handover that
// was given up has been deleted for good.
func (s *Service) isGone(ctx context.Context, r Record) bool {
	if r.Receiving == "" || r.State != Failed && r.State != Cancelled {
		return false
	}
	i, err := s.cfg.Receiver.Instance(ctx, r.To, r.Receiving)
	return altinn.IsStatus(err, http.StatusNotFound) || err == nil && i.Status.IsHardDeleted
}

// misdirected reports whether a handover came to nothing, and its recipient is
// one that the definition does not name any more.
func (s *Service) misdirected(r Record) bool {
	d, ok := s.definitions[r.DefinitionID]
	return ok && r.Receiving == "" && (r.State == Failed || r.Setback.UnknownParty) && !d.mayBeTo(r.Recipient)
}

// Cancel implements [Operations].
func (s *Service) Cancel(ctx context.Context, key, why string) (Record, error) {
	return s.edit(ctx, "cancel", key, func(r Record) (Record, error) {
		if r.State == Cancelled {
			return r, nil
		}
		r, _ = s.limitsOf(r).next(r, resumed{}, s.cfg.Now())
		r, err := s.cleared(ctx, r)
		if err != nil {
			return r, err
		}
		r.State, r.Reason = Cancelled, why
		r.goOn()
		return r, nil
	})
}

// cleared is the record of a handover that can be cancelled. After an unclear
// outcome a search tells whether there is a receiving instance.
func (s *Service) cleared(ctx context.Context, r Record) (Record, error) {
	now := s.cfg.Now()
	if r.State == Done || r.State == Skipped || r.State == Unclear && now.Before(r.NotBefore) {
		return r, &NotCancellableError{Key: r.Key, State: r.State, Receiving: r.Receiving, NotBefore: r.NotBefore}
	}
	if r.State != Unclear {
		return r, nil
	}
	d, ok := s.definitions[r.DefinitionID]
	if !ok {
		return r, fmt.Errorf("definition %q: %w", r.DefinitionID, ErrUnknownDefinition)
	}
	w := &work{Service: s, definition: d}
	var err error
	if w.recipient, err = parseRecipient(r.Recipient); err != nil {
		return r, err
	}
	found, err := s.cfg.Finder.Find(ctx, Search{Target: w.target(), Key: r.Key, Since: r.Reach, Thorough: true})
	if err != nil {
		return r, err
	}
	if after, do := s.limitsOf(r).next(r, searched{found}, now); do != create {
		return after, nil
	}
	return r, nil // there is none
}

// Pause implements [Operations].
func (s *Service) Pause(ctx context.Context, definitionID string, paused bool) error {
	d, ok := s.definitions[definitionID]
	if !ok {
		return fmt.Errorf("pause %q: %w", definitionID, ErrUnknownDefinition)
	}
	for _, id := range d.ids() {
		if err := s.cfg.Journal.Pause(ctx, id, paused); err != nil {
			return fmt.Errorf("pause %s: %w", definitionID, err)
		}
	}
	return nil
}

// Summary implements [Operations].
func (s *Service) Summary(ctx context.Context) (Status, error) {
	summary, err := s.cfg.Journal.Summary(ctx)
	paused, pausedErr := s.cfg.Journal.Paused(ctx)
	return Status{Summary: summary, Paused: paused}, errors.Join(err, pausedErr)
}
