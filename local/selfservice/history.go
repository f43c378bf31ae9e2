package selfservice

import (
	"slices"
	"time"
)

// historyKept is how far back the registry can see. Digdir promises that a change
// reaches Maskinporten within two minutes.
const historyKept = 10 * time.Minute

// history holds what something was from one change to the next, oldest first. An
// empty one is of something that is not there.
type history[T any] []revision[T]

type revision[T any] struct {
	since time.Time
	value T
}

// always is the history of what has been there from the beginning of time.
func always[T any](value T) history[T] { return history[T]{{value: value}} }

// latest returns what stands now.
func (h history[T]) latest() (value T, ok bool) {
	if len(h) == 0 {
		return value, false
	}
	return h[len(h)-1].value, true
}

// asOf returns what stood at t.
func (h history[T]) asOf(t time.Time) (value T, ok bool) {
	for _, r := range slices.Backward(h) {
		if !r.since.After(t) {
			return r.value, true
		}
	}
	return value, false
}

// append adds a change and forgets those that no reader can ask for.
func (h history[T]) append(now time.Time, value T) history[T] {
	oldest := 0
	for i, r := range h {
		if r.since.Before(now.Add(-historyKept)) {
			oldest = i
		}
	}
	kept := slices.Clone(h[oldest:])
	return append(kept, revision[T]{since: now, value: value})
}
