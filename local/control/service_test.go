package control_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stafett/stafett/local/control"
)

func TestStartServiceByTheControlAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.client.StartService(t.Context())
	wantStatus(t, "no service", err, http.StatusNotFound)

	var outcome error
	server, err := control.Serve(t.Context(), control.Config{Service: func(ctx context.Context) error {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("it may wait for ever")
		}
		return outcome
	}})
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
			outcome = errors.New(want.Reason)
		}
		if got, err := client.StartService(t.Context()); err != nil || got != want {
			t.Errorf("told %+v, %v; want %+v", got, err, want)
		}
	}
}
