package serve

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/altinn"
)

// issuer signs tokens as Altinn does, and publishes the key.
type issuer struct {
	t    *testing.T
	key  *rsa.PrivateKey
	kid  string
	down atomic.Bool
	read atomic.Int32
	// takes is how long an answer takes.
	takes time.Duration
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t: t, key: key, kid: "A1"}
}

// RoundTrip implements [http.RoundTripper]: the address of the key set.
func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.read.Add(1)
	time.Sleep(i.takes)
	resp := &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: http.NoBody}
	if i.down.Load() || r.URL.String() != "https://platform.tt02.altinn.no/authentication/api/v1/openid/.well-known/openid-configuration/jwks" {
		resp.StatusCode = http.StatusServiceUnavailable
		return resp, nil
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: i.kid, Use: "sig"}}})
	resp.Body = io.NopCloser(bytes.NewReader(set))
	return resp, err
}

func (i *issuer) sign(algorithm jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	i.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", kid))
	if err != nil {
		i.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}

func (i *issuer) callers(now func() time.Time) *callers {
	i.t.Helper()
	environment, err := altinn.LookupEnvironment("tt02")
	if err != nil {
		i.t.Fatal(err)
	}
	return newCallers(environment, &http.Client{Transport: i}, "fts:stafett/handover", []string{"313547264"}, now)
}

func request(t *testing.T, authorization string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://service/handovers", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return r
}

func TestOnlyTheListedOrganisationsMayAsk(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	i := newIssuer(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]any{
		"iss": "https://platform.tt02.altinn.no/authentication/api/v1/openid/", "exp": now.Add(time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(),
		"urn:altinn:orgNumber": "313547264", "scope": "altinn:serviceowner/instances.read fts:stafett/handover",
	}
	but := func(name string, value any) map[string]any {
		changed := maps.Clone(good)
		if value == nil {
			delete(changed, name)
		} else {
			changed[name] = value
		}
		return changed
	}
	signed := func(claims map[string]any) string { return "Bearer " + i.sign(jose.RS256, i.key, i.kid, claims) }
	whole := i.sign(jose.RS256, i.key, i.kid, good)
	parts := strings.Split(whole, ".")
	tests := map[string]struct {
		authorization string
		status        int
	}{
		"good":                          {signed(good), 0},
		"good, a number as number":      {signed(but("urn:altinn:orgNumber", 313547264)), 0},
		"good, clocks a little apart":   {signed(but("nbf", now.Add(9*time.Second).Unix())), 0},
		"good, lower-case scheme":       {"bearer " + whole, 0},
		"none":                          {"", 401},
		"basic":                         {"Basic abc", 401},
		"no token":                      {"Bearer nonsense", 401},
		"expired":                       {signed(but("exp", now.Add(-11*time.Second).Unix())), 401},
		"no expiry":                     {signed(but("exp", nil)), 401},
		"not yet valid":                 {signed(but("nbf", now.Add(time.Minute).Unix())), 401},
		"Maskinporten's own":            {signed(but("iss", "https://test.maskinporten.no/")), 401},
		"another environment's":         {signed(but("iss", "https://platform.altinn.no/authentication/api/v1/openid/")), 401},
		"another organisation":          {signed(but("urn:altinn:orgNumber", "310000016")), 403},
		"no organisation":               {signed(but("urn:altinn:orgNumber", nil)), 403},
		"a person":                      {signed(but("urn:altinn:userid", 20001337)), 403},
		"without the scope":             {signed(but("scope", "altinn:serviceowner/instances.read")), 403},
		"with a longer scope":           {signed(but("scope", "fts:stafett/handover.read")), 403},
		"another's signature":           {"Bearer " + i.sign(jose.RS256, other, i.kid, good), 401},
		"another's key":                 {"Bearer " + i.sign(jose.RS256, other, "B2", good), 401},
		"the public key as HMAC secret": {"Bearer " + i.sign(jose.HS256, bytes.Repeat([]byte("k"), 64), i.kid, good), 401},
		"another algorithm":             {"Bearer " + i.sign(jose.PS256, i.key, i.kid, good), 401},
		"changed claims":                {"Bearer " + parts[0] + "." + strings.Split(i.sign(jose.RS256, other, "x", but("scope", "all")), ".")[1] + "." + parts[2], 401},
		"no signature":                  {"Bearer " + parts[0] + "." + parts[1] + ".", 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			organisation, refused := i.callers(func() time.Time { return now }).admit(request(t, test.authorization))
			status := 0
			if refused != nil {
				status = refused.Status
			}
			if status != test.status || (status == 0) != (organisation == "313547264") {
				t.Errorf("organisation %q, status %d, want %d: %+v", organisation, status, test.status, refused)
			}
			if refused != nil && strings.Contains(refused.Detail, "eyJ") {
				t.Errorf("the refusal holds the token: %s", refused.Detail)
			}
		})
	}
}

func TestKeysAreReadAgainWhenTheyChange(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	now := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	keys := i.callers(func() time.Time { return now }).keys
	find := func(kid string) (crypto.PublicKey, error) { return keys.find(t.Context(), kid) }

	i.down.Store(true)
	if _, err := find("A1"); err == nil || errors.Is(err, errUnknownKey) {
		t.Fatalf("Altinn is down: %v", err)
	}
	i.down.Store(false)
	for range 3 {
		if _, err := find("A1"); err != nil {
			t.Fatal(err)
		}
	}
	if n := i.read.Load(); n != 2 {
		t.Errorf("%d reads; a key that is known needs none", n)
	}
	// However many unknown keys are tried, Altinn is asked once in half a minute.
	now = now.Add(keysPause)
	for range 5 {
		if _, err := find("B2"); !errors.Is(err, errUnknownKey) {
			t.Fatal(err)
		}
	}
	if n := i.read.Load(); n != 3 {
		t.Errorf("%d reads for unknown keys", n-2)
	}
	i.kid = "B2" // Altinn has a new key
	now = now.Add(keysPause)
	if _, err := find("B2"); err != nil {
		t.Error(err)
	}
	// A key that is withdrawn is gone within the hour, but an outage takes none away.
	i.down.Store(true)
	now = now.Add(2 * keysLast)
	if _, err := find("B2"); err != nil {
		t.Errorf("during an outage: %v", err)
	}
	i.down.Store(false)
	i.kid = "C3"
	now = now.Add(keysPause)
	if _, err := find("B2"); !errors.Is(err, errUnknownKey) {
		t.Errorf("a withdrawn key: %v", err)
	}
}

func TestWhoeverComesWhileKeysAreReadWaitsForThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(t)
		i.takes = time.Second
		keys := i.callers(time.Now).keys
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if _, err := keys.find(t.Context(), "A1"); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		if n := i.read.Load(); n != 1 {
			t.Errorf("%d reads", n)
		}
	})
}
