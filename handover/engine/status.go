package engine

import (
	"slices"
	"strings"
	"time"
)

// Status is what an engine is at, for metrics and people.
type Status struct {
	Applications []ApplicationStatus // the receiving ones, by id
	Sweeps       []SweepStatus       // by definition id
}

// ApplicationStatus tells of the work for one receiving application.
type ApplicationStatus struct {
	Application string // "org/app"
	Breaker     BreakerStatus
	Running     int // handovers that this process works on
	Waiting     int // handovers in the queue, of all processes, a moment ago
}

// SweepStatus tells of the sweeps of one definition.
type SweepStatus struct {
	DefinitionID string
	// Complete is when the last sweep began that has seen all sources; zero if
	// there was none since the start. Every form that was sent in before it is in
	// the journal.
	Complete time.Time
	Failures int    // sweeps in a row that did not do all they had to
	Cause    string // of the last such, without personal data
}

// Status tells what the engine is at. It asks nobody and may be called often.
func (e *Engine) Status() Status {
	var s Status
	for _, l := range e.lanes {
		s.Applications = append(s.Applications, ApplicationStatus{
			Application: l.application, Breaker: l.breaker.status(),
			Running: int(l.running.Load()), Waiting: int(max(0, l.waiting.Load())),
		})
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, sweep := range e.sweeps {
		s.Sweeps = append(s.Sweeps, sweep)
	}
	slices.SortFunc(s.Sweeps, func(a, b SweepStatus) int { return strings.Compare(a.DefinitionID, b.DefinitionID) })
	return s
}
