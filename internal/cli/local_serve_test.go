package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/maskinporten"
)

// TestStartOfTheServiceBeside lets others ask for a look while the service begins, runs,
// and is over. No time passes.
func TestStartOfTheServiceBeside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		streams := &term.Streams{Err: &term.Stream{Writer: &told}}
		b := &besideService{
			session: &session{streams: streams}, failed: &failures{err: streams.Err, flags: "--local"}, asks: make(chan ask), ended: make(chan struct{}),
		}
		over, broken, began := errors.New("it is over"), errors.New("it is broken"), time.Now()
		var found, hindered atomic.Pointer[error]
		found.Store(new(error))
		hindered.Store(new(error))
		begun := make(chan struct{})
		go b.watch(t.Context(), begun, func() error { return *found.Load() }, func() error { return *hindered.Load() })
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
		noToken := error(&noTokenError{errors.New("none is given")})
		hindered.Store(&noToken)
		if err := <-ask(); !errors.Is(err, noToken) {
			t.Errorf("without a token: %v", err)
		}
		hindered.Store(new(error))
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

// What hinders the service is told when it has been met twice, and once; and that it is
// over is told then only. With --json that is all that is told.
func TestHindrancesAreToldOnce(t *testing.T) {
	t.Parallel()
	for _, json := range []bool{false, true} {
		tellHindrances(t, json)
	}
}

func tellHindrances(t *testing.T, json bool) {
	t.Helper()
	var told bytes.Buffer
	streams := &term.Streams{Err: &term.Stream{Writer: &told}}
	b := &besideService{session: &session{streams: streams, json: json}, failed: &failures{err: streams.Err, flags: "--local"}}
	refusal := func(trace string) error {
		return &noTokenError{fmt.Errorf("ask: %w", &maskinporten.Error{Status: 400, MPCode: "MP-100", Description: "Client not found", TraceID: trace})}
	}
	const carries = "[ok] the service carries each form that is sent in; see it with: stafett handover list --local --all\n"
	for n, step := range []struct {
		hindrance error
		want      string
	}{
		{nil, carries},
		{nil, ""},
		{refusal("1"), ""},
		{nil, ""}, // it was nothing
		{refusal("2"), ""},
		{refusal("3"), "warning: no form is carried over: the service gets no token: maskinporten refused: Client not found (HTTP 400, MP-100)\n" +
			"hint: there is no active integration with this client id in this environment; check the client id and the environment; " +
			"an integration in test does not exist in production; after creating one, wait for two minutes; see also: stafett doctor --local\n"},
		{refusal("4"), ""},
		{nil, carries},
		{&unfoundError{"403 Forbidden"}, ""},
		{&unfoundError{"403 Forbidden"}, "warning: not all forms that are sent in are found: 403 Forbidden\nhint: see also: stafett doctor --local\n"},
	} {
		told.Reset()
		b.tell(step.hindrance)
		if json && n == 0 {
			step.want = ""
		}
		if told.String() != step.want {
			t.Errorf("step %d (json: %t) told\n%swant\n%s", n, json, &told, step.want)
		}
	}
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
