package maskinporten_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
)

const (
	issuer   = "https://test.maskinporten.no/"
	clientID = "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"
	readOnly = "altinn:serviceowner/instances.read"
	write    = "altinn:serviceowner/instances.write"
)

// aKey is made once, since that takes time; no test changes it.
var aKey = sync.OnceValue(func() *jwk.Key {
	key, err := jwk.Generate("fts-tt02-1", jwk.DefaultBits)
	if err != nil {
		panic(err)
	}
	return key
})

// sent is one request as the authority saw it.
type sent struct {
	method, path string
	header       http.Header
	form         url.Values
	jose         map[string]any
	claims       map[string]any
}

// authority is a token endpoint that checks each request as Maskinporten's
// documentation says, and answers from a list.
type authority struct {
	t   *testing.T
	key *rsa.PublicKey

	mu      sync.Mutex
	seen    map[string]bool // jti
	sent    []sent
	answers []http.HandlerFunc // used up in order; then tokens
	life    int                // expires_in; 0 means 120
}

func newAuthority(t *testing.T, answers ...http.HandlerFunc) *authority {
	t.Helper()
	return &authority{t: t, key: &aKey().PrivateKey().PublicKey, seen: make(map[string]bool), answers: answers, life: 120}
}

func (a *authority) requests() []sent {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]sent(nil), a.sent...)
}

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Errorf("read request: %v", err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		a.t.Errorf("the body %q is not a form", body)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/token" || r.URL.RawQuery != "" {
		a.t.Errorf("%s %s", r.Method, r.URL)
	}
	if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		a.t.Errorf("Content-Type %q", got)
	}
	if len(form) != 2 || form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		a.t.Errorf("form members %v", form)
	}
	if r.Header.Get("Authorization") != "" {
		a.t.Error("there is an Authorization header")
	}
	header, claims := a.verify(form.Get("assertion"))

	a.mu.Lock()
	jti, _ := claims["jti"].(string)
	if !uuid4.MatchString(jti) || a.seen[jti] {
		a.t.Errorf("jti %q is no UUID or was used before", jti)
	}
	a.seen[jti] = true
	a.sent = append(a.sent, sent{r.Method, r.URL.Path, r.Header.Clone(), form, header, claims})
	number := len(a.sent)
	var answer http.HandlerFunc
	if len(a.answers) > 0 {
		answer, a.answers = a.answers[0], a.answers[1:]
	}
	a.mu.Unlock()

	if answer != nil {
		answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":%d,"scope":%q}`, number, a.life, claims["scope"])
}

// verify checks signature, audience, issuer and times.
func (a *authority) verify(assertion string) (header, claims map[string]any) {
	signed, err := jose.ParseSignedCompact(assertion, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		a.t.Errorf("the assertion is not signed with RS256: %v", err)
		return nil, nil
	}
	payload, err := signed.Verify(a.key)
	if err != nil {
		a.t.Errorf("the signature is wrong: %v", err)
	}
	text, err := base64.RawURLEncoding.DecodeString(assertion[:strings.IndexByte(assertion, '.')])
	if err != nil {
		a.t.Error(err)
	}
	for text, into := range map[string]*map[string]any{string(text): &header, string(payload): &claims} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			a.t.Error(err)
		}
	}
	if claims["aud"] != issuer || claims["iss"] != clientID {
		a.t.Errorf("aud %v, iss %v", claims["aud"], claims["iss"])
	}
	issued, _ := claims["iat"].(float64)
	expires, _ := claims["exp"].(float64)
	if expires-issued != 120 || time.Since(time.Unix(int64(issued), 0)).Abs() > time.Minute {
		a.t.Errorf("iat %v, exp %v", issued, expires)
	}
	return header, claims
}

// inMemory gives each request to a handler on a goroutine of its own, and obeys
// the request's context. It lets the time stand still under synctest, which a
// socket does not.
type inMemory map[string]http.Handler

func (hosts inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	handler, served := hosts[r.URL.Host]
	if !served {
		return nil, fmt.Errorf("no such host: %s", r.URL.Host)
	}
	answered := make(chan *http.Response, 1)
	go func() {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		answered <- recorder.Result()
	}()
	select {
	case response := <-answered:
		return response, nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

func newClient(t *testing.T, transport http.RoundTripper) *maskinporten.Client {
	t.Helper()
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: issuer, ClientID: clientID, Key: aKey(), HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newSource(t *testing.T, a http.Handler) *maskinporten.Source {
	t.Helper()
	return newClient(t, inMemory{"test.maskinporten.no": a}).Source(maskinporten.Grant{Scopes: []string{readOnly}})
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
