package selfservice_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/stafett/stafett/selfservice"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const id = "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"

// integrationJSON is what Digdir answers with, members that we have no use for
// included.
const integrationJSON = `{
  "client_id": "` + id + `",
  "client_name": "stafett-fts-tt02-barmarkskjoring",
  "description": "Overleverer søknader",
  "client_orgno": "313547264",
  "supplier_orgno": null,
  "active": true,
  "integration_type": "maskinporten",
  "application_type": "web",
  "token_endpoint_auth_method": "private_key_jwt",
  "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
  "scopes": ["altinn:serviceowner/instances.read"],
  "access_token_lifetime": 120,
  "authorization_lifetime": 7200,
  "refresh_token_usage": "ONETIME",
  "redirect_uris": [],
  "sso_disabled": false,
  "a_member_of_tomorrow": {"b": [1, 2.50]},
  "client_secret": "not to be kept",
  "jwks_uri": "/clients/` + id + `/jwks",
  "jwks": {"keys": []},
  "created": "2026-02-03T09:15:27.118+01:00",
  "last_updated": "2026-02-03T09:15:27.118+01:00"
}`

// tokens gives "token-1", and another after each invalidation.
type tokens struct {
	mu      sync.Mutex
	dropped int
}

func (s *tokens) TokenContext(context.Context) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", s.dropped+1)}, nil
}

func (s *tokens) Invalidate(accessToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if accessToken == fmt.Sprintf("token-%d", s.dropped+1) {
		s.dropped++
	}
}

// api is the wire: it keeps each request as text and answers from a list.
type api struct {
	mu       sync.Mutex
	requests []string
	answers  []http.HandlerFunc
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\n", r.Method, r.URL.RequestURI())
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "Content-Length", "Cookie"} {
		if value := r.Header.Get(name); value != "" {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		var indented bytes.Buffer
		err = json.Indent(&indented, body, "", "  ")
		fmt.Fprintf(&text, "\n%s\n", &indented)
	}
	if err != nil {
		fmt.Fprintf(&text, "\nbad body: %v\n", err)
	}
	a.mu.Lock()
	a.requests = append(a.requests, strings.NewReplacer("token-1", "[token]").Replace(text.String()))
	var next http.HandlerFunc
	if len(a.answers) > 0 {
		next, a.answers = a.answers[0], a.answers[1:]
	}
	a.mu.Unlock()
	if next == nil {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	next(w, r)
}

// wire returns all requests so far.
func (a *api) wire() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.requests, "\n")
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// newClient serves Digdir's test host on a socket of this machine.
func newClient(t *testing.T, answers ...http.HandlerFunc) (*selfservice.Client, *api) {
	t.Helper()
	a := &api{answers: answers}
	server := httptest.NewTLSServer(a)
	t.Cleanup(server.Close)
	client := server.Client()
	transport := client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	transport.TLSClientConfig.ServerName = "example.com" // the name in httptest's certificate
	t.Cleanup(transport.CloseIdleConnections)
	made, err := selfservice.New(selfservice.Config{BaseURL: selfservice.TestBaseURL, HTTPClient: client, Tokens: new(tokens)})
	if err != nil {
		t.Fatal(err)
	}
	return made, a
}

// golden compares got with the file of that name under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the diff. Got:\n%s", path, got)
	}
}
