package local_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// vaultToken is a token for the vault of the seeded service principal.
func vaultToken(t testing.TB, platform *local.Platform) string {
	t.Helper()
	seed := platform.Seed()
	form := "grant_type=client_credentials&client_id=" + seed.AzureClientID + "&client_secret=" + seed.AzureClientSecret.Reveal() + "&scope=https://vault.azure.net/.default"
	response, err := platform.Client().Post("https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || body.Token == "" {
		t.Fatalf("no token: %d, %v", response.StatusCode, err)
	}
	return body.Token
}

// TestSteeredFromOutside changes a running platform by its control address: ages
// a client with what goes with it, and takes permissions away.
func TestSteeredFromOutside(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil), Propagation: time.Minute, KeyRules: control.KeyRules{KeyIDsPerClient: true}})
	server, err := platform.ServeControl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	steer := &control.Client{URL: server.URL(), Token: server.Token()}
	token, vault := vaultToken(t, platform), platform.Seed().Vault
	secrets := func(method, name, body string) (int, string) {
		return send(t, platform, method, vault+"/secrets/"+name+"?api-version=7.4", token, body)
	}
	client := platform.Seed().SelfServiceClientID
	expires := time.Now().Add(time.Hour).Unix()
	for name, body := range map[string]string{
		"form--Settings--ClientId":   fmt.Sprintf(`{"value":%q}`, client),
		"form--Settings--EncodedJwk": fmt.Sprintf(`{"value":"x","attributes":{"exp":%d}}`, expires),
		"other--Settings--JwkBase64": `{"value":"y"}`,
		"plain":                      `{"value":"z"}`,
	} {
		if status, answer := secrets(http.MethodPut, name, body); status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, answer)
		}
	}

	before, err := platform.Registry().Registration(client)
	if err != nil {
		t.Fatal(err)
	}
	aged, err := steer.Age(t.Context(), control.Aging{Client: client, By: 10 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(aged.Secrets))
	for n, secret := range aged.Secrets {
		names[n] = secret.Name
	}
	if want := []string{"form--Settings--ClientId", "form--Settings--EncodedJwk"}; !slices.Equal(names, want) {
		t.Errorf("aged the secrets %q", names)
	}
	if want := before.Keys.Keys[0].Expires - 10*24*60*60; len(aged.Keys) != 1 || aged.Keys[0].Expires.Unix() != want {
		t.Errorf("aged the keys %v, want the end %d", aged.Keys, want)
	}
	if got := aged.Secrets[1].Expires.Unix(); got != expires-10*24*60*60 {
		t.Errorf("the key's secret expires %d", got)
	}
	if aged, err = steer.Age(t.Context(), control.Aging{Secret: "PLAIN", By: time.Hour}); err != nil || len(aged.Keys) != 0 || len(aged.Secrets) != 1 || aged.Secrets[0].Name != "plain" {
		t.Errorf("a secret alone: %+v, %v", aged, err)
	}
	for _, unknown := range []control.Aging{{Client: "nobody", By: time.Hour}, {Secret: "nothing", By: time.Hour}} {
		var refused *control.Error
		if _, err := steer.Age(t.Context(), unknown); !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
			t.Errorf("%+v: %v", unknown, err)
		}
	}

	if delay, err := steer.Propagation(t.Context()); err != nil || delay != time.Minute {
		t.Errorf("propagation takes %s, %v", delay, err)
	}
	if err := errors.Join(steer.SetPropagation(t.Context(), 0), steer.SetKeyRules(t.Context(), control.KeyRules{KeepExpiryOnRepost: true})); err != nil {
		t.Error(err)
	}
	if platform.Propagation() != 0 || platform.KeyRules() != (control.KeyRules{KeepExpiryOnRepost: true}) {
		t.Errorf("propagation takes %s, the rules are %+v", platform.Propagation(), platform.KeyRules())
	}
	if err := steer.SetPropagation(t.Context(), 11*time.Minute); err == nil {
		t.Error("a delay that the registry cannot remember was taken")
	}

	if err := steer.SetVaultPermissions(t.Context(), "get", "list"); err != nil {
		t.Fatal(err)
	}
	if status, answer := secrets(http.MethodPut, "plain", `{"value":"again"}`); status != http.StatusForbidden || !strings.Contains(answer, "ForbiddenByRbac") {
		t.Errorf("a write without the permission: %d %s", status, answer)
	}
	if status, _ := secrets(http.MethodGet, "plain/", ""); status != http.StatusOK {
		t.Errorf("a read with the permission: %d", status)
	}
	if err := steer.SetVaultPermissions(t.Context(), "get", "sett"); err == nil {
		t.Error("a permission that there is not was taken")
	}
	if got, err := steer.VaultPermissions(t.Context()); err != nil || !slices.Equal(got, []string{"get", "list"}) {
		t.Errorf("permissions are %q, %v", got, err)
	}
}

// TestPortal reaches Samarbeidsportalen's page by its real name and at an address
// of its own: what is made there is in the registry that Maskinporten reads.
func TestPortal(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	if status, body := send(t, platform, http.MethodGet, "https://"+local.PortalHost+"/login", "", ""); status != http.StatusOK || !strings.Contains(body, platform.Seed().Persons[1].Name) {
		t.Errorf("by its name: %d %s", status, body)
	}
	address, err := platform.ServePortal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	browser := &http.Client{Transport: transport, Jar: jar}
	submit := func(path string, form url.Values) *url.URL {
		t.Helper()
		response, err := browser.PostForm(address.JoinPath(path).String(), form)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, response.StatusCode)
		}
		return response.Request.URL
	}
	submit("login", url.Values{"person": {"1"}, "organisation": {platform.Seed().OrgNumber}})
	made := submit("clients/new/maskinporten", url.Values{"name": {"by hand"}, "description": {"x"}, "scope": {"altinn:serviceowner"}})
	id := path.Base(made.Path)
	registered, err := platform.Registry().Registration(id)
	if err != nil || registered.Client.OrgNumber != platform.Seed().OrgNumber {
		t.Errorf("%s: %v, %v", made, registered, err)
	}
}
