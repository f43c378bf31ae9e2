package local_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// TestIdentitiesWithoutASecret logs in as the seeded service principal by each way
// that needs no secret, and reads the vault with what it gets.
func TestIdentitiesWithoutASecret(t *testing.T) {
	t.Parallel()
	settings := control.VaultSettings{DeletionDelay: time.Minute, RetentionDays: 7}
	platform := start(t, local.Config{Apps: folders(t, nil), VaultSettings: settings, ManagedIdentity: true})
	seed := platform.Seed()
	tokenOf := func(response *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var body struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v", response.StatusCode, err)
		}
		return body.Token
	}
	get := func(client *http.Client, address, header, value string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"&resource=https://vault.azure.net", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(header, value)
		return tokenOf(client.Do(request))
	}
	assertion, err := platform.WorkloadToken(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, header, err := platform.ServeIdentity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	for name, token := range map[string]string{
		"workload": tokenOf(platform.Client().PostForm("https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {seed.AzureClientID}, "scope": {"https://vault.azure.net/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion.Reveal()},
		})),
		"machine":     get(platform.Client(), "http://"+local.MetadataAddress+"/metadata/identity/oauth2/token?api-version=2018-02-01", "Metadata", "true"),
		"App Service": get(&http.Client{Transport: transport}, endpoint.String()+"?api-version=2019-08-01", "X-IDENTITY-HEADER", header.Reveal()),
	} {
		path := seed.Vault + "/secrets/" + strings.ReplaceAll(name, " ", "-") + "?api-version=7.4"
		if status, body := send(t, platform, http.MethodPut, path, token, `{"value":"v"}`); status != http.StatusOK || !strings.Contains(body, `"recoverableDays":7`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if got := platform.VaultSettings(); got != settings {
		t.Errorf("the vault's settings are %+v", got)
	}
	if err := platform.SetVaultSettings(control.VaultSettings{RetentionDays: 1}); err == nil {
		t.Error("a retention of one day was accepted")
	}
	token := vaultToken(t, platform)
	if err := platform.DemandVaultClaims(1); err != nil {
		t.Fatal(err)
	}
	path := seed.Vault + "/secrets/machine?api-version=7.4"
	if status, body := send(t, platform, http.MethodGet, path, token, ""); status != http.StatusUnauthorized {
		t.Errorf("with a token that must be renewed: %d %s", status, body)
	}
	if status, body := send(t, platform, http.MethodGet, path, vaultToken(t, platform), ""); status != http.StatusOK {
		t.Errorf("with a new one: %d %s", status, body)
	}
}
