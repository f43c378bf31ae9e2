package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stafett/stafett/local/entra"
)

var workload = entra.Workload{Issuer: "https://cluster.example/", Subject: "system:serviceaccount:default:app"}

// loginWith is the request of an app that has an assertion in place of a secret.
func loginWith(assertion string, changes ...string) url.Values {
	f := form(changes...)
	f.Del("client_secret")
	f.Set("client_assertion", assertion)
	if !f.Has("client_assertion_type") {
		f.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	}
	return f
}

func TestWorkloadIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token, err := w.server.WorkloadToken(appID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for path, scope := range map[string]string{v2: "the newer protocol", v1: "the older one"} {
		recorded := w.post(path, loginWith(token.Reveal()+"\n")) // files end in a line break
		body := decode[map[string]any](t, recorded)
		if who, err := w.server.Validate(body["access_token"].(string), vaults); err != nil || who.AppID != appID {
			t.Errorf("%s: caller is %v, %v", scope, who, err)
		}
	}
	w.now = w.now.Add(time.Hour)
	if got := w.post(v2, loginWith(token.Reveal())); got.Code != http.StatusUnauthorized {
		t.Errorf("after its time: %d", got.Code)
	}
	for name, wrong := range map[string]func() error{
		"unknown app": func() error { _, err := w.server.WorkloadToken("other", time.Hour); return err },
		"no workload": func() error { _, err := w.server.WorkloadToken(machineID, time.Hour); return err },
		"no lifetime": func() error { _, err := w.server.WorkloadToken(appID, 0); return err },
	} {
		if wrong() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWorkloadRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(key *rsa.PrivateKey, claim string, value any) string {
		t.Helper()
		claims := map[string]any{
			"iss": workload.Issuer, "sub": workload.Subject, "aud": []string{entra.TokenExchangeAudience},
			"nbf": start.Unix(), "exp": start.Add(time.Hour).Unix(),
		}
		claims[claim] = value
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(signingKey(), "x", "y")
	mismatch := func(claim, value string) string {
		return "No matching federated identity record found for presented assertion " + claim + " '" + value + "'." +
			" Check your federated identity credential Subject, Audience and Issuer against the presented assertion." +
			" https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
	}
	const (
		inTime  = "Client assertion is not within its valid time range. Current time: 2026-11-22T12:00:00.2500000Z, "
		unknown = "system:serviceaccount:default:other"
	)
	for name, tt := range map[string]struct {
		form   url.Values
		status int
		code   string
		number int
		text   string
	}{
		"another issuer":     {loginWith(sign(signingKey(), "iss", "https://other.example/")), 401, "invalid_client", 700211, mismatch("issuer", "https://other.example/")},
		"another audience":   {loginWith(sign(signingKey(), "aud", vaults)), 401, "invalid_client", 700212, mismatch("audience", vaults)},
		"another subject":    {loginWith(sign(signingKey(), "sub", unknown)), 401, "invalid_client", 700213, mismatch("subject", unknown)},
		"an app without one": {loginWith(good, "client_id", machineID), 401, "invalid_client", 700211, mismatch("issuer", workload.Issuer)},
		"another key":        {loginWith(sign(stranger, "x", "y")), 401, "invalid_client", 700027, "Client assertion failed signature validation."},
		"over": {loginWith(sign(signingKey(), "exp", start.Unix())), 401, "invalid_client", 700024,
			inTime + "assertion valid from 2026-11-22T12:00:00.0000000Z, expiry time of assertion 2026-11-22T12:00:00.0000000Z."},
		"not yet": {loginWith(sign(signingKey(), "nbf", start.Unix()+1)), 401, "invalid_client", 700024,
			inTime + "assertion valid from 2026-11-22T12:00:01.0000000Z, expiry time of assertion 2026-11-22T13:00:00.0000000Z."},
		"garbage": {loginWith("x"), 400, "invalid_request", 50027, "JWT token is invalid or malformed."},
		"another type": {loginWith(good, "client_assertion_type", "jwt"), 400, "invalid_request", 900144,
			"The request body must contain the following parameter: 'client_assertion_type'."},
	} {
		got := w.post(v2, tt.form)
		var body struct {
			Code        string `json:"error"`
			Description string `json:"error_description"`
			Numbers     []int  `json:"error_codes"`
		}
		if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(body.Description, ": ")
		text, _, _ = strings.Cut(text, " Trace ID: ")
		if got.Code != tt.status || body.Code != tt.code || len(body.Numbers) != 1 || body.Numbers[0] != tt.number || text != tt.text {
			t.Errorf("%s: got %d %s", name, got.Code, got.Body)
		}
	}
}

// The metadata promises that credentials may come in the header, too.
func TestBasicAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	without := form("client_id", "", "client_secret", "")
	for password, want := range map[string]int{url.QueryEscape(appSecret): 200, "wrong": 401} {
		if got := w.postAs(appID, password, v2, without); got.Code != want {
			t.Errorf("with %s: %d %s", password, got.Code, got.Body)
		}
	}
}
