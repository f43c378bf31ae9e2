package selfservice_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

// The two stand-ins on real connections: an administrator's token from
// Maskinporten makes an integration with a key at Samarbeidsportalen, and that
// key then gets a token from Maskinporten.
func TestAnIntegrationComesToBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, scope := range []string{selfservice.ScopeRead, selfservice.ScopeWrite} {
		w.must(w.registry.AddScope(selfservice.Scope{Name: scope, OwnerOrgNumber: digdir}))
		w.must(w.registry.GrantAccess(scope, agency))
	}
	admin, err := w.registry.AddClient(selfservice.Client{OrgNumber: agency, Name: "admin", Scopes: []string{selfservice.ScopeRead, selfservice.ScopeWrite}},
		selfservice.NewKey("admin", &issuerKey().PublicKey))
	w.must(err)

	mp, err := maskinporten.New(maskinporten.Config{Issuer: issuer, Registry: w.registry, Key: issuerKey(), Now: w.clock.now, PropagationDelay: time.Minute})
	w.must(err)
	routes := map[string]string{}
	transport := &http.Transport{}
	client := &http.Client{Transport: hosts{routes, transport}}
	api, err := selfservice.New(selfservice.Config{Registry: w.registry, Issuer: issuer, HTTPClient: client, Now: w.clock.now})
	w.must(err)
	for host, handler := range map[string]http.Handler{"test.maskinporten.no": mp, "api.test.samarbeid.digdir.no": api} {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		routes[host] = server.Listener.Addr().String()
	}
	t.Cleanup(transport.CloseIdleConnections)

	do := func(method, address, contentType, token, body string) (int, []byte) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		w.must(err)
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		w.must(err)
		defer func() { _ = response.Body.Close() }()
		read, err := io.ReadAll(response.Body)
		w.must(err)
		return response.StatusCode, read
	}
	ask := func(clientID, kid, scope string, key *rsa.PrivateKey) (int, string) {
		t.Helper()
		now := w.clock.now().Unix()
		assertion := sign(t, key, fmt.Sprintf(`{"alg":"RS256","kid":%q}`, kid), fmt.Sprintf(
			`{"aud":%q,"iss":%q,"scope":%q,"iat":%d,"exp":%d,"jti":%q}`, issuer, clientID, scope, now, now+120, rand.Text()))
		form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
		status, body := do("POST", issuer+"token", "application/x-www-form-urlencoded", "", form.Encode())
		var answer struct {
			AccessToken string `json:"access_token"`
			Description string `json:"error_description"`
		}
		w.must(json.Unmarshal(body, &answer))
		return status, answer.AccessToken + answer.Description
	}

	status, token := ask(admin.ClientID, "admin", selfservice.ScopeRead+" "+selfservice.ScopeWrite, issuerKey())
	if status != 200 {
		t.Fatalf("administrator's token: %d %s", status, token)
	}
	status, body := do("POST", base+"/clients", "application/json", token, minimal)
	if status != 200 {
		t.Fatalf("create: %d %s", status, body)
	}
	id := uuid.FindString(string(body))
	if status, body = do("POST", base+"/clients/"+id+"/jwks", "application/json", token, keySet(key("fts-new"))); status != 200 {
		t.Fatalf("keys: %d %s", status, body)
	}
	if status, text := ask(id, "fts-new", readScope, clientKey()); status != 400 || !strings.HasPrefix(text, "Invalid assertion. Client authentication failed.") {
		t.Errorf("before it has arrived: %d %s", status, text)
	}
	w.clock.advance(time.Minute)
	if status, text := ask(id, "fts-new", readScope, clientKey()); status != 200 {
		t.Errorf("after it has arrived: %d %s", status, text)
	}
}

func sign(t *testing.T, key *rsa.PrivateKey, header, claims string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(signature)
}

// hosts sends requests for known names to servers on this machine.
type hosts struct {
	routes map[string]string
	next   http.RoundTripper
}

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.Host = r.URL.Host
	sent.URL.Scheme, sent.URL.Host = "http", h.routes[r.URL.Host]
	return h.next.RoundTrip(sent)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			kid := fmt.Sprintf("kid-%d", i)
			if got := w.send("POST", "/clients/"+id+"/jwks", keySet(key(kid))); got.Code != 200 {
				t.Errorf("keys: %d %s", got.Code, got.Body)
			}
			if got := w.send("POST", "/clients", minimal); got.Code != 200 {
				t.Errorf("create: %d %s", got.Code, got.Body)
			}
			for range 10 {
				if r := w.registry.RegistrationAsOf(id, w.clock.now()); r == nil || len(r.Keys.Keys) > 1 {
					t.Errorf("registration is %v", r)
				}
				w.registry.MayUse(readScope, agency)
				w.registry.Clients(agency, true)
			}
			if err := w.registry.GrantAccess(readScope, club); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(w.registry.Clients(agency, false)); got != 9 {
		t.Errorf("%d clients, want 9", got)
	}
}
