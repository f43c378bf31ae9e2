package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/secret"
)

const (
	tenant    = "7f0c2f2e-51b5-4f43-9d53-2f6f2c1f0a10"
	appID     = "0b6f54d2-8a0e-4a9e-9a54-5c1d0e7b1a01"
	objectID  = "c3a1d1f6-1f0e-4a40-8f6f-7d2a55b0ee02"
	machineID = "5e0a6c1c-4b1e-44b0-8f6b-0a3d5a6fbb03"
	machineOb = "9d7b7a5e-2f60-4c4c-9a2f-4f5d0c8ab104"
	login     = "https://login.microsoftonline.com/"
	vaults    = "https://vault.azure.net"
	appSecret = "not-a-real-client-secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signingKey is made once, since making an RSA key is slow.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var start = time.Date(2026, 11, 22, 12, 0, 0, 250e6, time.UTC)

type world struct {
	*testing.T
	now    time.Time
	server *entra.Server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, now: start}
	var err error
	w.server, err = entra.New(entra.Config{
		TenantID: tenant, Key: signingKey(), Now: func() time.Time { return w.now },
		Apps: []entra.App{
			{ClientID: appID, Secret: secret.New(appSecret), ObjectID: objectID, Workload: workload},
			{ClientID: machineID, ObjectID: machineOb},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) get(address string) *httptest.ResponseRecorder {
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, httptest.NewRequest(http.MethodGet, address, nil))
	return recorded
}

func (w *world) post(path string, form url.Values) *httptest.ResponseRecorder {
	return w.postAs("", "", path, form)
}

// postAs sends credentials in the header, unless they are empty.
func (w *world) postAs(user, password, path string, form url.Values) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, login+path, strings.NewReader(form.Encode()))
	if user != "" {
		request.SetBasicAuth(user, password)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	return recorded
}

// form is a good request for a token, with changes; an empty value removes.
func form(changes ...string) url.Values {
	f := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {appSecret},
		"scope": {vaults + "/.default openid offline_access profile"}, "resource": {vaults},
	}
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
	}
	return f
}

const (
	v2 = tenant + "/oauth2/v2.0/token"
	v1 = tenant + "/oauth2/token"
)

func decode[T any](t *testing.T, recorded *httptest.ResponseRecorder) T {
	t.Helper()
	var body T
	if recorded.Code != http.StatusOK {
		t.Fatalf("status %d: %s", recorded.Code, recorded.Body)
	}
	if err := json.Unmarshal(recorded.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func TestTokenV2(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := decode[map[string]any](t, w.post(v2, form()))
	if body["token_type"] != "Bearer" || body["expires_in"] != 3599.0 || body["ext_expires_in"] != 3599.0 {
		t.Errorf("body is %v", body)
	}
	token := body["access_token"].(string)
	who, err := w.server.Validate(token, vaults)
	tokenID := who.TokenID
	want := entra.Caller{TokenID: tokenID, AppID: appID, ObjectID: objectID, TenantID: tenant, Issuer: "https://sts.windows.net/" + tenant + "/"}
	if err != nil || who != want || tokenID == "" {
		t.Errorf("caller is %v, %v", who, err)
	}
	issued := w.server.Issued()
	if len(issued) != 1 || !strings.Contains(issued[0].Claims, `"uti":"`+tokenID+`"`) {
		t.Fatalf("issued %+v", issued)
	}
	at := start.Truncate(time.Second)
	if wanted := (entra.IssuedToken{
		Time: at, Expires: at.Add(time.Hour), ID: tokenID, ClientID: appID, ObjectID: objectID, Resource: vaults, Claims: issued[0].Claims,
	}); issued[0] != wanted {
		t.Errorf("issued %+v, want %+v", issued[0], wanted)
	}
	upper := strings.ToUpper
	if got := w.post(upper(tenant)+"/oauth2/v2.0/token", form("client_id", upper(appID))); got.Code != 200 {
		t.Errorf("ids in upper case: %d", got.Code)
	}
}

func TestTokenV1(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := decode[map[string]string](t, w.post(v1, form()))
	token := body["access_token"]
	delete(body, "access_token")
	want := map[string]string{
		"token_type": "Bearer", "expires_in": "3599", "ext_expires_in": "3599", "expires_on": "1795352400", "not_before": "1795348800",
		"resource": vaults, "client_id": appID,
	}
	for name, value := range want {
		if body[name] != value {
			t.Errorf("%s is %s, want %s", name, body[name], value)
		}
	}
	if _, err := w.server.Validate(token, vaults); err != nil {
		t.Error(err)
	}
}

var guid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknownApp := "00000000-0000-0000-0000-000000000000"
	tests := []struct {
		name                     string
		got                      *httptest.ResponseRecorder
		status                   int
		code, number, descriptor string
	}{
		{"wrong secret", w.post(v2, form("client_secret", "x")), 401, "invalid_client", "7000215",
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '" + appID + "'."},
		{"an app without secret", w.post(v2, form("client_id", machineID)), 401, "invalid_client", "7000215",
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '" + machineID + "'."},
		{"no secret", w.post(v2, form("client_secret", "")), 401, "invalid_client", "7000216",
			"'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
		{"unknown app", w.post(v2, form("client_id", unknownApp)), 400, "unauthorized_client", "700016",
			"Application with identifier '" + unknownApp + "' was not found in the directory '" + tenant + "'."},
		{"unknown tenant", w.post("other/oauth2/v2.0/token", form()), 400, "invalid_request", "90002",
			"Tenant 'other' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."},
		{"unknown tenant's metadata", w.get(login + "other/v2.0/.well-known/openid-configuration"), 400, "invalid_request", "90002",
			"Tenant 'other' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."},
		{"no grant type", w.post(v2, form("grant_type", "")), 400, "invalid_request", "900144",
			"The request body must contain the following parameter: 'grant_type'."},
		{"other grant type", w.post(v2, form("grant_type", "password")), 400, "unsupported_grant_type", "70003",
			"The app requested an unsupported grant type 'password'."},
		{"no app", w.post(v2, form("client_id", "")), 400, "invalid_request", "900144",
			"The request body must contain the following parameter: 'client_id'."},
		{"no default scope", w.post(v2, form("scope", "openid")), 400, "invalid_scope", "1002012",
			"The provided value for scope openid is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier."},
		{"no resource in v1", w.post(v1, form("resource", "")), 400, "invalid_request", "900144",
			"The request body must contain the following parameter: 'resource'."},
		{"wrong secret in v1", w.post(v1, form("client_secret", "x")), 401, "invalid_client", "7000215",
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '" + appID + "'."},
		{"instance elsewhere", w.get(login + "common/discovery/instance?authorization_endpoint=https://login.example.com/x"), 400, "invalid_instance", "50049",
			"Unknown or invalid instance 'https://login.example.com/x'."},
	}
	for _, tt := range tests {
		const at = "2026-11-22 12:00:00Z"
		want := `{"error":"` + tt.code + `","error_description":"AADSTS` + tt.number + `: ` + tt.descriptor +
			` Trace ID: GUID Correlation ID: GUID Timestamp: ` + at + `","error_codes":[` + tt.number + `],"timestamp":"` + at +
			`","trace_id":"GUID","correlation_id":"GUID","error_uri":"https://login.microsoftonline.com/error?code=` + tt.number + `"}`
		body := strings.TrimSpace(tt.got.Body.String())
		for _, known := range []string{tenant, appID, machineID, objectID} { // are GUIDs too
			body = strings.ReplaceAll(body, known, upper(known))
			want = strings.ReplaceAll(want, known, upper(known))
		}
		if body = guid.ReplaceAllString(body, "GUID"); tt.got.Code != tt.status || body != want {
			t.Errorf("%s:\n got %d %s\nwant %d %s", tt.name, tt.got.Code, body, tt.status, want)
		}
	}
}

func upper(s string) string { return strings.ToUpper(s) }

func TestCorrelationIDIsTheCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	request := httptest.NewRequest(http.MethodPost, login+v2, nil)
	request.Header.Set("client-request-id", "mine")
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	if !strings.Contains(recorded.Body.String(), `"correlation_id":"mine"`) {
		t.Errorf("body is %s", recorded.Body)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := decode[map[string]any](t, w.post(v2, form()))["access_token"].(string)
	var audience *entra.AudienceError
	if _, err := w.server.Validate(token, "https://graph.microsoft.com"); !errors.As(err, &audience) ||
		audience.Found != vaults || audience.Expected != "https://graph.microsoft.com" {
		t.Errorf("other audience: %v", err)
	}
	other, err := entra.New(entra.Config{TenantID: tenant})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Validate(token, vaults); !errors.Is(err, entra.ErrInvalid) {
		t.Errorf("other server: %v", err)
	}
	for name, bad := range map[string]string{"empty": "", "garbage": "a.b.c", "cut": token[:len(token)-4]} {
		if _, err := w.server.Validate(bad, vaults); !errors.Is(err, entra.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.now = start.Truncate(time.Second).Add(time.Hour - time.Nanosecond)
	if _, err := w.server.Validate(token, vaults); err != nil {
		t.Errorf("in its last second: %v", err)
	}
	w.now = w.now.Add(time.Nanosecond)
	if _, err := w.server.Validate(token, vaults); !errors.Is(err, entra.ErrExpired) {
		t.Errorf("after an hour: %v", err)
	}
	w.now = start.Add(-time.Minute)
	if _, err := w.server.Validate(token, vaults); !errors.Is(err, entra.ErrInvalid) {
		t.Errorf("before its time: %v", err)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, host := range entra.Hosts() {
		asked := url.QueryEscape("https://" + host + "/" + tenant + "/oauth2/v2.0/authorize")
		got := w.get(login + "common/discovery/instance?api-version=1.1&authorization_endpoint=" + asked)
		want := `{"tenant_discovery_endpoint":"https://login.microsoftonline.com/` + tenant + `/v2.0/.well-known/openid-configuration","api-version":"1.1",` +
			`"metadata":[{"preferred_network":"login.microsoftonline.com","preferred_cache":"login.windows.net",` +
			`"aliases":["login.microsoftonline.com","login.windows.net","login.microsoft.com","sts.windows.net"]}]}`
		if strings.TrimSpace(got.Body.String()) != want {
			t.Errorf("instance discovery is %s", got.Body)
		}
		metadata := decode[map[string]any](t, w.get("https://"+host+"/"+tenant+"/v2.0/.well-known/openid-configuration?"))
		for name, path := range map[string]string{
			"issuer": "/v2.0", "authorization_endpoint": "/oauth2/v2.0/authorize",
			"token_endpoint": "/oauth2/v2.0/token", "jwks_uri": "/discovery/v2.0/keys",
		} {
			if want := "https://" + host + "/" + tenant + path; metadata[name] != want {
				t.Errorf("%s is %v, want %s", name, metadata[name], want)
			}
		}
	}
	keys := w.get(login + tenant + "/discovery/v2.0/keys").Body.String()
	if !strings.Contains(keys, `"kty":"RSA"`) || strings.Contains(keys, `"d":`) {
		t.Errorf("keys are %s", keys)
	}
	if got := w.get(login + tenant + "/nothing"); got.Code != 404 {
		t.Errorf("unknown path: %d", got.Code)
	}
	if got := w.get(login + v2); got.Code != 405 || got.Header().Get("Allow") != "POST" {
		t.Errorf("GET token: %d", got.Code)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]entra.Config{
		"no tenant":        {},
		"no object id":     {TenantID: tenant, Apps: []entra.App{{ClientID: appID}}},
		"unknown identity": {TenantID: tenant, ManagedIdentity: appID},
	} {
		if _, err := entra.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
