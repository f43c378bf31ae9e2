package keyvault_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/secret"
)

const (
	tenant    = "7f0c2f2e-51b5-4f43-9d53-2f6f2c1f0a10"
	appID     = "0b6f54d2-8a0e-4a9e-9a54-5c1d0e7b1a01"
	objectID  = "c3a1d1f6-1f0e-4a40-8f6f-7d2a55b0ee02"
	vaultHost = "kv-fts-tt02.vault.azure.net"
	vaultURL  = "https://" + vaultHost
	appSecret = "not-a-real-client-secret"

	identityHeader = "not-a-real-identity-header"
)

var workload = entra.Workload{Issuer: "https://cluster.example/", Subject: "system:serviceaccount:default:app"}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// signingKey is made once, since making an RSA key is slow.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// clock is a clock that stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

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

// world is a vault with an app that may do everything with it, and the HTTP
// client through which both are reached by their real names.
type world struct {
	*testing.T
	clock  *clock
	entra  *entra.Server
	vaults *keyvault.Server
	client *http.Client
	token  string
	seen   *recorder
	faults *fault.Set
}

// newWorld starts servers; each edit may change the vault server's settings.
func newWorld(t *testing.T, vault keyvault.VaultConfig, edits ...func(*keyvault.Config)) *world {
	t.Helper()
	w := &world{T: t, clock: newClock(), seen: &recorder{}}
	var err error
	w.entra, err = entra.New(entra.Config{
		TenantID: tenant,
		Apps:     []entra.App{{ClientID: appID, Secret: secret.New(appSecret), ObjectID: objectID, Workload: workload}},
		Key:      signingKey(), Now: w.clock.now,
	})
	w.must(err)
	cfg := keyvault.Config{Validate: w.entra.Validate, TenantID: tenant, Now: w.clock.now}
	for _, edit := range edits {
		edit(&cfg)
	}
	w.vaults, err = keyvault.New(cfg)
	w.must(err)
	if vault.Name == "" {
		vault.Name = "kv-fts-tt02"
	}
	w.must(w.vaults.AddVault(vault))
	w.must(w.vaults.Grant(vault.Name, objectID, keyvault.AllPermissions()...))

	routes := map[string]string{}
	serve := func(h http.Handler, hosts ...string) {
		server := httptest.NewServer(w.seen.around(h))
		t.Cleanup(server.Close)
		for _, host := range hosts {
			routes[host] = server.Listener.Addr().String()
		}
	}
	w.faults = fault.New([]string{vaultHost})
	t.Cleanup(w.faults.Close)
	serve(w.faults.Wrap(vaultHost, w.vaults), vaultHost)
	serve(w.entra, entra.Hosts()...)
	serve(w.entra.IMDS(), "169.254.169.254")
	serve(w.entra.AppService(appID, secret.New(identityHeader)), "app-service.test")
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	w.client = &http.Client{Transport: byHost{routes, transport}}
	w.token = w.login(w.client, "https://vault.azure.net")
	w.seen.forget()
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// login gets a token for a resource.
func (w *world) login(client *http.Client, resource string) string {
	w.Helper()
	response, err := client.PostForm("https://login.microsoftonline.com/"+tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {appSecret}, "scope": {resource + "/.default"},
	})
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	var body struct {
		AccessToken string `json:"access_token"`
	}
	w.must(json.NewDecoder(response.Body).Decode(&body))
	return body.AccessToken
}

// byHost sends requests for known names to servers on this machine, over
// plain HTTP, with the Host header that they had.
type byHost struct {
	routes map[string]string
	next   http.RoundTripper
}

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	address, ok := b.routes[r.URL.Hostname()]
	if !ok {
		return nil, &url.Error{Op: r.Method, URL: r.URL.Hostname(), Err: io.ErrUnexpectedEOF}
	}
	sent := r.Clone(r.Context())
	sent.Host = r.URL.Host
	sent.URL.Scheme, sent.URL.Host = "http", address
	response, err := b.next.RoundTrip(sent)
	if response != nil {
		response.Request = r
	}
	return response, err
}

// recorder remembers the requests that arrived.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (rec *recorder) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.lines = append(rec.lines, r.Method+" "+r.URL.Path)
		rec.mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

func (rec *recorder) list() []string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]string{}, rec.lines...)
}

func (rec *recorder) forget() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.lines = nil
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a request to the vault with the app's token. The path gets the
// api-version unless it has a query.
func (w *world) send(method, path, body string) answer {
	w.Helper()
	return w.sendWith("Bearer "+w.token, method, path, body)
}

func (w *world) sendWith(authorization, method, path, body string) answer {
	w.Helper()
	if !strings.Contains(path, "?") {
		path += "?api-version=2025-07-01"
	}
	request, err := http.NewRequestWithContext(w.Context(), method, vaultURL+path, strings.NewReader(body))
	w.must(err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	w.must(err)
	return answer{response.StatusCode, response.Header, strings.TrimSuffix(string(read), "\n")}
}

// ok sends a request that must succeed and decodes the answer.
func (w *world) ok(method, path, body string) map[string]any {
	w.Helper()
	a := w.send(method, path, body)
	if a.status != http.StatusOK {
		w.Fatalf("%s %s: status %d: %s", method, path, a.status, a.body)
	}
	var decoded map[string]any
	w.must(json.Unmarshal([]byte(a.body), &decoded))
	return decoded
}

// refused sends a request that must be refused with exactly this.
func (w *world) refused(method, path, body string, status int, want string) {
	w.Helper()
	if a := w.send(method, path, body); a.status != status || a.body != want {
		w.Errorf("%s %s:\n got %d %s\nwant %d %s", method, path, a.status, a.body, status, want)
	}
}

// problemBody is the envelope of an error as it goes over the wire.
func problemBody(code, message, inner string) string {
	type body struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Inner   map[string]string `json:"innererror,omitempty"`
	}
	b := body{Code: code, Message: message}
	if inner != "" {
		b.Inner = map[string]string{"code": inner}
	}
	encoded, err := json.Marshal(map[string]body{"error": b})
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// atPort sets a secret through a vault address with a port.
func (w *world) atPort(port, path, body string) string {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodPut, vaultURL+port+path, strings.NewReader(body))
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+w.token)
	response, err := w.client.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	w.must(err)
	return string(read)
}
