package selfservice_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"go.uber.org/goleak"

	"github.com/stafett/stafett/local/selfservice"
)

const (
	issuer    = "https://test.maskinporten.no/"
	base      = "https://api.test.samarbeid.digdir.no/api/v1"
	agency    = "313547264" // Ferdselstilsynet
	club      = "312008459" // Vidda turlag
	digdir    = "991825827"
	readScope = "altinn:serviceowner/instances.read"
	openScope = "fts:felles/oppslag"
	shutScope = "digdir:lukket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// The keys are made once, since making an RSA key is slow.
var (
	issuerKey = sync.OnceValue(mustKey)
	clientKey = sync.OnceValue(mustKey)
)

// clock is a clock that stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// issuerFake is a Maskinporten's published documents, as [http.RoundTripper].
type issuerFake struct {
	mu      sync.Mutex
	keys    jose.JSONWebKeySet
	fetches int
	broken  bool
}

func (i *issuerFake) RoundTrip(r *http.Request) (*http.Response, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fetches++
	recorded := httptest.NewRecorder()
	switch {
	case i.broken:
		recorded.WriteHeader(http.StatusBadGateway)
	case r.URL.String() == issuer+".well-known/oauth-authorization-server":
		_, _ = recorded.WriteString(`{"issuer":"` + issuer + `","jwks_uri":"` + issuer + `jwks"}`)
	case r.URL.String() == issuer+"jwks":
		_ = json.NewEncoder(recorded).Encode(i.keys)
	default:
		return nil, errors.New("nobody there")
	}
	return recorded.Result(), nil
}

func (i *issuerFake) publish(kid string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys.Keys = []jose.JSONWebKey{{Key: &issuerKey().PublicKey, KeyID: kid, Algorithm: "RS256", Use: "sig"}}
}

// world is a self-service API with the agency in it.
type world struct {
	testing.TB
	clock    *clock
	issuer   *issuerFake
	registry *selfservice.Registry
	server   *selfservice.Server
	token    string // the agency's, with all rights
}

func newWorld(t testing.TB, edits ...func(*selfservice.Config)) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 118e6, time.UTC)}, issuer: &issuerFake{}}
	w.issuer.publish("issuer-key")
	w.registry = selfservice.NewRegistry(w.clock.now)
	for number, name := range map[string]string{agency: "Ferdselstilsynet", club: "Vidda turlag", digdir: "Digitaliseringsdirektoratet"} {
		w.must(w.registry.AddOrganisation(selfservice.Organisation{Number: number, Name: name}))
	}
	w.must(w.registry.AddScope(selfservice.Scope{Name: readScope, Description: "Read instances", OwnerOrgNumber: digdir, TokenMaxAge: 120}))
	w.must(w.registry.AddScope(selfservice.Scope{Name: openScope, OwnerOrgNumber: agency, AccessibleForAll: true}))
	w.must(w.registry.AddScope(selfservice.Scope{Name: shutScope, OwnerOrgNumber: digdir, Visibility: "PRIVATE"}))
	w.must(w.registry.GrantAccess(readScope, agency))
	cfg := selfservice.Config{Registry: w.registry, Issuer: issuer, HTTPClient: &http.Client{Transport: w.issuer}, Now: w.clock.now}
	for _, edit := range edits {
		edit(&cfg)
	}
	var err error
	w.server, err = selfservice.New(cfg)
	w.must(err)
	w.token = w.issue(nil)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// issue makes an access token of the agency, with changes to the claims.
func (w *world) issue(changes map[string]any) string {
	w.Helper()
	return w.issueWith("issuer-key", issuerKey(), changes)
}

func (w *world) issueWith(kid string, key *rsa.PrivateKey, changes map[string]any) string {
	w.Helper()
	claims := map[string]any{
		"iss": issuer, "scope": "idporten:dcr.read idporten:dcr.write", "exp": w.clock.now().Add(12 * time.Hour).Unix(),
		"consumer": map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + agency},
	}
	for name, value := range changes {
		claims[name] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", kid))
	w.must(err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	w.must(err)
	return token
}

// of makes a token of another organisation.
func (w *world) of(orgNumber string) string {
	return w.issue(map[string]any{"consumer": map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + orgNumber}})
}

// send makes a request with the agency's token.
func (w *world) send(method, path, body string) *httptest.ResponseRecorder {
	w.Helper()
	return w.sendAs("Bearer "+w.token, method, path, body)
}

func (w *world) sendAs(authorization, method, path, body string) *httptest.ResponseRecorder {
	w.Helper()
	request := httptest.NewRequest(method, base+path, strings.NewReader(body))
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json;charset=UTF-8")
	}
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	return recorded
}

// ok requires status 200 and decodes the body.
func (w *world) ok(method, path, body string, into any) {
	w.Helper()
	got := w.send(method, path, body)
	if got.Code != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, got.Code, got.Body)
	}
	if into != nil {
		w.must(json.Unmarshal(got.Body.Bytes(), into))
	}
}

// create makes a client and returns its id.
func (w *world) create() string {
	w.Helper()
	var made selfservice.Client
	w.ok("POST", "/clients", minimal, &made)
	return made.ClientID
}

// minimal is the smallest request to create a client.
const minimal = `{"client_name":"stafett-fts-tt02-barmarkskjoring","description":"Leser innsendte skjemaer",` +
	`"integration_type":"maskinporten","application_type":"web","token_endpoint_auth_method":"private_key_jwt",` +
	`"grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"],"scopes":["altinn:serviceowner/instances.read"]}`

var correlationID = regexp.MustCompile(`"correlation_id":"[0-9a-f]{32}"`)

// refused requires exactly this error body, after its time and correlation id.
func (w *world) refused(name string, got *httptest.ResponseRecorder, status int, want string) {
	w.Helper()
	body := strings.TrimSuffix(got.Body.String(), "\n")
	if !correlationID.MatchString(body) {
		w.Errorf("%s: no correlation id in %s", name, body)
	}
	body = correlationID.ReplaceAllString(body, `"correlation_id":""`)
	if got.Code != status || body != want {
		w.Errorf("%s:\n got %d %s\nwant %d %s", name, got.Code, body, status, want)
	}
}

// problem is the JSON of an error; fields are those with their messages.
func problem(status, code, description, object string, fields ...[2]string) string {
	body := `{"status":` + status + `,"timestamp":"2026-11-22T12:00:00.118Z","correlation_id":"","error":"` + code +
		`","error_description":` + quote(description)
	for i, field := range fields {
		if i == 0 {
			body += `,"errors":[`
		} else {
			body += ","
		}
		body += `{"errorMessage":` + quote(field[1]) + `,"isFieldError":true,"objectName":"` + object + `","fieldIdentifier":"` + field[0] + `"}`
	}
	if len(fields) > 0 {
		body += "]"
	}
	return body + "}"
}

func quote(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func invalid(object string, fields ...[2]string) string {
	return problem("400", "bad_request", "Validation failed", object, fields...)
}
