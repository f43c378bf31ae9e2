package keyvault_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
)

const (
	tenant       = "11111111-2222-3333-4444-555555555555"
	clientID     = "66666666-7777-8888-9999-000000000000"
	clientSecret = "cl1ent-s3cret"
	accessToken  = "acc3ss-t0ken"
	address      = "https://kv-fts-tt02.vault.azure.net"
)

// network carries requests to handlers by host name, and keeps a record of them.
type network struct {
	hosts map[string]http.Handler

	mu     sync.Mutex
	record []string
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.write(r)
	handler, ok := n.hosts[r.URL.Host]
	if !ok {
		return nil, fmt.Errorf("no such host: %s", r.URL.Host)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// write puts one request in the record: first line, the headers that matter, body.
func (n *network) write(r *http.Request) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL)
	for _, name := range []string{"Accept", "Authorization", "Content-Type"} {
		if value := r.Header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(&b, "Content-Length: %d\n", r.ContentLength)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if form, err := url.ParseQuery(string(body)); err == nil && r.Header.Get("Content-Type") != "application/json" {
			var names []string
			for name := range form {
				names = append(names, name)
			}
			sort.Strings(names)
			for _, name := range names {
				fmt.Fprintf(&b, "%s=%s\n", name, form.Get(name))
			}
		} else {
			b.WriteString(string(body) + "\n")
		}
	}
	n.mu.Lock()
	n.record = append(n.record, b.String())
	n.mu.Unlock()
}

// requests are the first lines of what was sent to the vault so far.
func (n *network) requests() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var lines []string
	for _, entry := range n.record {
		if first, _, _ := strings.Cut(entry, "\n"); strings.Contains(first, "vault.azure.net/") {
			lines = append(lines, first)
		}
	}
	return lines
}

// entra answers as Microsoft Entra for one tenant and one client.
func entra(w http.ResponseWriter, r *http.Request) {
	base := "https://" + r.URL.Host + "/" + tenant
	switch r.URL.Path {
	case "/common/discovery/instance":
		writeJSON(w, 200, map[string]any{
			"tenant_discovery_endpoint": base + "/v2.0/.well-known/openid-configuration",
			"api-version":               "1.1",
			"metadata":                  []any{map[string]any{"preferred_network": r.URL.Host, "preferred_cache": r.URL.Host, "aliases": []string{r.URL.Host}}},
		})
	case "/" + tenant + "/v2.0/.well-known/openid-configuration":
		writeJSON(w, 200, map[string]any{
			"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize",
		})
	case "/" + tenant + "/oauth2/v2.0/token":
		if err := r.ParseForm(); err != nil || r.PostForm.Get("client_secret") != clientSecret {
			writeJSON(w, 401, map[string]any{
				"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided: leaked-in-the-answer", "error_codes": []int{7000215},
			})
			return
		}
		writeJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": accessToken})
	default:
		http.NotFound(w, r)
	}
}

const challenge = `Bearer authorization="https://login.microsoftonline.com/` + tenant + `", resource="https://vault.azure.net"`

// guarded asks for a token before it lets a request through, as a vault does.
func guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+accessToken {
			w.Header().Set("WWW-Authenticate", challenge)
			writeFault(w, 401, "Unauthorized", "", "AKV10000: Request is missing a Bearer or PoP token.")
			return
		}
		next(w, r)
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func writeFault(w http.ResponseWriter, status int, code, inner, message string) {
	fault := map[string]any{"code": code, "message": message}
	if inner != "" {
		fault["innererror"] = map[string]any{"code": inner}
	}
	writeJSON(w, status, map[string]any{"error": fault})
}

// open returns a vault at which a handler answers, behind its challenge.
func open(t *testing.T, handler http.HandlerFunc) (*keyvault.Vault, *network) {
	t.Helper()
	return openRaw(t, guarded(handler), clientSecret)
}

func openRaw(t *testing.T, handler http.HandlerFunc, clientSecret string) (*keyvault.Vault, *network) {
	t.Helper()
	n := &network{hosts: map[string]http.Handler{
		"login.microsoftonline.com":       http.HandlerFunc(entra),
		"kv-fts-tt02.vault.azure.net":     handler,
		"kv-fts-tt02.vault.azure.net:443": handler,
	}}
	hc := &http.Client{Transport: n}
	cred := newCredential(t, keyvault.CredentialOptions{HTTPClient: hc, TenantID: tenant, ClientID: clientID, ClientSecret: secret.New(clientSecret)})
	v, err := keyvault.Open(address, cred, hc)
	if err != nil {
		t.Fatal(err)
	}
	return v, n
}

func newCredential(t *testing.T, o keyvault.CredentialOptions) azcore.TokenCredential {
	t.Helper()
	cred, err := keyvault.NewCredential(o)
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// bundle is a secret as the vault's answers have it.
func bundle(name, version string, more map[string]any) map[string]any {
	id := address + "/secrets/" + name
	if version != "" {
		id += "/" + version
	}
	b := map[string]any{"id": id, "attributes": map[string]any{"enabled": true, "created": 1790000000, "updated": 1790000001,
		"recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}}
	for k, v := range more {
		b[k] = v
	}
	return b
}
