package serve_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/serve"
)

// Altinn tells of a form that is sent in: the service subscribes by itself,
// answers the validation, and begins the handover.
func TestAltinnTellsOfForms(t *testing.T) {
	t.Parallel()
	// The address has to be known before the service starts, as in production.
	reserved := ok(net.Listen("tcp", "127.0.0.1:0"))(t)
	address := reserved.Addr().String()
	must(t, reserved.Close())
	w := newWorld(t, func(cfg *local.Config) { cfg.Forwards = map[string]string{"stafett.fts.example": "http://" + address} })
	log := &logged{}
	server := w.start(listening(w), func(cfg *serve.Config) { cfg.Listen, cfg.Logger = address, log.logger() })
	w.await("the subscription", func() bool {
		_, _, text := w.call(server, http.MethodGet, "/metrics", "", "")
		return strings.Contains(text, "stafett_subscription_active 1\n")
	})
	if record := w.awaitDone(server.Operations(), w.sendIn()); record.Trigger != handover.ByEvent {
		t.Errorf("trigger %q", record.Trigger)
	}
	for _, private := range []string{hookSecret, w.person.SSN} {
		if strings.Contains(log.String(), private) {
			t.Error("the log holds a secret or a person's number")
		}
	}
}

// Without events the service does its work all the same.
func TestASubscriptionThatFailsStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // Altinn does not reach https://stafett.fts.example
	server := w.start(listening(w), func(cfg *serve.Config) { cfg.SweepEvery = w.config().SweepEvery })
	w.awaitDone(server.Operations(), w.sendIn())
	status, _, text := w.call(server, http.MethodGet, "/readyz", "", "")
	if status != http.StatusOK || !strings.Contains(text, `"remarks":{"subscription":"pending"}`) {
		t.Errorf("%d %s", status, text)
	}
}
