package integration_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
)

const (
	tenant       = "11111111-2222-3333-4444-555555555555"
	vaultAddress = "https://kv-fts-tt02.vault.azure.net"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// guide is the section of Altinn's public guide, as existing applications have it.
const guide = `{
  "MaskinportenSettings": {
    "Environment": "ver2",
    "ClientId": "",
    "Scope": "altinn:serviceowner/instances.read",
    "EncodedJwk": "",
    "ExhangeToAltinnToken": true,
    "EnableDebugLog": true
  }
}
`

var testKey = sync.OnceValue(func() *jwk.Key {
	key, err := jwk.Generate("fts-key-1", jwk.MinimumBits)
	if err != nil {
		panic(err)
	}
	return key
})

// stored is a secret of the vault.
type stored struct {
	value    string
	disabled bool
}

// world answers as the services that an integration meets.
type world struct {
	secrets map[string]stored
	refusal string // the vault's inner code for everything, "" for none

	mu         sync.Mutex
	assertions []map[string]any // claims, with the header's kid
	exchanges  []string         // addresses
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	switch r.URL.Host {
	case "login.microsoftonline.com":
		w.entra(recorder, r)
	case "kv-fts-tt02.vault.azure.net":
		w.vault(recorder, r)
	case "test.maskinporten.no", "maskinporten.no", "maskinporten.example":
		w.maskinporten(recorder, r)
	case "platform.tt02.altinn.no", "platform.altinn.no", "platform.at22.altinn.cloud":
		w.altinn(recorder, r)
	default:
		return nil, fmt.Errorf("no such host: %s", r.URL.Host)
	}
	response := recorder.Result()
	response.Request = r
	return response, nil
}

func (w *world) entra(rw http.ResponseWriter, r *http.Request) {
	base := "https://" + r.URL.Host + "/" + tenant
	answer := map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": "vault-token"}
	switch {
	case strings.Contains(r.URL.Path, "/discovery/"):
		answer = map[string]any{"tenant_discovery_endpoint": base + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
			"metadata": []any{map[string]any{"preferred_network": r.URL.Host, "preferred_cache": r.URL.Host, "aliases": []string{r.URL.Host}}}}
	case strings.Contains(r.URL.Path, ".well-known"):
		answer = map[string]any{"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize"}
	}
	write(rw, 200, answer)
}

func (w *world) vault(rw http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		rw.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/`+tenant+`", resource="https://vault.azure.net"`)
		write(rw, 401, fault("Unauthorized", ""))
		return
	}
	if w.refusal != "" {
		write(rw, 403, fault("Forbidden", w.refusal))
		return
	}
	bundle := func(name string, s stored) map[string]any {
		return map[string]any{"id": vaultAddress + "/secrets/" + name, "attributes": map[string]any{"enabled": !s.disabled, "updated": 1790000000}}
	}
	if r.URL.Path == "/secrets" {
		all := []any{}
		for name, s := range w.secrets {
			all = append(all, bundle(name, s))
		}
		write(rw, 200, map[string]any{"value": all, "nextLink": nil})
		return
	}
	name := strings.Trim(strings.TrimPrefix(r.URL.Path, "/secrets/"), "/")
	s, ok := w.secrets[name]
	switch {
	case !ok:
		write(rw, 404, fault("SecretNotFound", ""))
	case s.disabled:
		write(rw, 403, fault("Forbidden", "SecretDisabled"))
	default:
		answer := bundle(name, s)
		answer["value"] = s.value
		write(rw, 200, answer)
	}
}

func (w *world) maskinporten(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	_, assertion, _ := strings.Cut(string(body), "assertion=")
	assertion, _, _ = strings.Cut(assertion, "&")
	parts := strings.Split(assertion, ".")
	claims := map[string]any{"token endpoint": r.URL.String()}
	for _, part := range parts[:2] {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			panic(err)
		}
		if err := json.Unmarshal(text, &claims); err != nil {
			panic(err)
		}
	}
	w.mu.Lock()
	w.assertions = append(w.assertions, claims)
	w.mu.Unlock()
	write(rw, 200, map[string]any{"access_token": "maskinporten-token", "token_type": "Bearer", "expires_in": 119, "scope": claims["scope"]})
}

func (w *world) altinn(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.exchanges = append(w.exchanges, r.URL.String())
	w.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer maskinporten-token" {
		rw.WriteHeader(401)
		return
	}
	claims, err := json.Marshal(map[string]any{"urn:altinn:org": "fts", "exp": now.Add(30 * time.Minute).Unix()})
	if err != nil {
		panic(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	_, _ = io.Copy(rw, bytes.NewBufferString(encode([]byte(`{"alg":"RS256"}`))+"."+encode(claims)+"."+encode([]byte("signature"))))
}

func write(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body)
}

func fault(code, inner string) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": "", "innererror": map[string]any{"code": inner}}}
}

// open makes a client of the world's vault.
func (w *world) open(t *testing.T) *keyvault.Vault {
	t.Helper()
	hc := &http.Client{Transport: w}
	cred, err := keyvault.NewCredential(keyvault.CredentialOptions{HTTPClient: hc, TenantID: tenant, ClientID: "c", ClientSecret: secret.New("s")})
	if err != nil {
		t.Fatal(err)
	}
	v, err := keyvault.Open(vaultAddress, cred, hc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// load loads an integration of an application with one settings file.
func (w *world) load(t *testing.T, settings string, change func(*integration.Options)) (*integration.Integration, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "appsettings.json"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	o := integration.Options{
		AppDir: dir, Section: "MaskinportenSettings", HTTPClient: &http.Client{Transport: w}, Now: func() time.Time { return now },
		Directories: appsettings.Directories{RuntimeSecrets: filepath.Join(dir, "mnt"), AppsettingsSecret: filepath.Join(dir, "altinn")},
	}
	if w.secrets != nil || w.refusal != "" {
		o.Vault = w.open(t)
	}
	if change != nil {
		change(&o)
	}
	return integration.Load(context.Background(), o)
}

func (w *world) mustLoad(t *testing.T, settings string, change func(*integration.Options)) *integration.Integration {
	t.Helper()
	i, err := w.load(t, settings, change)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// inVault is a vault with the two secrets of the guide's section.
func inVault() *world {
	return &world{secrets: map[string]stored{
		"MaskinportenSettings--ClientId":   {value: "client-1"},
		"MaskinportenSettings--EncodedJwk": {value: testKey().Encoded().Reveal()},
	}}
}

func base64Std(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
