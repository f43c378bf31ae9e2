package probes_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/probes"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The stand-ins must pass the same probes as the real systems.
func TestLocalPlatform(t *testing.T) {
	platform := start(t)
	seed := platform.Seed()
	probes.Run(t, probes.Target{
		Client:        platform.Client(),
		Platform:      "https://" + local.PlatformHost,
		Receiving:     seed.Apps[1].URL,
		ReceivingID:   seed.Apps[1].ID,
		Model:         "sak",
		Field:         "Sak.Tittel",
		Attachment:    "vedlegg",
		Original:      seed.Apps[0].URL,
		Recipient:     seed.OrgNumber,
		PersonParty:   seed.Persons[0].PartyID,
		PersonToken:   login(t, platform, seed.Persons[0].UserID),
		StrangerToken: login(t, platform, seed.Persons[2].UserID),
		OrgToken:      newOrganisation(t, platform).token,
	})
}

func start(t *testing.T) *local.Platform {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	var folders []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(dir, "examples", name))
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, folder)
	}
	platform, err := local.Start(t.Context(), local.Config{Apps: folders, Dir: filepath.Join(dir, "storage"), Keys: platformtest.Keys(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	return platform
}

func login(t *testing.T, platform *local.Platform, user int) string {
	t.Helper()
	return request(t, platform, http.MethodGet, fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, user), "", "", nil)
}

// request sends one request that must succeed and returns the body.
func request(t *testing.T, platform *local.Platform, method, address, token, contentType string, body io.Reader) string {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	response, err := platform.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s answers %d %s", method, address, response.StatusCode, content)
	}
	return string(content)
}

// organisation is an integration of the owner, made by hand: these tests use
// none of the project's clients.
type organisation struct {
	platform *local.Platform
	clientID string
	key      *rsa.PrivateKey
	kid      string
}

func newOrganisation(t *testing.T, platform *local.Platform) *organisation {
	t.Helper()
	seed := platform.Seed()
	var adminKey jose.JSONWebKey
	if err := json.Unmarshal([]byte(seed.SelfServiceKey.Reveal()), &adminKey); err != nil {
		t.Fatal(err)
	}
	admin := &organisation{platform, seed.SelfServiceClientID, adminKey.Key.(*rsa.PrivateKey), adminKey.KeyID}
	adminToken := admin.grant(t, "idporten:dcr.read idporten:dcr.write")

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const api = "https://" + local.SelfServiceHost + "/api/v1/clients"
	var client struct {
		ID string `json:"client_id"`
	}
	created := request(t, platform, http.MethodPost, api, adminToken, "application/json", strings.NewReader(`{"client_name":"probes","description":"Probes",
		"integration_type":"maskinporten","application_type":"web","token_endpoint_auth_method":"private_key_jwt",
		"grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"],
		"scopes":["altinn:serviceowner/instances.read","altinn:serviceowner/instances.write"]}`))
	if err := json.Unmarshal([]byte(created), &client); err != nil {
		t.Fatal(err)
	}
	const kid = "probes-1"
	public, err := json.Marshal(map[string]any{"keys": []jose.JSONWebKey{{Key: key.Public(), KeyID: kid, Algorithm: "RS256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	request(t, platform, http.MethodPost, api+"/"+client.ID+"/jwks", adminToken, "application/json", strings.NewReader(string(public)))
	return &organisation{platform, client.ID, key, kid}
}

// grant gets a token from Maskinporten.
func (o *organisation) grant(t *testing.T, scope string) string {
	t.Helper()
	encode := func(v any) string {
		content, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(content)
	}
	now := time.Now().Unix()
	unsigned := encode(map[string]string{"alg": "RS256", "kid": o.kid}) + "." + encode(map[string]any{
		"aud": "https://" + local.MaskinportenHost + "/", "iss": o.clientID, "scope": scope, "iat": now, "exp": now + 120, "jti": rand.Text(),
	})
	digest := sha256.Sum256([]byte(unsigned))
	signature, err := rsa.SignPKCS1v15(rand.Reader, o.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {unsigned + "." + base64.RawURLEncoding.EncodeToString(signature)},
	}
	body := request(t, o.platform, http.MethodPost, "https://"+local.MaskinportenHost+"/token", "", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &token); err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}

// token gets an exchanged token with the scopes.
func (o *organisation) token(t *testing.T, scopes ...string) string {
	t.Helper()
	return request(t, o.platform, http.MethodGet, "https://"+local.PlatformHost+"/authentication/api/v1/exchange/maskinporten", o.grant(t, strings.Join(scopes, " ")), "", nil)
}
