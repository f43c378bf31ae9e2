package maskinporten_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

const (
	issuer    = "https://test.maskinporten.no/"
	agency    = "313547264" // Ferdselstilsynet
	club      = "312008459" // Vidda turlag
	digdir    = "991825827"
	readScope = "altinn:serviceowner/instances.read"
	openScope = "fts:felles/oppslag"
	delegable = "fts:kart/ruter.read"
	userScope = "fts:minside"
	grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	kid       = "fts-test-2026"
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
	otherKey  = sync.OnceValue(mustKey)
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

// world is a Maskinporten with one client of the agency.
type world struct {
	testing.TB
	clock    *clock
	registry *selfservice.Registry
	server   *maskinporten.Server
	client   selfservice.Client
}

func newWorld(t testing.TB, edits ...func(*maskinporten.Config)) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 500e6, time.UTC)}}
	w.registry = selfservice.NewRegistry(w.clock.now)
	for number, name := range map[string]string{agency: "Ferdselstilsynet", club: "Vidda turlag", digdir: "Digitaliseringsdirektoratet"} {
		w.must(w.registry.AddOrganisation(selfservice.Organisation{Number: number, Name: name}))
	}
	w.must(w.registry.AddScope(selfservice.Scope{Name: readScope, OwnerOrgNumber: digdir}))
	w.must(w.registry.AddScope(selfservice.Scope{Name: openScope, OwnerOrgNumber: agency, AccessibleForAll: true}))
	w.must(w.registry.AddScope(selfservice.Scope{Name: delegable, OwnerOrgNumber: agency, DelegationSource: "https://tt02.altinn.no/", TokenMaxAge: 30}))
	w.must(w.registry.AddScope(selfservice.Scope{Name: userScope, OwnerOrgNumber: agency, AccessibleForAll: true, AllowedIntegrationTypes: []string{"idporten"}}))
	w.must(w.registry.GrantAccess(readScope, agency))
	w.client = w.addClient(selfservice.Client{Scopes: []string{readScope, openScope, delegable, userScope}},
		selfservice.NewKey(kid, &clientKey().PublicKey))
	cfg := maskinporten.Config{Issuer: issuer, Registry: w.registry, Key: issuerKey(), Now: w.clock.now}
	for _, edit := range edits {
		edit(&cfg)
	}
	var err error
	w.server, err = maskinporten.New(cfg)
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// addClient adds a client of the agency.
func (w *world) addClient(c selfservice.Client, keys ...selfservice.Key) selfservice.Client {
	w.Helper()
	c.Name, c.Description, c.OrgNumber = "test", "test", agency
	added, err := w.registry.AddClient(c, keys...)
	w.must(err)
	return added
}

type object map[string]any

// with returns a copy of an object with changes; nil removes a member.
func (o object) with(changes object) object {
	changed := maps.Clone(o)
	for name, value := range changes {
		if value == nil {
			delete(changed, name)
		} else {
			changed[name] = value
		}
	}
	return changed
}

// claims are those of a good grant.
func (w *world) claims() object {
	now := w.clock.now().Unix()
	return object{"aud": issuer, "iss": w.client.ClientID, "scope": readScope, "iat": now, "exp": now + 120, "jti": rand.Text()}
}

var header = object{"alg": "RS256", "kid": kid}

var hashes = map[any]crypto.Hash{"RS384": crypto.SHA384, "RS512": crypto.SHA512}

// sign makes an assertion. An algorithm that is not Maskinporten's is signed
// as RS256.
func sign(header, claims object, key *rsa.PrivateKey) string {
	encode := func(o object) string {
		data, err := json.Marshal(o)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := encode(header) + "." + encode(claims)
	hash, ok := hashes[header["alg"]]
	if !ok {
		hash = crypto.SHA256
	}
	digest := hash.New()
	digest.Write([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, hash, digest.Sum(nil))
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// post sends a token request as a form.
func (w *world) post(form url.Values) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, issuer+"token", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(request)
}

func (w *world) do(request *http.Request) *httptest.ResponseRecorder {
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	return recorded
}

func (w *world) grant(assertion string) *httptest.ResponseRecorder {
	return w.post(url.Values{"grant_type": {grantType}, "assertion": {assertion}})
}

var traceID = regexp.MustCompile(` \(trace_id: [0-9a-f]{32}\)"`)

// refused requires an error with exactly this body, but for the trace id,
// which it must have.
func (w *world) refused(name string, got *httptest.ResponseRecorder, status int, want string) {
	w.Helper()
	body := strings.TrimSuffix(got.Body.String(), "\n")
	if !traceID.MatchString(body) {
		w.Errorf("%s: no trace id in %s", name, body)
	}
	body = traceID.ReplaceAllString(body, `"`)
	if got.Code != status || body != want {
		w.Errorf("%s:\n got %d %s\nwant %d %s", name, got.Code, body, status, want)
	}
	if got.Header().Get("Content-Type") != "application/json" || got.Header().Get("Cache-Control") != "no-store" {
		w.Errorf("%s: headers are %v", name, got.Header())
	}
}

type tokenResponse struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
}

// granted requires a token and returns the response.
func (w *world) granted(name string, got *httptest.ResponseRecorder) tokenResponse {
	w.Helper()
	if got.Code != http.StatusOK {
		w.Fatalf("%s: status %d: %s", name, got.Code, got.Body)
	}
	if got.Header().Get("Content-Type") != "application/json" || got.Header().Get("Cache-Control") != "no-store" {
		w.Errorf("%s: headers are %v", name, got.Header())
	}
	decoder := json.NewDecoder(got.Body)
	decoder.DisallowUnknownFields() // no refresh token, for one
	var response tokenResponse
	w.must(decoder.Decode(&response))
	return response
}
