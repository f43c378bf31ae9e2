package handover

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// LineageError reports a definition that does not go with what the journal
// knows: it would make second instances of forms that have been handed over.
type LineageError struct {
	DefinitionID string
	Former       string // the id in the journal that it clashes with; may be the same
	Reason       string // with the remedy
}

// Error implements error.
func (e *LineageError) Error() string {
	return fmt.Sprintf("handover %s: %s", e.DefinitionID, e.Reason)
}

// FirstStartError reports that the first start of a definition, or the first with
// an earlier since, would take more forms than it may without somebody's consent
// ([Service.AcceptFirst]).
type FirstStartError struct {
	DefinitionID string
	Forms        int // as [Service.Waiting] counts them
}

// Error implements error.
func (e *FirstStartError) Error() string {
	return fmt.Sprintf("to serve handover %s from its since on takes %d forms that have been sent in already", e.DefinitionID, e.Forms)
}

// errMode reports a record of test mode outside of it, or another in it.
var errMode = errors.New("this journal is of test mode and it is not, or the other way round; test mode needs a journal of its own")

const (
	freeForms  = 100    // that a first start takes without asking
	maxWaiting = 10_000 // what Waiting counts to
)

// Waiting counts the completed forms that a definition's first start would take,
// up to 10,000.
func (s *Service) Waiting(ctx context.Context, definitionID string) (int, error) {
	d, ok := s.definitions[definitionID]
	if !ok {
		return 0, fmt.Errorf("count forms of %q: %w", definitionID, ErrUnknownDefinition)
	}
	return s.waiting(ctx, d, time.Time{})
}

// waiting counts the completed forms of a definition that ended before a time; zero
// means all.
func (s *Service) waiting(ctx context.Context, d *Definition, before time.Time) (int, error) {
	n := 0
	for source, err := range s.completed(ctx, d, d.since) {
		if err != nil {
			return n, fmt.Errorf("count forms of %s: %w", d.id, err)
		}
		if source.Status.IsHardDeleted || !before.IsZero() && !source.Process.Ended.Before(before) {
			continue
		}
		if n++; n == maxWaiting {
			break
		}
	}
	return n, nil
}

// CheckLineage tells whether the definitions may be served with this journal, all
// faults at once: those of [Service.CheckHistory], and a [*FirstStartError] for
// each that has not been served before, or not with so early a since, and would
// take more than 100 forms for that. If there is no fault, it notes that they are
// served from now on.
func (s *Service) CheckLineage(ctx context.Context) error {
	faults := []error{s.CheckHistory(ctx)}
	known, err := s.cfg.Journal.Lineages(ctx)
	if err != nil {
		return fmt.Errorf("check the definitions against the journal: %w", err)
	}
	for _, d := range s.cfg.Definitions {
		if from, served := servedFrom(d, known); !served || d.since.Before(from) {
			faults = append(faults, s.checkFirst(ctx, d, from))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, d := range s.cfg.Definitions {
		if err := s.saveLineage(ctx, d, known, false); err != nil {
			return err
		}
	}
	return nil
}

// CheckHistory tells whether the definitions go with what the journal holds, all
// faults at once: a [*LineageError] for each that has changed its applications
// since forms were handed over, or its id without adopting the old one. Who begins
// handovers without serving asks this first.
func (s *Service) CheckHistory(ctx context.Context) error {
	history, err := s.history(ctx)
	if err != nil {
		return fmt.Errorf("check the definitions against the journal: %w", err)
	}
	var faults []error
	for _, d := range s.cfg.Definitions {
		faults = append(faults, s.lineageFaults(d, history)...)
	}
	return errors.Join(faults...)
}

// history tells of every definition id that the journal has records of between
// which applications they are: one of its records, as it were.
func (s *Service) history(ctx context.Context) (map[string]Record, error) {
	summary, err := s.cfg.Journal.Summary(ctx)
	if err != nil {
		return nil, err
	}
	history := map[string]Record{}
	for _, c := range summary.Counts {
		if _, ok := history[c.DefinitionID]; ok {
			continue
		}
		records, err := s.cfg.Journal.List(ctx, Filter{DefinitionID: c.DefinitionID, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			history[c.DefinitionID] = records[0]
		}
	}
	return history, nil
}

// lineageFaults compares a definition with what has been handed over.
func (s *Service) lineageFaults(d *Definition, history map[string]Record) []error {
	var faults []error
	isNew := true
	for _, id := range d.ids() {
		r, ok := history[id]
		if !ok {
			continue
		}
		isNew = false
		if !d.owns(r) {
			faults = append(faults, &LineageError{DefinitionID: d.id, Former: id, Reason: errMode.Error()})
			continue
		}
		if r.From != d.from || r.To != d.to {
			faults = append(faults, &LineageError{DefinitionID: d.id, Former: id, Reason: fmt.Sprintf(
				"it goes from %s to %s, but under the id %s forms have been handed over from %s to %s; give the changed handover an id of its own", d.from, d.to, id, r.From, r.To)})
		}
		if r.Key != keyOf(d.keyID(), r.Source, r.Recipient) {
			faults = append(faults, &LineageError{DefinitionID: d.id, Former: id, Reason: fmt.Sprintf(
				"the forms that have been handed over under the id %s have other keys than it gives them now; let adopts be as it was then: the same first id, and later ones at the end", id)})
		}
	}
	if !isNew {
		return faults
	}
	for _, id := range slices.Sorted(maps.Keys(history)) {
		if r := history[id]; s.definitions[id] == nil && r.From == d.from && r.To == d.to {
			faults = append(faults, &LineageError{DefinitionID: d.id, Former: id, Reason: fmt.Sprintf(
				"it goes from %s to %s as %s did, which the project has no more; under the new id all those forms would be handed over again: write adopts: [%s], or keep the id %s", d.from, d.to, id, id, id)})
		}
	}
	return faults
}

// servedFrom returns the earliest since with which a definition has been served,
// under whatever id.
func servedFrom(d *Definition, known []Lineage) (since time.Time, served bool) {
	for _, l := range known {
		if slices.Contains(d.ids(), l.DefinitionID) && (!served || l.Since.Before(since)) {
			since, served = l.Since, true
		}
	}
	return since, served
}

// checkFirst refuses a start that takes many forms that ended before a time; zero
// means all.
func (s *Service) checkFirst(ctx context.Context, d *Definition, before time.Time) error {
	n, err := s.waiting(ctx, d, before)
	if err != nil {
		return err
	}
	if n > freeForms {
		return &FirstStartError{DefinitionID: d.id, Forms: n}
	}
	return nil
}

// AcceptFirst notes that somebody has agreed to what a definition's next start
// takes, however many forms that are.
func (s *Service) AcceptFirst(ctx context.Context, definitionID string) error {
	d, ok := s.definitions[definitionID]
	if !ok {
		return fmt.Errorf("accept the first start of %q: %w", definitionID, ErrUnknownDefinition)
	}
	known, err := s.cfg.Journal.Lineages(ctx)
	if err != nil {
		return fmt.Errorf("accept the first start of %s: %w", definitionID, err)
	}
	return s.saveLineage(ctx, d, known, true)
}

func (s *Service) saveLineage(ctx context.Context, d *Definition, known []Lineage, agreed bool) error {
	l := Lineage{DefinitionID: d.id, From: d.from, To: d.to, Since: d.since, FirstServed: s.cfg.Now(), Confirmed: agreed}
	if i := slices.IndexFunc(known, func(l Lineage) bool { return l.DefinitionID == d.id }); i >= 0 {
		l = known[i]
		l.From, l.To, l.Confirmed = d.from, d.to, l.Confirmed || agreed
		if d.since.Before(l.Since) {
			l.Since = d.since
		}
		if l == known[i] {
			return nil
		}
	}
	if err := s.cfg.Journal.SaveLineage(ctx, l); err != nil {
		return fmt.Errorf("note that handover %s is served: %w", d.id, err)
	}
	return nil
}
