//go:build !race

package soak_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

// TestAKilledServiceHandsEachFormOver kills the service with SIGKILL at each
// transition of its journal and at any instant, while the platform fails in every
// way that it can, and starts it again each time.
func TestAKilledServiceHandsEachFormOver(t *testing.T) {
	t.Parallel()
	var runs sync.WaitGroup // most of the time they wait, so there may be more of them than processors
	for policy, edits := range map[string][]edit{"may delete": nil, "may not delete": {mayNotDelete}} {
		for name, in := range map[string]func(*world, testing.TB) *journal{"SQLite": (*world).inFile, "PostgreSQL": (*world).inPostgres} {
			runs.Go(func() {
				t.Run(name+", the organisation "+policy, func(t *testing.T) {
					w := newWorld(t, edits...)
					w.killedAndHealed(t, in(w, t), formsIn(t, ciForms))
				})
			})
		}
	}
	runs.Wait()
}

// ciForms is how many forms there are for each journal in a run that takes a
// minute: enough for each of the faults to be met.
const ciForms = 100

// kills is how often a service is killed at each transition, and how often at any
// instant: more often where there are many forms.
const (
	kills        = 2
	formsPerKill = 500
)

func (w *world) killedAndHealed(t *testing.T, j *journal, forms int) {
	t.Helper()
	w.meet(t, everything(forms)...)
	random := rand.New(rand.NewPCG(1, 0))
	var moments []handover.State
	for range max(kills, forms/formsPerKill) {
		moments = append(moments, handover.Planned, handover.Creating, handover.Unclear, handover.Created, handover.Filling, handover.Verified, handover.Done, anyInstant)
	}
	for n, moment := range moments {
		if err := w.sent.send(forms * (n + 1) / len(moments)); err != nil {
			t.Fatal(err)
		}
		w.killedAt(t, j, moment, random)
	}
	out := w.healed(t, w.serve(t, "", j.environ, j.args...), j, forms)
	// Only a commit after the unclear wait may have made a duplicate.
	if late := w.late.beyondTheWait(); out.duplicates > late {
		t.Errorf("there were %d duplicates, and only %d commits that came too late to be waited for", out.duplicates, late)
		w.tellDuplicates(t, j)
	}
}

// anyInstant stands among the states for a time that has to do with none.
const anyInstant handover.State = ""

// killedAt starts a service and kills it when a record passes into a state, or at
// any instant; of a state that it does not meet in time, it is killed then.
func (w *world) killedAt(t *testing.T, j *journal, state handover.State, random *rand.Rand) {
	t.Helper()
	s := w.serve(t, "", j.environ, j.args...)
	sprung := make(chan struct{})
	limit := 3 * time.Second
	if state == anyInstant {
		if err := s.serves(); err != nil {
			t.Fatal(err)
		}
		limit = time.Duration(random.Int64N(int64(time.Second)))
	} else {
		s.set(&trap{string(state), random.IntN(3), func() {
			s.cmd.Process.Kill() //nolint:errcheck // fails only where the process has ended already
			close(sprung)
		}})
	}
	select {
	case <-sprung:
		t.Logf("killed at %s", state)
	case <-time.After(limit):
		t.Logf("killed after %s", limit)
	case <-s.dead:
		t.Fatalf("the service ended with %s\n%s", s.cmd.ProcessState, &s.log)
	}
	s.kill()
}

// healed lets a service work until all has come to rest, retries what has failed
// once the platform is well again, asks the oracle, and stops the service.
func (w *world) healed(t *testing.T, s *service, j *journal, forms int) outcome {
	t.Helper()
	if err := w.comeToRest(t, s, j, forms); err != nil {
		t.Fatal(err)
	}
	w.requests.rest()
	out, err := w.finalVerdict(t, j)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d forms, %d live instances, %d duplicates, %d cleared away by the application, %d commits after the wait",
		forms, out.instances, out.duplicates, out.half, w.late.beyondTheWait())
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	return out
}

func (w *world) comeToRest(t *testing.T, s *service, j *journal, forms int) error {
	t.Helper()
	if err := j.rests(t.Context(), forms); err != nil {
		return errorAnd(err, s)
	}
	w.allMet(t)
	w.retryFailed(t, j)
	if err := j.rests(t.Context(), forms); err != nil {
		return errorAnd(err, s)
	}
	return nil
}

// finalVerdict asks the oracle until it is content: duplicates are dealt with by
// sweeps, which come after the handovers.
func (w *world) finalVerdict(t *testing.T, j *journal) (out outcome, err error) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		records, readErr := j.records(t.Context())
		if readErr != nil {
			return out, readErr
		}
		if out, err = w.verdict(records); err == nil {
			return out, nil
		}
		if err := sleep(t.Context(), time.Second); err != nil {
			return out, err
		}
	}
	return out, err
}

// tellDuplicates tells how duplicates have come into being.
func (w *world) tellDuplicates(t *testing.T, j *journal) {
	t.Helper()
	records, err := j.records(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, r := range records {
		if len(r.Duplicates) > 0 {
			t.Logf("%s: %v\n%s", r.Receiving, r.Duplicates, w.history(r.Key))
		}
	}
}
