package control_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/stafett/stafett/local/control"
)

func TestStartServiceByTheControlAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.client.StartService(t.Context())
	wantStatus(t, "no service", err, http.StatusNotFound)
	_, err = w.client.RestartService(t.Context())
	wantStatus(t, "no service", err, http.StatusNotFound)

	beside := service{}
	server, err := control.Serve(t.Context(), control.Config{Service: &beside})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := &control.Client{URL: server.URL(), Token: server.Token(), HTTPClient: w.client.HTTPClient}
	for _, want := range []control.ServiceState{{Serving: true}, {Reason: "it is not prepared"}} {
		if want.Reason != "" {
			beside.outcome = errors.New(want.Reason)
		}
		if got, err := client.StartService(t.Context()); err != nil || got != want {
			t.Errorf("start: told %+v, %v; want %+v", got, err, want)
		}
		if got, err := client.RestartService(t.Context()); err != nil || got != want {
			t.Errorf("restart: told %+v, %v; want %+v", got, err, want)
		}
	}
	if want := []string{"start", "restart", "start", "restart"}; !slices.Equal(beside.asked, want) {
		t.Errorf("asked to %v; want %v", beside.asked, want)
	}
}

// A platform that ends does not wait for the service, nor for any other long answer.
func TestCloseEndsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	beside := waiting{begun: make(chan struct{})}
	server, err := control.Serve(t.Context(), control.Config{Service: beside})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &control.Client{URL: server.URL(), Token: server.Token(), HTTPClient: &http.Client{Transport: transport}}
	told := make(chan control.ServiceState, 1)
	go func() {
		state, err := client.StartService(t.Context())
		if err != nil {
			t.Error(err)
		}
		told <- state
	}()
	<-beside.begun
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if state := <-told; state.Serving || state.Reason != context.Canceled.Error() {
		t.Errorf("told %+v", state)
	}
}

// waiting is a service that does not begin.
type waiting struct{ begun chan struct{} }

func (w waiting) Start(ctx context.Context) error {
	close(w.begun)
	<-ctx.Done()
	return ctx.Err()
}

func (waiting) Restart(context.Context) error { return nil }

// service notes what it is asked. Requests come one by one.
type service struct {
	asked   []string
	outcome error
}

func (s *service) Start(ctx context.Context) error { return s.note(ctx, "start") }

func (s *service) Restart(ctx context.Context) error { return s.note(ctx, "restart") }

func (s *service) note(ctx context.Context, what string) error {
	s.asked = append(s.asked, what)
	if _, bounded := ctx.Deadline(); !bounded {
		return errors.New("it may wait for ever")
	}
	return s.outcome
}
