package serve_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/serve"
)

// entrance stands before a service, as in production: Altinn knows its address before
// there is a service that it leads to. Until then requests wait.
func entrance(t *testing.T) (address string, leadTo func(*serve.Server)) {
	t.Helper()
	known := make(chan string, 1)
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{DisableKeepAlives: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			select {
			case host := <-known:
				known <- host
				r.SetURL(&url.URL{Scheme: "http", Host: host})
			case <-r.In.Context().Done():
			}
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL, func(s *serve.Server) { known <- s.Addr() }
}

// Altinn tells of a form that is sent in: the service subscribes by itself,
// answers the validation, and begins the handover.
func TestAltinnTellsOfForms(t *testing.T) {
	t.Parallel()
	address, leadTo := entrance(t)
	w := newWorld(t, func(cfg *local.Config) { cfg.Forwards = map[string]string{"stafett.fts.example": address} })
	log := &logged{}
	server := w.start(listening(w), func(cfg *serve.Config) { cfg.Logger = log.logger() })
	leadTo(server)
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
	address, leadTo := entrance(t)
	w := newWorld(t, func(cfg *local.Config) { cfg.Forwards = map[string]string{"stafett.fts.example": address} })
	server := w.start(listening(w), func(*serve.Config) { w.project.Service.RereadSecrets = 20 * time.Millisecond })
	leadTo(server)
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
