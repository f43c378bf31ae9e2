package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/secret"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type world struct {
	*control.Server
	faults   *fault.Set
	forwards *front.Forwards
	client   *control.Client
}

func newWorld(t *testing.T) *world { return newWorldWith(t, nil) }

func newWorldWith(t *testing.T, stands control.Stands) *world {
	t.Helper()
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: http.NotFoundHandler()}}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{faults: fault.New(network.Names()), forwards: front.NewForwards(network)}
	if w.Server, err = control.Serve(t.Context(), control.Config{Faults: w.faults, Forwards: w.forwards, Stands: stands}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.Close(), network.Close()); err != nil {
			t.Error(err)
		}
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	w.client = &control.Client{URL: w.URL(), Token: w.Token(), HTTPClient: &http.Client{Transport: checked{t, transport}}}
	return w
}

func TestFaultsByTheControlAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rules := []fault.Rule{
		{Host: "x.no", Path: "/a/*", Method: "POST", Status: 429, RetryAfter: 2, Body: "slow down", Times: 3, Skip: 1},
		{Delay: 1500 * time.Millisecond, Before: true, Chance: 0.25, Seed: 1<<64 - 1},
	}
	for n, rule := range rules {
		if id, err := w.client.AddFault(t.Context(), rule); err != nil || id != n+1 {
			t.Fatalf("rule %d: number %d, %v", n, id, err)
		}
	}
	list, err := w.client.Faults(t.Context())
	if err != nil || !reflect.DeepEqual(list, w.faults.List()) || len(list) != 2 || list[1].Rule != rules[1] {
		t.Errorf("listed %+v, %v", list, err)
	}
	if err := w.client.RemoveFault(t.Context(), 1); err != nil || len(w.faults.List()) != 1 {
		t.Errorf("after removing one: %v, %v", w.faults.List(), err)
	}
	wantStatus(t, "an unknown fault", w.client.RemoveFault(t.Context(), 1), http.StatusNotFound)
	if err := w.client.ClearFaults(t.Context()); err != nil || len(w.faults.List()) != 0 {
		t.Errorf("after clearing: %v, %v", w.faults.List(), err)
	}
	_, err = w.client.AddFault(t.Context(), fault.Rule{Host: "y.no", Reset: true})
	wantStatus(t, "a host that is not served", err, http.StatusUnprocessableEntity)
}

func TestForwardsByTheControlAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.client.SetForward(t.Context(), "hook.example.com", "http://127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	list, err := w.client.Forwards(t.Context())
	if want := map[string]string{"hook.example.com": "http://127.0.0.1:8080"}; err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("listed %v, %v", list, err)
	}
	wantStatus(t, "an address elsewhere", w.client.SetForward(t.Context(), "hook.example.com", "http://192.0.2.1:80"), http.StatusUnprocessableEntity)
	if err := w.client.RemoveForward(t.Context(), "hook.example.com"); err != nil || len(w.forwards.List()) != 0 {
		t.Errorf("after removing: %v, %v", w.forwards.List(), err)
	}
	wantStatus(t, "an unknown forward", w.client.RemoveForward(t.Context(), "hook.example.com"), http.StatusNotFound)
}

func wantStatus(t *testing.T, what string, err error, status int) {
	t.Helper()
	var refused *control.Error
	if !errors.As(err, &refused) || refused.Status != status || refused.Detail == "" {
		t.Errorf("%s: %v, want status %d", what, err, status)
	}
}

// Nobody gets in without the token, nor by another name: a page in a browser
// could send requests here.
func TestWhoMaySteer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(w.URL(), "http://"), ":")
	for name, c := range map[string]struct {
		host, path, token string
		want              int
	}{
		"health needs none":   {"", "/healthz", "", 200},
		"no token":            {"", "/faults", "", 401},
		"another token":       {"", "/faults", "Bearer nonsense", 401},
		"basic":               {"", "/faults", "Basic " + w.Token().Reveal(), 401},
		"the token":           {"", "/faults", "Bearer " + w.Token().Reveal(), 200},
		"by localhost":        {"localhost:" + port, "/faults", "Bearer " + w.Token().Reveal(), 200},
		"by another name":     {"evil.example.com:" + port, "/faults", "Bearer " + w.Token().Reveal(), 421},
		"health, other name":  {"evil.example.com", "/healthz", "", 421},
		"a path that is none": {"", "/nothing", "Bearer " + w.Token().Reveal(), 404},
	} {
		if status, body := w.send(t, http.MethodGet, c.path, c.host, c.token, ""); status != c.want || strings.Contains(body, w.Token().Reveal()) {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
	if len(w.Token().Reveal()) < 43 { // 256 bits in base64
		t.Errorf("the token has %d characters", len(w.Token().Reveal()))
	}
	wantStatus(t, "a client without token", (&control.Client{URL: w.URL(), Token: secret.New("x")}).ClearFaults(t.Context()), http.StatusUnauthorized)
}

func TestBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		method, path, body string
		want               int
	}{
		"no JSON":           {"POST", "/faults", "reset", 400},
		"a misspelt member": {"POST", "/faults", `{"rest":true}`, 400},
		"two documents":     {"POST", "/faults", `{"reset":true}{}`, 400},
		"no fault":          {"POST", "/faults", `{}`, 422},
		"too large":         {"POST", "/faults", `{"body":"` + strings.Repeat("x", 1<<20) + `"}`, 400},
		"no target":         {"PUT", "/forwards/a.no", `{}`, 422},
		"other members":     {"PUT", "/forwards/a.no", `{"target":"http://127.0.0.1:1"}`, 400},
		"no number":         {"DELETE", "/faults/one", "", 404},
		"another method":    {"PATCH", "/faults", "", 405},
	} {
		if status, body := w.send(t, c.method, c.path, "", "Bearer "+w.Token().Reveal(), c.body); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
	if len(w.faults.List())+len(w.forwards.List()) != 0 {
		t.Error("something was taken")
	}
}

// What is refused is a problem document, whoever refuses it.
func TestRefusalsAreProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for request, want := range map[string]string{
		"GET /nothing":     `{"title":"Not Found","status":404,"detail":"there is nothing here; GET /openapi.json describes what there is"}`,
		"PATCH /faults":    `{"title":"Method Not Allowed","status":405,"detail":"use GET, POST, DELETE here"}`,
		"GET /forwards/x":  `{"title":"Method Not Allowed","status":405,"detail":"use PUT, DELETE here"}`,
		"GET /propagation": `{"title":"Not Found","status":404,"detail":"there is nothing here; GET /openapi.json describes what there is"}`,
	} {
		method, path, _ := strings.Cut(request, " ")
		if _, body := w.send(t, method, path, "", "Bearer "+w.Token().Reveal(), ""); strings.TrimSpace(body) != want {
			t.Errorf("%s: %s", request, body)
		}
	}
}

func (w *world) send(t *testing.T, method, path, host, authorization, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// The token is not printed by accident.
func TestTheTokenIsNotPrinted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if text := fmt.Sprintf("%v %+v %#v", w.Token(), *w.client, *w.client); strings.Contains(text, w.Token().Reveal()) {
		t.Error("the token is printed")
	}
}
