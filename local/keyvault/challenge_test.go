package keyvault_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stafett/stafett/local/keyvault"
)

const challenge = `Bearer authorization="https://login.microsoftonline.com/` + tenant + `", resource="https://vault.azure.net"`

func TestChallengeComesBeforeEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	want := problemBody("Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", "")
	for _, request := range []struct{ method, path string }{
		{"PUT", "/secrets/name?api-version=2026-04-01"}, // an SDK's first request has no body
		{"PATCH", "/secrets/name/?api-version=2026-04-01"},
		{"POST", "/secrets/restore?api-version=2026-04-01"},
		{"GET", "/secrets/bad_name?api-version=2026-04-01"},
		{"GET", "/secrets?x=y"},
		{"POST", "/nothing?x=y"},
	} {
		for _, authorization := range []string{"", "Bearer ", "Basic dTpw"} {
			a := w.sendWith(authorization, request.method, request.path, "")
			if a.status != http.StatusUnauthorized || a.body != want || a.header.Get("WWW-Authenticate") != challenge {
				t.Errorf("%s %s with %q: got %d %s, challenge %s", request.method, request.path, authorization,
					a.status, a.body, a.header.Get("WWW-Authenticate"))
			}
		}
	}
}

func TestBadTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	good := w.token
	forArm := w.login(w.client, "https://management.azure.com")
	tests := []struct{ name, token, message string }{
		{"wrong audience", forArm, "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com."},
		{"garbage", "x", "AKV10046: Unable to resolve the key used for signature validation."},
		{"changed", good[:len(good)-8] + "AAAAAAAA", "AKV10046: Unable to resolve the key used for signature validation."},
	}
	for _, tt := range tests {
		a := w.sendWith("Bearer "+tt.token, "GET", "/secrets", "")
		if want := problemBody("Unauthorized", tt.message, ""); a.status != 401 || a.body != want || a.header.Get("WWW-Authenticate") != challenge {
			t.Errorf("%s: got %d %s", tt.name, a.status, a.body)
		}
	}
	w.clock.advance(time.Hour - time.Second)
	w.ok("GET", "/secrets", "")
	w.clock.advance(time.Second)
	w.refused("GET", "/secrets", "", 401, problemBody("Unauthorized", "[TokenExpired] Error validating token: the token is expired.", ""))
}

func TestTokenOfAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{}, func(cfg *keyvault.Config) { cfg.TenantID = "another-tenant" })
	w.refused("GET", "/secrets", "", 401, problemBody("Unauthorized", "AKV10032: Invalid issuer. Found: https://sts.windows.net/"+tenant+"/", ""))
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, vaultURL+"/secrets?api-version=7.4", nil)
	w.must(err)
	request.Header.Set("Authorization", "bearer "+w.token)
	request.Header.Set("x-ms-client-request-id", "abc")
	response, err := w.client.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1",
		"Strict-Transport-Security": "max-age=31536000;includeSubDomains", "X-Content-Type-Options": "nosniff",
		"x-ms-client-request-id": "abc", "x-ms-keyvault-region": "norwayeast", "x-ms-keyvault-service-version": "1.9.1.0",
		"x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if response.Header.Get("x-ms-request-id") == "" {
		t.Error("no x-ms-request-id")
	}
}
