package keyvault_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/keyvault"
)

// FuzzRequest sends anything to a vault: it never fails by itself, and what it
// refuses, it refuses in the service's form.
func FuzzRequest(f *testing.F) {
	f.Fuzz(func(t *testing.T, method, target, body string) {
		request, err := http.NewRequest(method, vaultURL, strings.NewReader(body))
		if err != nil {
			return
		}
		parsed, err := request.URL.Parse(target)
		if err != nil || parsed.Host != request.URL.Host {
			return
		}
		request.URL = parsed
		request.Header.Set("Authorization", "Bearer token")
		vaults, err := keyvault.New(keyvault.Config{TenantID: tenant, Validate: func(string, string) (entra.Caller, error) {
			return entra.Caller{TenantID: tenant, ObjectID: objectID}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := vaults.AddVault(keyvault.VaultConfig{Name: "kv-fts-tt02"}); err != nil {
			t.Fatal(err)
		}
		if err := vaults.Grant("kv-fts-tt02", objectID, keyvault.AllPermissions()...); err != nil {
			t.Fatal(err)
		}
		recorded := httptest.NewRecorder()
		vaults.ServeHTTP(recorded, request)
		if recorded.Code >= 500 {
			t.Errorf("status %d", recorded.Code)
		}
		if recorded.Code >= 400 && !strings.HasPrefix(recorded.Body.String(), `{"error":{"code":"`) {
			t.Errorf("status %d without an error body: %s", recorded.Code, recorded.Body)
		}
	})
}
