package handover

import "context"

// Observer is told what a [Service] does, for metrics and traces. Its methods
// are called in the middle of the work and by many goroutines, so they must be
// quick. What it is given may be shown: a record holds ids and hashes only.
type Observer interface {
	// Begun tells of a handover that is new in the journal.
	Begun(ctx context.Context, r Record)
	// Changed tells of a change to a record that has been made durable, by a step or
	// otherwise, such as duplicates that a sweep has found.
	Changed(ctx context.Context, before, after Record)
	// Step is called before an action, such as "search" or "create". The action
	// runs with the context that it returns. The function is called after it, with
	// the record as it was stored and what went wrong, if anything did.
	Step(ctx context.Context, r Record, action string) (context.Context, func(after Record, err error))
	// Swept tells of a sweep of a definition's sources.
	Swept(ctx context.Context, definitionID string, result SweepResult, err error)
}

// unobserved observes nothing.
type unobserved struct{}

func (unobserved) Begun(context.Context, Record)           {}
func (unobserved) Changed(context.Context, Record, Record) {}
func (unobserved) Step(ctx context.Context, _ Record, _ string) (context.Context, func(Record, error)) {
	return ctx, func(Record, error) {}
}
func (unobserved) Swept(context.Context, string, SweepResult, error) {}
