package selfservice_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	consumer := func(authority, id string) map[string]any {
		return map[string]any{"consumer": map[string]string{"authority": authority, "ID": id}}
	}
	for name, tt := range map[string]struct{ authorization, want string }{
		"none":            {"", "A bearer token is required"},
		"basic":           {"Basic eDp5", "A bearer token is required"},
		"garbage":         {"Bearer x", "The token is not a signed JWT"},
		"alg none":        {"Bearer eyJhbGciOiJub25lIn0.e30.", "The token is not a signed JWT"},
		"other key":       {"Bearer " + w.issueWith("issuer-key", clientKey(), nil), "The token has an invalid signature or invalid claims"},
		"unknown key":     {"Bearer " + w.issueWith("other", clientKey(), nil), "The token is signed with an unknown key"},
		"other issuer":    {"Bearer " + w.issue(map[string]any{"iss": "https://maskinporten.no/"}), "The token is not issued by https://test.maskinporten.no/"},
		"expired":         {"Bearer " + w.issue(map[string]any{"exp": w.clock.now().Unix()}), "The token is expired"},
		"no expiry":       {"Bearer " + w.issue(map[string]any{"exp": nil}), "The token is expired"},
		"no consumer":     {"Bearer " + w.issue(map[string]any{"consumer": nil}), "The token names no consumer"},
		"bad consumer":    {"Bearer " + w.issue(consumer("iso6523-actorid-upis", agency)), "The token names no consumer"},
		"bad authority":   {"Bearer " + w.issue(consumer("x", "0192:"+agency)), "The token names no consumer"},
		"consumer a text": {"Bearer " + w.issue(map[string]any{"consumer": "0192:" + agency}), "The token has an invalid signature or invalid claims"},
	} {
		got := w.sendAs(tt.authorization, "GET", "/clients", "")
		w.refused(name, got, 401, problem("401", "unauthorized", tt.want, ""))
		if got.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: no challenge", name)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	with := func(scope string) string { return "Bearer " + w.issue(map[string]any{"scope": scope}) }
	calls := []struct{ method, path, body, needs string }{
		{"GET", "/clients", "", "idporten:dcr.read"},
		{"GET", "/clients/" + id, "", "idporten:dcr.read"},
		{"GET", "/clients/" + id + "/jwks", "", "idporten:dcr.read"},
		{"GET", "/scopes/access/all", "", "idporten:dcr.read"},
		{"POST", "/clients", minimal, "idporten:dcr.write"},
		{"PUT", "/clients/" + id, minimal, "idporten:dcr.write"},
		{"POST", "/clients/" + id + "/jwks", keySet(key("a")), "idporten:dcr.write"},
		{"DELETE", "/clients/" + id + "/jwks", "", "idporten:dcr.write"},
		{"DELETE", "/clients/" + id, "", "idporten:dcr.write"},
	}
	for _, c := range calls {
		w.refused(c.method+c.path, w.sendAs(with("altinn:x idporten:dcr"), c.method, c.path, c.body), 403,
			problem("403", "forbidden", "The token lacks the scope "+c.needs, ""))
		if got := w.sendAs(with("x "+c.needs), c.method, c.path, c.body); got.Code != 200 {
			t.Errorf("%s %s with %s: %d %s", c.method, c.path, c.needs, got.Code, got.Body)
		}
	}
	w.refused("modify does not create", w.sendAs(with("idporten:dcr.modify"), "POST", "/clients", minimal), 403,
		problem("403", "forbidden", "The token lacks the scope idporten:dcr.write", ""))
	another := w.create()
	if got := w.sendAs(with("idporten:dcr.modify"), "PUT", "/clients/"+another, minimal); got.Code != 200 {
		t.Errorf("modify: %d %s", got.Code, got.Body)
	}
	if got := w.sendAs("", "GET", "/scopes/all", ""); got.Code != 200 {
		t.Errorf("the list of scopes is not open: %d", got.Code)
	}
}

func TestIssuerKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ok("GET", "/clients", "", nil)
	w.ok("GET", "/clients", "", nil)
	if w.issuer.fetches != 2 { // metadata and keys
		t.Errorf("%d fetches for two calls, want 2", w.issuer.fetches)
	}
	// The issuer changes its key: an unknown one is looked up, but not at every
	// request that names one.
	w.issuer.publish("new-key")
	token := "Bearer " + w.issueWith("new-key", issuerKey(), nil)
	if got := w.sendAs(token, "GET", "/clients", ""); got.Code != 401 || w.issuer.fetches != 2 {
		t.Errorf("at once: %d after %d fetches", got.Code, w.issuer.fetches)
	}
	w.clock.advance(10 * time.Second)
	if got := w.sendAs(token, "GET", "/clients", ""); got.Code != 200 {
		t.Errorf("later: %d %s", got.Code, got.Body)
	}
	w.clock.advance(25 * time.Hour)
	w.issuer.broken = true
	got := w.sendAs("Bearer "+w.issueWith("new-key", issuerKey(), nil), "GET", "/clients", "")
	if got.Code != 503 || !strings.Contains(got.Body.String(), "The keys of https://test.maskinporten.no/ cannot be fetched: ") {
		t.Errorf("issuer down: %d %s", got.Code, got.Body)
	}
}

func TestScopeLookups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := `[{"scope":"altinn:serviceowner/instances.read","state":"APPROVED","owner_orgno":"991825827",` +
		`"owner_organization_name":"Digitaliseringsdirektoratet","consumer_orgno":"313547264","consumer_organization_name":"Ferdselstilsynet",` +
		`"created":"2026-11-22T13:00:00.118+01:00","last_updated":"2026-11-22T13:00:00.118+01:00"}]`
	if got := w.send("GET", "/scopes/access/all", ""); strings.TrimSpace(got.Body.String()) != want {
		t.Errorf("access is %s", got.Body)
	}
	w.must(w.registry.RevokeAccess(readScope, agency))
	if got := w.send("GET", "/scopes/access/all", ""); strings.TrimSpace(got.Body.String()) != strings.Replace(want, "APPROVED", "DENIED", 1) {
		t.Errorf("revoked access is %s", got.Body)
	}
	if got := w.sendAs("Bearer "+w.of(club), "GET", "/scopes/access/all", ""); strings.TrimSpace(got.Body.String()) != "[]" {
		t.Errorf("access of the club is %s", got.Body)
	}
	open := `{"prefix":"fts","description":"","subscope":"felles/oppslag","active":true,"created":"2026-11-22T12:00:00.118Z",` +
		`"last_updated":"2026-11-22T12:00:00.118Z","allowed_integration_types":["maskinporten"],"owner_orgno":"313547264",` +
		`"token_type":"SELF_CONTAINED","visibility":"PUBLIC","requires_user_consent":false,"requires_user_authentication":false,` +
		`"requires_pseudonymous_tokens":false,"at_max_age":0,"authorization_max_lifetime":0,"accessible_for_all":true,` +
		`"name":"fts:felles/oppslag","protected":false,"supports_european_businesses":false}`
	if got := w.sendAs("", "GET", "/scopes/all?accessible_for_all=TRUE", ""); strings.TrimSpace(got.Body.String()) != "["+open+"]" {
		t.Errorf("open scopes are %s", got.Body)
	}
	var all []selfservice.Scope
	w.ok("GET", "/scopes/all", "", &all)
	if len(all) != 2 || all[0].Name != readScope || all[1].Name != openScope {
		t.Errorf("public scopes are %v", all)
	}
	want = `[{"name":"altinn","issuer":"https://tt02.altinn.no/","created":"2026-11-22T13:00:00.118+01:00","last_updated":"2026-11-22T13:00:00.118+01:00"}]`
	if got := w.sendAs("", "GET", "/delegationsources", ""); strings.TrimSpace(got.Body.String()) != want {
		t.Errorf("delegation sources are %s", got.Body)
	}
}

func TestRequestsThatAreNoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/clients/", "/clients//jwks", "/clients/../scopes/all", "/nothing", ""} {
		if got := w.send("GET", path, ""); got.Code != 404 || !strings.Contains(got.Body.String(), `"error":"not_found"`) {
			t.Errorf("GET %s: %d %s", path, got.Code, got.Body)
		}
	}
	// The whole set was once replaced by PUT as well.
	if got := w.send("PUT", "/clients/x/jwks", "{}"); got.Code != 405 || got.Header().Get("Allow") != "GET, POST, DELETE" {
		t.Errorf("PUT of a key set: %d, allowed %q", got.Code, got.Header().Get("Allow"))
	}
	got := w.send("PATCH", "/clients", "")
	w.refused("PATCH", got, 405, problem("405", "method_not_allowed", "PATCH is not supported here", ""))
	if got.Header().Get("Allow") != "GET, POST" {
		t.Errorf("Allow is %q", got.Header().Get("Allow"))
	}
	request := httptest.NewRequest(http.MethodPost, base+"/clients", strings.NewReader(minimal))
	request.Header.Set("Authorization", "Bearer "+w.token)
	request.Header.Set("Content-Type", "text/plain")
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	w.refused("text", recorded, 415, problem("415", "unsupported_media_type", "Content-Type must be application/json", ""))
	w.refused("not JSON", w.send("POST", "/clients", "{"), 400,
		problem("400", "bad_request", "The body is not a JSON object of the right form", ""))
	w.refused("too large", w.send("POST", "/clients", `{"x":"`+strings.Repeat(rand.Text(), 20000)+`"}`), 400,
		problem("400", "bad_request", "The body is cut short or too large", ""))
}

func TestConfig(t *testing.T) {
	t.Parallel()
	registry := selfservice.NewRegistry(nil)
	for name, cfg := range map[string]selfservice.Config{
		"no registry": {Issuer: issuer},
		"no slash":    {Issuer: "https://test.maskinporten.no", Registry: registry},
	} {
		if _, err := selfservice.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := selfservice.New(selfservice.Config{Registry: registry, Issuer: issuer}); err != nil {
		t.Errorf("defaults: %v", err)
	}
}
