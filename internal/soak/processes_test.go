//go:build !race

package soak_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/postgrestest"
)

// TestProcessesShareTheWork lets four processes share one PostgreSQL, while the
// platform fails. Two are frozen in the middle of their work until after their
// leases, one is killed, and PostgreSQL is killed under them; then all go on.
func TestProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	w := newWorld(t)
	j := inDatabase(server.New(t))
	forms := formsIn(t, 80)
	w.meet(t, everything(forms)...)
	var services []*service
	for range 4 {
		services = append(services, w.serve(t, "", j.environ))
	}
	for _, s := range services {
		if err := s.serves(); err != nil {
			t.Fatal(err)
		}
	}
	first, second := services[0].frozenAt(handover.Creating), services[1].frozenAt(handover.Creating)
	sent := make(chan error, 1)
	go func() { sent <- w.sent.send(forms) }()
	for _, frozen := range []<-chan struct{}{first, second} {
		select {
		case <-frozen:
		case <-time.After(patience):
			t.Fatal("a process has nothing to do")
		}
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	services[2].kill()
	services[2] = w.serve(t, "", j.environ)
	if err := sleep(t.Context(), pastLease); err != nil {
		t.Fatal(err)
	}
	services[0].signal(syscall.SIGCONT)
	services[1].signal(syscall.SIGCONT)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	// A process that is frozen between its last look at its lease and its request may
	// make a duplicate (docs/exactly-once.md): it must be dealt with, no more.
	w.healed(t, services[3], j, forms)
	for _, s := range services[:3] {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}
}

// pastLease is longer than a lease of these services lasts.
const pastLease = unclearWait + unclearWait/2

// frozenAt freezes a service when a record passes into a state.
func (s *service) frozenAt(state handover.State) <-chan struct{} {
	frozen := make(chan struct{})
	s.set(&trap{state: string(state), sprung: func() {
		s.signal(syscall.SIGSTOP)
		close(frozen)
	}})
	return frozen
}

// aFrozenProcessWakes freezes a process that has found that there is no instance yet
// and works out what to create, until another has made it. What the first one does
// when it wakes is between it and its lease.
func (w *world) aFrozenProcessWakes(t *testing.T, j *journal, build string, environ ...string) *service {
	t.Helper()
	const (
		forms = 8
		busy  = time.Second
	)
	if err := w.sent.send(forms); err != nil {
		t.Fatal(err)
	}
	w.planned(t, j, forms, build, environ...)
	w.reading.Store(int64(busy))
	sleepy := w.serve(t, build, append(environ, j.environ...), j.args...)
	for w.paused.Load() < forms/2 {
		select {
		case <-sleepy.dead:
			t.Fatalf("the service has ended\n%s", &sleepy.log)
		case <-time.After(time.Millisecond):
		}
	}
	sleepy.signal(syscall.SIGSTOP)
	w.reading.Store(0)
	other := w.serve(t, build, append(environ, j.environ...), j.args...)
	if err := j.rests(t.Context(), forms); err != nil {
		t.Fatal(errorAnd(err, other))
	}
	sleepy.signal(syscall.SIGCONT)
	// Time to do what it must not do, if it is going to.
	for deadline := time.Now().Add(3 * unclearWait); w.requests.soFar().creates <= forms && time.Now().Before(deadline); {
		if err := sleep(t.Context(), soon); err != nil {
			t.Fatal(err)
		}
	}
	w.requests.rest()
	sleepy.kill()
	return other
}

// planned lets a service begin handovers and do no more. Another has to read their
// forms again.
func (w *world) planned(t *testing.T, j *journal, forms int, build string, environ ...string) {
	t.Helper()
	pause := func(paused bool) {
		if err := j.use(t.Context(), func(opened handover.Journal) error {
			return opened.Pause(t.Context(), definitionID, paused)
		}); err != nil {
			t.Fatal(err)
		}
	}
	pause(true)
	s := w.serve(t, build, append(environ, j.environ...), j.args...)
	begun := make(chan struct{})
	s.set(&trap{string(handover.Planned), forms - 1, func() { close(begun) }})
	select {
	case <-begun:
	case <-time.After(patience):
		t.Fatalf("nothing is begun\n%s", &s.log)
	}
	s.kill()
	pause(false)
}
