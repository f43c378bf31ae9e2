package maskinporten_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

func TestMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.do(httptest.NewRequest(http.MethodGet, issuer+".well-known/oauth-authorization-server", nil))
	want := `{"authorization_details_types_supported":["urn:altinn:systemuser","urn:altinn:consent"],` +
		`"grant_types_supported":["urn:ietf:params:oauth:grant-type:jwt-bearer"],"issuer":"https://test.maskinporten.no/",` +
		`"jwks_uri":"https://test.maskinporten.no/jwk","token_endpoint":"https://test.maskinporten.no/token",` +
		`"token_endpoint_auth_methods_supported":["private_key_jwt"],` +
		`"token_endpoint_auth_signing_alg_values_supported":["RS256","RS384","RS512"]}`
	if got.Code != 200 || got.Body.String() != want || got.Header().Get("Content-Type") != "application/json" {
		t.Errorf("metadata is %d %s", got.Code, got.Body)
	}
	if got.Header().Get("Date") != "Sun, 22 Nov 2026 12:00:00 GMT" {
		t.Errorf("Date is %s, not that of the server's clock", got.Header().Get("Date"))
	}
}

func TestSigningKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.do(httptest.NewRequest(http.MethodGet, issuer+"jwk", nil))
	var set jose.JSONWebKeySet // refuses a certificate of another key
	w.must(json.Unmarshal(got.Body.Bytes(), &set))
	if len(set.Keys) != 1 || set.Keys[0].Algorithm != "RS256" || set.Keys[0].Use != "sig" || len(set.Keys[0].KeyID) != 43 || len(set.Keys[0].Certificates) != 1 {
		t.Errorf("keys are %s", got.Body)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]int{
		".well-known/openid-configuration": 404, // Maskinporten is no OpenID provider
		"token/":                           404,
		"":                                 404,
		"jwk":                              200,
		"jwks":                             404,
	} {
		if got := w.do(httptest.NewRequest(http.MethodGet, issuer+path, nil)); got.Code != want {
			t.Errorf("GET /%s: status %d, want %d", path, got.Code, want)
		}
	}
	if got := w.do(httptest.NewRequest(http.MethodPost, issuer+"jwk", nil)); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") == "" {
		t.Errorf("POST /jwk: status %d", got.Code)
	}
}

func TestIssuerWithPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.Issuer = "http://localhost:8080/mp/" })
	got := w.do(httptest.NewRequest(http.MethodGet, "http://localhost:8080/mp/.well-known/oauth-authorization-server", nil))
	if !strings.Contains(got.Body.String(), `"token_endpoint":"http://localhost:8080/mp/token"`) {
		t.Errorf("metadata is %s", got.Body)
	}
	if got := w.do(httptest.NewRequest(http.MethodGet, "http://localhost:8080/jwks", nil)); got.Code != 404 {
		t.Errorf("outside of the path: status %d", got.Code)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	registry := selfservice.NewRegistry(nil)
	for name, cfg := range map[string]maskinporten.Config{
		"no registry": {Issuer: issuer},
		"no slash":    {Issuer: "https://test.maskinporten.no", Registry: registry},
		"no host":     {Issuer: "/", Registry: registry},
		"no address":  {Issuer: ":", Registry: registry},
	} {
		if _, err := maskinporten.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := maskinporten.New(maskinporten.Config{Issuer: issuer, Registry: registry}); err != nil {
		t.Errorf("defaults: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replayed := w.assertion()
	var once sync.Map
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			if got := w.grant(replayed); got.Code == 200 {
				once.Store(i, true)
			}
			if got := w.grant(w.assertion()); got.Code != 200 {
				t.Errorf("status %d", got.Code)
			}
			w.server.Issued()
		})
	}
	group.Wait()
	accepted := 0
	once.Range(func(any, any) bool { accepted++; return true })
	if accepted != 1 {
		t.Errorf("the same grant was accepted %d times", accepted)
	}
}

func TestLogHasNoTokens(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	person := "01817000135"
	assertion := w.assertion(fault{claims: object{"pid": person}})
	token := w.granted("token", w.grant(assertion)).AccessToken
	w.grant(assertion)
	bad := rand.Text()
	w.grant(bad)
	for _, hidden := range []string{assertion, assertion[:40], token[:40], person, bad} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("the log has %s", hidden)
		}
	}
	if !strings.Contains(log.String(), "maskinporten issued a token") || !strings.Contains(log.String(), "MP-012") {
		t.Errorf("the log is %s", log.String())
	}
}
