package cli

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestStartOfTheServiceBeside lets others ask for a look while the service begins, runs,
// and is over. No time passes.
func TestStartOfTheServiceBeside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &besideService{asks: make(chan ask), ended: make(chan struct{})}
		over, broken, began := errors.New("it is over"), errors.New("it is broken"), time.Now()
		var found atomic.Pointer[error]
		found.Store(new(error))
		begun := make(chan struct{})
		go b.watch(t.Context(), begun, func() error { return *found.Load() })
		ask := func() <-chan error {
			outcome := make(chan error, 1)
			go func() { outcome <- b.Start(t.Context()) }()
			synctest.Wait()
			return outcome
		}

		early := ask()
		if len(early) > 0 {
			t.Errorf("before it has begun: %v", <-early)
		}
		close(begun)
		if err := <-early; err != nil {
			t.Errorf("when it has begun: %v", err)
		}
		if err := <-ask(); err != nil {
			t.Errorf("while it runs: %v", err)
		}
		found.Store(&over)
		late := ask()
		if len(late) > 0 {
			t.Errorf("before it begins anew: %v", <-late)
		}
		b.settle(broken)
		if err := <-late; !errors.Is(err, broken) {
			t.Errorf("when it cannot begin anew: %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %s", took)
		}

		if b.begun != 0 {
			t.Errorf("to look is not to begin anew, and it did so %d times", b.begun)
		}

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Start(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("nobody waits: %v", err)
		}
		close(b.ended)
		if err := b.Start(t.Context()); !errors.Is(err, errPlatformEnds) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestATroubleIsToldOnceUntilItIsOver(t *testing.T) {
	t.Parallel()
	var last trouble
	broken := errors.New("the project's file is broken")
	for i, step := range []struct {
		ran  bool
		err  error
		news bool
	}{
		{false, nil, false}, // it was not prepared yet
		{false, broken, true},
		{false, broken, false},
		{true, nil, false},    // it was mended,
		{false, broken, true}, // and broken again
		{false, errors.New("another"), true},
		{true, broken, true}, // it ran and then failed
	} {
		if step.ran {
			last.over()
		}
		if got := last.isNews(step.err); got != step.news {
			t.Errorf("step %d: %t", i, got)
		}
	}
}

func TestAServiceThatIsEndedIsNoTrouble(t *testing.T) {
	t.Parallel()
	failed := errors.New("sign in to the vault: context canceled")
	for _, one := range []struct{ cause, err, want error }{
		{nil, failed, failed},
		{nil, nil, nil},
		{context.Canceled, failed, nil}, // a reset, or another project, while it starts
		{errBeginsAnew, failed, errBeginsAnew},
		{errBeginsAnew, nil, errBeginsAnew},
	} {
		if got := whyEnded(one.cause, one.err); !errors.Is(got, one.want) || (got == nil) != (one.want == nil) {
			t.Errorf("ended by %v, it says %v: %v, want %v", one.cause, one.err, got, one.want)
		}
	}
}

// TestTheServiceStaysWithItsPlatform has a platform in the state file that was started
// after the one that the service runs beside, and would have its forms carried twice.
func TestTheServiceStaysWithItsPlatform(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &session{lookup: func(string) string { return dir }}
	later := readyDocument{Schema: readySchema, PID: 2, Proxy: "http://127.0.0.1:2"}
	if err := writeState(filepath.Join(dir, sharedState), later); err != nil {
		t.Fatal(err)
	}
	b := &besideService{session: s, failed: &failures{}, ended: make(chan struct{})}
	over, end := context.WithCancel(t.Context())
	end()
	b.run(over, readyDocument{PID: 1})
	if found, err := b.session.findLocal(t.Context()); err != nil || found.PID != 1 {
		t.Errorf("it finds process %d, %v; want its own", found.PID, err)
	}
}
