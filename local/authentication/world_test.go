package authentication_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/local/authentication"
)

const (
	platform     = "https://platform.tt02.altinn.no"
	issuer       = "https://test.maskinporten.no/"
	ferdsel      = "313547264"
	turlag       = "312008459"
	exchangePath = "/authentication/api/v1/exchange/maskinporten"
	bothScopes   = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
)

// testKeys are made once: RSA keys are slow to make.
var testKeys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var keys [3]*rsa.PrivateKey
	var wg sync.WaitGroup
	for n := range keys {
		wg.Go(func() {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			keys[n] = k
		})
	}
	wg.Wait()
	return keys
})

// hosts sends a request to the handler of its host, without a network.
type hosts map[string]http.Handler

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	handler, ok := h[r.URL.Host]
	if !ok {
		handler = http.NotFoundHandler()
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// clock is a clock that tests move by hand.
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

// maskinporten publishes keys and signs tokens as test.maskinporten.no does.
type maskinporten struct {
	mu      sync.Mutex
	key     *rsa.PrivateKey
	kid     string
	fetches int
	issuer  string // in the metadata
}

func (m *maskinporten) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/oauth-authorization-server":
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": m.issuer, "jwks_uri": issuer + "jwk"})
	case "/jwk":
		m.fetches++
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: m.key.Public(), KeyID: m.kid, Use: "sig", Algorithm: "RS256"},
		}})
	default:
		http.NotFound(w, r)
	}
}

func (m *maskinporten) rotate(key *rsa.PrivateKey, kid string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.key, m.kid = key, kid
}

func (m *maskinporten) fetched() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fetches
}

type world struct {
	t            *testing.T
	clock        *clock
	maskinporten *maskinporten
	server       *authentication.Server
	orgs         authentication.OrgList
}

func newWorld(t *testing.T, change ...func(*authentication.Config)) *world {
	t.Helper()
	w := &world{
		t:            t,
		clock:        &clock{at: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)},
		maskinporten: &maskinporten{key: testKeys()[1], kid: "mp-1", issuer: issuer},
		orgs: authentication.OrgList{
			{Code: "fts", Number: ferdsel, Name: map[string]string{"nb": "Ferdselstilsynet"}},
			{Code: "digdir", Number: "991825827"},
		},
	}
	cfg := authentication.Config{
		Platform:            platform,
		MaskinportenIssuers: []string{issuer},
		HTTPClient:          &http.Client{Transport: hosts{"test.maskinporten.no": w.maskinporten}},
		Orgs:                w.orgs,
		People: func(id int) (authentication.Person, bool) {
			p := authentication.Person{UserID: 20011, PartyID: 50011, PartyUUID: "6f0d3a1e-0000-8000-8000-000000050011", UserName: "Kari Fjell"}
			return p, id == p.UserID || id == p.PartyID
		},
		Key: testKeys()[0],
		Now: w.clock.now,
	}
	for _, f := range change {
		f(&cfg)
	}
	server, err := authentication.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.server = server
	return w
}

// claims are those of an ordinary Maskinporten token, with changes; a nil value
// takes a claim away.
func (w *world) claims(changes map[string]any) map[string]any {
	now := w.clock.now().Unix()
	claims := map[string]any{
		"iss": issuer, "aud": "https://unused.example", "client_amr": "private_key_jwt", "sid": "from-maskinporten",
		"scope": bothScopes, "token_type": "Bearer", "client_id": "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11",
		"jti": "Q2wM0k3yV0m1", "iat": now, "exp": now + 119,
		"consumer": map[string]any{"authority": "iso6523-actorid-upis", "ID": "0192:" + ferdsel},
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

func (w *world) token(changes map[string]any) string {
	return sign(w.t, w.maskinporten.key, w.maskinporten.kid, jose.RS256, w.claims(changes))
}

func sign(t *testing.T, key any, kid string, alg jose.SignatureAlgorithm, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key},
		(&jose.SignerOptions{}).WithHeader("kid", kid))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// get sends a request with a bearer token; headers come in pairs.
func get(h http.Handler, target, token string, headers ...string) (*http.Response, string) {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Result(), string(body)
}

// parts decodes header and claims of a token without checking it.
func parts(t *testing.T, token string) (header jose.Header, claims map[string]any) {
	t.Helper()
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatalf("the answer is not a token: %v", err)
	}
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		t.Fatal(err)
	}
	return signed.Signatures[0].Protected, claims
}
