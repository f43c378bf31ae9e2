package serve_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/secret"
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

// A new secret in the vault is told to Altinn as soon as it is read.
func TestANewSecretIsSubscribedWith(t *testing.T) {
	t.Parallel()
	reserved := ok(net.Listen("tcp", "127.0.0.1:0"))(t)
	address := reserved.Addr().String()
	must(t, reserved.Close())
	w := newWorld(t, func(cfg *local.Config) { cfg.Forwards = map[string]string{"stafett.fts.example": "http://" + address} })
	server := w.start(listening(w), func(cfg *serve.Config) {
		cfg.Listen, w.project.Service.RereadSecrets = address, 20*time.Millisecond
	})
	told := func(line string) func() bool {
		return func() bool {
			_, _, text := w.call(server, http.MethodGet, "/metrics", "", "")
			return strings.Contains(text, line)
		}
	}
	w.await("the subscription", told("stafett_subscription_active 1\n"))
	const renewed = "another-secret-of-the-webhook-0123456789"
	ok(w.vault.Set(t.Context(), "stafett-events", secret.New(renewed), keyvault.SetOptions{}))(t)
	w.await("the second subscription", told(`stafett_requests_total{code="201",method="POST",system="platform"} 2`))
	if status, _, _ := w.call(server, http.MethodPost, "/events/"+hookSecret, "", "{}"); status != http.StatusNotFound {
		t.Errorf("the old secret is answered with %d", status)
	}
	// Altinn delivers when it has validated the second one.
	w.await("an event", func() bool {
		w.sendIn()
		records := ok(server.Operations().List(t.Context(), handover.Filter{}))(t)
		return len(records) > 0 && records[0].Trigger == handover.ByEvent
	})
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
