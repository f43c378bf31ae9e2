package serve_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/internal/postgrestest"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/serve"
)

// Nobody calls anybody: a form that is sent in becomes a receiving instance.
func TestAFormIsHandedOverWithoutAnyCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := &logged{}
	server := w.start(func(cfg *serve.Config) { cfg.Logger = log.logger() })
	form := w.sendIn()
	record := w.awaitDone(server.Operations(), form)
	all := w.received()
	if len(all) != 1 || all[0].ID != record.Receiving || all[0].DataValues[handover.Stamp] != record.Key {
		t.Errorf("received %d instances, recorded %s", len(all), record.Receiving)
	}
	if record.Trigger != handover.BySweep {
		t.Errorf("trigger %q", record.Trigger)
	}
	for _, private := range []string{w.person.SSN, w.person.Name, "eyJ", w.platform.Seed().AzureClientSecret.Reveal()} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log holds %q", private[:3])
		}
	}
}

// Two services with one journal would be one too many; commands go through the
// local socket of the one that runs.
func TestOneServiceForAJournal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.start()
	if _, err := serve.Start(t.Context(), w.config()); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("a second service: %v", err)
	}
	other := func(cfg *serve.Config) { cfg.Journal = filepath.Join(w.dir, "other.db") }
	taken := w.config()
	other(&taken)
	taken.Listen = server.Addr()
	if _, err := serve.Start(t.Context(), taken); err == nil || !strings.Contains(err.Error(), server.Addr()) {
		t.Errorf("an address that is taken: %v", err)
	}
	must(t, w.start(other).Stop(t.Context())) // the failed start has let go of the journal
	remote := ok(serve.Dial(t.Context(), server.Socket()))(t)
	defer remote.Close()
	definition := w.definitions[0].ID()
	must(t, remote.Pause(t.Context(), definition, true))
	form := w.sendIn()
	records := ok(remote.Begin(t.Context(), definition, form, handover.ByCommand))(t)
	if status := ok(remote.Summary(t.Context()))(t); len(records) != 1 || len(status.Paused) != 1 || records[0].State != handover.Planned {
		t.Errorf("records %+v, status %+v", records, status)
	}
	must(t, remote.Pause(t.Context(), definition, false))
	w.awaitDone(remote, form)
	if _, err := remote.Begin(t.Context(), "unknown", form, handover.ByCommand); !errors.Is(err, handover.ErrUnknownDefinition) {
		t.Error(err)
	}
}

// What a service that was stopped has left is taken up by the next.
func TestAnotherServiceGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := ok(serve.Start(t.Context(), w.config()))(t)
	definition := w.definitions[0].ID()
	must(t, first.Operations().Pause(t.Context(), definition, true))
	form := w.sendIn()
	ok(first.Operations().Begin(t.Context(), definition, form, handover.ByCommand))(t)
	must(t, first.Stop(t.Context()))
	second := w.start(func(cfg *serve.Config) { cfg.SweepEvery = time.Hour })
	must(t, second.Operations().Pause(t.Context(), definition, false))
	w.awaitDone(second.Operations(), form)
	if n := len(w.received()); n != 1 {
		t.Errorf("%d instances", n)
	}
}

func TestASettingThatSendsRequestsElsewhereStopsTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.Load = func(ctx context.Context, client *http.Client) (*integration.Integration, error) {
		request := ok(http.NewRequestWithContext(ctx, http.MethodGet, "https://elsewhere.example/", nil))(t)
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		return nil, err
	}
	_, err := serve.Start(t.Context(), cfg)
	if refused, is := errors.AsType[*serve.EgressError](err); !is || refused.Host != "elsewhere.example" {
		t.Error(err)
	}
	must(t, w.start().Stop(t.Context())) // the failed start has let go of the journal
}

func TestSecretsAreReadAgainWhereSoConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.project.Service.RereadSecrets = 20 * time.Millisecond
	log := &logged{}
	var failing, reads atomic.Int32
	server := w.start(func(cfg *serve.Config) {
		cfg.Logger = log.logger()
		cfg.Load = func(ctx context.Context, client *http.Client) (*integration.Integration, error) {
			reads.Add(1)
			if failing.Load() != 0 {
				return nil, errors.New("the vault is out of order")
			}
			return w.load(ctx, client)
		}
	})
	w.await("three reads", func() bool { return reads.Load() > 3 })
	if n := strings.Count(log.String(), `"read the secrets"`); n != 1 {
		t.Errorf("the same secrets were taken for new %d times", n)
	}
	failing.Store(1)
	w.await("a failure", func() bool { return strings.Contains(log.String(), "those that were read before are used on") })
	form := w.sendIn()
	w.awaitDone(server.Operations(), form)
	if _, _, text := w.call(server, http.MethodGet, "/metrics", "", ""); !regexp.MustCompile(`(?m)^stafett_secret_errors_total [1-9]`).MatchString(text) {
		t.Error("the failure is not counted")
	}
	failing.Store(0)
	w.replaceKey()
	w.await("the new key", func() bool { return strings.Count(log.String(), `"read the secrets"`) == 2 })
}

func TestTheServiceIsUnreadyWithoutTokens(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	w := newWorld(t, func(cfg *local.Config) {
		cfg.Wrap = func(host string, next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if broken.Load() && host == local.MaskinportenHost {
					out.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				next.ServeHTTP(out, r)
			})
		}
	})
	must(t, w.start().Stop(t.Context())) // the first start counts the forms that wait
	broken.Store(true)
	server := w.start()
	status, _, text := w.call(server, http.MethodGet, "/readyz", "", "")
	if status != http.StatusServiceUnavailable || !strings.Contains(text, `"status":"unready"`) || !strings.Contains(text, `"tokens":"failing"`) ||
		strings.Contains(text, "maskinporten") {
		t.Errorf("%d %s", status, text)
	}
	if status, _, _ := w.call(server, http.MethodGet, "/healthz", "", ""); status != http.StatusOK {
		t.Errorf("healthz %d: the process is alive", status)
	}
	failing := func() []handover.FailingSweep { return ok(server.Operations().Summary(t.Context()))(t).Failing }
	w.await("a sweep that fails", func() bool { return len(failing()) == len(w.definitions) })
	if first := failing()[0]; first.DefinitionID != w.definitions[0].ID() || first.Times == 0 || !strings.Contains(first.Cause, "HTTP 503") {
		t.Errorf("%+v", first)
	}
	broken.Store(false)
	w.await("a sweep that is complete", func() bool { return len(failing()) == 0 })
}

// docs/metrics.md is what alerts and dashboards are made from.
func TestMetricsAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.start(listening(w), func(cfg *serve.Config) {
		cfg.SweepEvery, cfg.MetricsListen = w.config().SweepEvery, "127.0.0.1:0"
	})
	w.awaitDone(server.Operations(), w.sendIn())
	if status, _, _ := w.call(server, http.MethodGet, "/metrics", "", ""); status != http.StatusNotFound {
		t.Errorf("metrics have a listener of their own, and the other one answers %d", status)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	definition, text := w.definitions[0].ID(), ""
	w.await("a handover that is counted, a moment after it is written down", func() bool {
		request := ok(http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.MetricsAddr()+"/metrics", nil))(t)
		response := ok(client.Do(request))(t)
		defer response.Body.Close()
		text = string(ok(io.ReadAll(response.Body))(t))
		return strings.Contains(text, `stafett_handover_seconds_count{definition="`+definition+"\"} 1\n")
	})
	document := string(ok(os.ReadFile(filepath.Join("..", "docs", "metrics.md")))(t))
	for _, row := range regexp.MustCompile("(?m)^\\| `(stafett_[a-z_]+)` \\| ([a-z]+) \\|").FindAllStringSubmatch(document, -1) {
		if !strings.Contains(text, "# TYPE "+row[1]+" "+row[2]+"\n") {
			t.Errorf("%s, a %s, is not there", row[1], row[2])
		}
	}
	for _, series := range []string{
		`stafett_handovers{definition="` + definition + `",state="done"} 1`,
		`stafett_unclear_outcomes_total{definition="` + definition + `"} 0`,
		`stafett_requests_total{code="201",method="POST",system="application"} 1`,
		`stafett_breaker_open{application="` + w.receiving.ID + `"} 0`,
	} {
		if !strings.Contains(text, series+"\n") {
			t.Errorf("there is no %s", series)
		}
	}
	if strings.Contains(text, strconv.Itoa(w.person.PartyID)) {
		t.Error("the metrics name a party")
	}
}

// With PostgreSQL, several services share the work.
func TestServicesShareADatabase(t *testing.T) {
	t.Parallel()
	database := secret.New(postgrestest.New(t))
	w := newWorld(t)
	inDatabase := func(cfg *serve.Config) { cfg.DatabaseURL, cfg.Journal = database, "" }
	first, second := w.start(inDatabase), w.start(inDatabase)
	if first.Socket() != "" {
		t.Error("commands use the database; a socket leads to one of many only")
	}
	var forms []string
	for range 4 {
		forms = append(forms, w.sendIn())
	}
	for _, form := range forms {
		w.awaitDone(second.Operations(), form)
	}
	must(t, first.Stop(t.Context()))
	w.awaitDone(second.Operations(), w.sendIn())
	if n := len(w.received()); n != 5 {
		t.Errorf("5 forms became %d instances", n)
	}
}

// A create that the server finishes long after makes a second instance. The sweep
// finds it, counts it and removes it.
func TestADuplicateThatComesLateIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.start()
	record := w.awaitDone(server.Operations(), w.sendIn())
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: w.tokens})
	owner := altinn.InstanceOwner{OrganisationNumber: w.project.Owner.OrganisationNumber}
	late := ok(apps.CreateInstance(t.Context(), w.receiving.ID, altinn.Template{Owner: owner, DataValues: map[string]string{handover.Stamp: record.Key}}, nil))(t)
	w.await("the duplicate", func() bool {
		records := ok(server.Operations().List(t.Context(), handover.Filter{Source: record.Source}))(t)
		return len(records[0].Duplicates) == 1 && records[0].Duplicates[0] == handover.Duplicate{Instance: late.ID, Fate: handover.Deleted}
	})
	w.await("a duplicate that is counted, a moment after it is written down", func() bool {
		_, _, text := w.call(server, http.MethodGet, "/metrics", "", "")
		return strings.Contains(text, `stafett_duplicates_found_total{definition="`+record.DefinitionID+"\"} 1\n")
	})
}
