package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/serve"
)

// The scope is one that the local platform's integration has; a real one is the
// organisation's own.
func callable(w *world) func(*serve.Config) {
	return func(cfg *serve.Config) {
		w.project.Service.Callers = project.Callers{
			Scope: "altinn:serviceowner/instances.write", Organisations: []string{w.project.Owner.OrganisationNumber},
		}
		cfg.SweepEvery = time.Hour // what comes, comes by the call
	}
}

// call sends a request to the service and reads the answer.
func (w *world) call(server *serve.Server, method, path, token, body string) (int, http.Header, string) {
	w.t.Helper()
	request := ok(http.NewRequestWithContext(w.t.Context(), method, "http://"+server.Addr()+path, strings.NewReader(body)))(w.t)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response := ok(client.Do(request))(w.t)
	defer response.Body.Close()
	return response.StatusCode, response.Header, string(ok(io.ReadAll(response.Body))(w.t))
}

type accepted struct {
	Instance  string
	Completed bool
	Handovers []struct{ Key, Definition, Source, State, Receiving string }
}

func TestTheInterfaceForApplications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := &logged{}
	server := w.start(callable(w), func(cfg *serve.Config) { cfg.Logger = log.logger() })
	t.Run("a form is handed over", func(t *testing.T) { askForAHandover(t, w, server) })
	t.Run("a form that is not sent in yet is looked at again", func(t *testing.T) { askTooEarly(t, w, server) })
	t.Run("refusals", func(t *testing.T) { refusals(t, w, server) })
	t.Run("health", func(t *testing.T) { health(t, w, server) })
	if strings.Contains(log.String(), "eyJ") {
		t.Error("the log holds a token")
	}
}

func askForAHandover(t *testing.T, w *world, server *serve.Server) {
	t.Helper()
	token := ok(w.tokens.Token(t.Context()))(t).Reveal()
	form := w.sendIn()
	body := fmt.Sprintf(`{"instance":%q,"definition":%q}`, strings.ToUpper(form), w.definitions[0].ID())
	var keys []string
	for range 2 { // the second finds what the first has begun
		status, _, text := w.call(server, http.MethodPost, "/handovers", token, body)
		var got accepted
		must(t, json.Unmarshal([]byte(text), &got))
		if status != http.StatusAccepted || !got.Completed || got.Instance != form || len(got.Handovers) != 1 {
			t.Fatalf("%d %s", status, text)
		}
		keys = append(keys, got.Handovers[0].Key)
	}
	if keys[0] != keys[1] {
		t.Errorf("one form has the keys %v", keys)
	}
	record := w.awaitDone(server.Operations(), form)
	if record.Trigger != handover.ByAPI {
		t.Errorf("trigger %q", record.Trigger)
	}
	status, _, text := w.call(server, http.MethodGet, "/handovers/"+keys[0], token, "")
	if status != http.StatusOK || !strings.Contains(text, record.Receiving) || !strings.Contains(text, `"state":"done"`) {
		t.Errorf("%d %s", status, text)
	}
}

// An application's process hook asks before the process has ended.
func askTooEarly(t *testing.T, w *world, server *serve.Server) {
	t.Helper()
	form := w.fillIn()
	status, _, text := w.call(server, http.MethodPost, "/handovers", ok(w.tokens.Token(t.Context()))(t).Reveal(), `{"instance":"`+form+`"}`)
	if status != http.StatusAccepted || !strings.Contains(text, `"completed":false`) || !strings.Contains(text, `"handovers":[]`) {
		t.Fatalf("%d %s", status, text)
	}
	w.confirm(form)
	w.awaitDone(server.Operations(), form)
}

func refusals(t *testing.T, w *world, server *serve.Server) {
	t.Helper()
	token := ok(w.tokens.Token(t.Context()))(t).Reveal()
	person := ok(w.logIn().Token(t.Context()))(t).Reveal()
	const unknown = "50900001/00000000-0000-4000-8000-000000000000"
	tests := map[string]struct {
		method, path, token, body string
		status                    int
	}{
		"no token":             {"POST", "/handovers", "", `{"instance":"` + unknown + `"}`, 401},
		"a person's token":     {"POST", "/handovers", person, `{"instance":"` + unknown + `"}`, 403},
		"no JSON":              {"POST", "/handovers", token, `instance`, 400},
		"no instance":          {"POST", "/handovers", token, `{}`, 400},
		"a path":               {"POST", "/handovers", token, `{"instance":"../../x"}`, 400},
		"more than is known":   {"POST", "/handovers", token, `{"instance":"` + unknown + `","recipient":"x"}`, 400},
		"two values":           {"POST", "/handovers", token, `{"instance":"` + unknown + `"}{}`, 400},
		"too long":             {"POST", "/handovers", token, `{"instance":"` + strings.Repeat("1", 5000) + `"}`, 413},
		"unknown definition":   {"POST", "/handovers", token, `{"instance":"` + unknown + `","definition":"x"}`, 404},
		"another method":       {"PUT", "/handovers", token, `{}`, 405},
		"an unknown handover":  {"GET", "/handovers/" + strings.Repeat("0", 64), token, "", 404},
		"no key":               {"GET", "/handovers/x", token, "", 400},
		"without a token":      {"GET", "/handovers/" + strings.Repeat("0", 64), "", "", 401},
		"events are not taken": {"POST", "/events/x", "", "{}", 404},
		"nothing there":        {"GET", "/", token, "", 404},
	}
	for name, test := range tests {
		status, header, text := w.call(server, test.method, test.path, test.token, test.body)
		if status != test.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, test.status)
		}
		if status == http.StatusUnauthorized && header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: 401 without a challenge", name)
		}
	}
}

func health(t *testing.T, w *world, server *serve.Server) {
	t.Helper()
	if status, _, text := w.call(server, http.MethodGet, "/healthz", "", ""); status != http.StatusOK {
		t.Errorf("healthz: %d %s", status, text)
	}
	status, _, text := w.call(server, http.MethodGet, "/readyz", "", "")
	if status != http.StatusOK || !strings.Contains(text, `"status":"ready","checks":{"journal":"ok","tokens":"ok"}`) {
		t.Errorf("readyz: %d %s", status, text)
	}
	if status, header, text := w.call(server, http.MethodGet, "/openapi.yaml", "", ""); status != http.StatusOK ||
		header.Get("Content-Type") != "application/yaml" || !strings.HasPrefix(text, "openapi: 3.1.0") {
		t.Errorf("openapi: %d", status)
	}
}

const hookSecret = "a-secret-of-the-webhook-0123456789"

// listening configures events.
func listening(w *world) func(*serve.Config) {
	ok(w.vault.Set(w.t.Context(), "stafett-events", secret.New(hookSecret), keyvault.SetOptions{}))(w.t)
	return func(cfg *serve.Config) {
		w.project.Service.Events = project.Events{Address: "https://stafett.fts.example", Secret: "stafett-events"}
		cfg.SweepEvery = time.Hour
	}
}

// What protects the address of the events must be there, and not be guessable.
func TestAWeakSecretStopsTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	events := listening(w)
	for _, weak := range []string{"", "0123456789abcdef0123456789abcde"} {
		ok(w.vault.Set(t.Context(), "stafett-events", secret.New(weak), keyvault.SetOptions{}))(t)
		cfg := w.config()
		events(&cfg)
		_, err := serve.Start(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("it has %d characters", len(weak))) || weak != "" && strings.Contains(err.Error(), weak) {
			t.Errorf("%d characters: %v", len(weak), err)
		}
		if told, is := errors.AsType[interface {
			error
			Remedy() string
		}](err); !is || !strings.Contains(told.Remedy(), "store 32 random characters") {
			t.Errorf("%d characters: %v", len(weak), err)
		}
	}
}

func event(kind, source string) string {
	return fmt.Sprintf(`{"id":"e1","specversion":"1.0","type":%q,"time":"2031-04-02T08:20:00Z","source":%q,
		"subject":"/party/50900001","alternativesubject":"/person/26917299001"}`, kind, source)
}

func TestAnEventBeginsAHandover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := &logged{}
	server := w.start(listening(w), func(cfg *serve.Config) { cfg.Logger = log.logger() })
	form := w.sendIn()
	source := w.environment.AppURL(w.original.ID) + "/instances/" + form
	tests := map[string]struct {
		secret, body string
		status       int
	}{
		"a wrong secret":      {"wrong", event("app.instance.process.completed", source), 404},
		"half a secret":       {hookSecret[:10], event("app.instance.process.completed", source), 404},
		"no event":            {hookSecret, `{}`, 400},
		"too long":            {hookSecret, strings.Repeat(" ", 65<<10), 413},
		"validation":          {hookSecret, event("platform.events.validatesubscription", "https://platform.tt02.altinn.no/events/api/v1/subscriptions/1"), 200},
		"another type":        {hookSecret, event("app.instance.created", source), 200},
		"another application": {hookSecret, event("app.instance.process.completed", strings.Replace(source, "barmark", "skog", 1)), 200},
		"an unknown instance": {hookSecret, event("app.instance.process.completed", source[:len(source)-4]+"0000"), 200},
	}
	for name, test := range tests {
		if status, _, text := w.call(server, http.MethodPost, "/events/"+test.secret, "", test.body); status != test.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, test.status)
		}
	}
	if records := ok(server.Operations().List(t.Context(), handover.Filter{}))(t); len(records) != 0 {
		t.Fatalf("these have begun %d handovers", len(records))
	}
	for range 2 { // Altinn delivers at least once
		if status, _, text := w.call(server, http.MethodPost, "/events/"+hookSecret, "", event("app.instance.process.completed", source)); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		// Durable before the answer.
		if records := ok(server.Operations().List(t.Context(), handover.Filter{Source: form}))(t); len(records) != 1 || records[0].Trigger != handover.ByEvent {
			t.Fatalf("records: %+v", records)
		}
	}
	w.awaitDone(server.Operations(), form)
	early := w.fillIn() // an event before its time: Altinn is to deliver it again
	body := event("app.instance.process.completed", w.environment.AppURL(w.original.ID)+"/instances/"+early)
	if status, header, text := w.call(server, http.MethodPost, "/events/"+hookSecret, "", body); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("an event that cannot be noted: %d %s", status, text)
	}
	for _, private := range []string{"26917299001", hookSecret} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

func TestStopIsGraceful(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	ready := make(chan *serve.Server)
	go func() { ended <- serve.Run(ctx, w.config(), func(s *serve.Server) { ready <- s }) }()
	server := <-ready
	socket := server.Socket()
	remote := ok(serve.Dial(t.Context(), socket))(t)
	remote.Close()
	cancel()
	select {
	case err := <-ended:
		must(t, err)
	case <-time.After(patience):
		t.Fatal("the service does not stop")
	}
	must(t, server.Wait())
	if _, err := serve.Dial(t.Context(), socket); err == nil {
		t.Error("the socket answers after the stop")
	}
	// What it had is free: the journal, the address, the socket.
	again := ok(serve.Start(t.Context(), w.config()))(t)
	must(t, again.Stop(t.Context()))
}
