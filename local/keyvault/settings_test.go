package keyvault_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/keyvault"
)

const vaultName = "kv-fts-tt02"

func TestClaimsChallenge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	w.must(w.vaults.DemandClaims(vaultName, 1))
	form := regexp.MustCompile(`^Bearer realm="", authorization_uri="https://login\.microsoftonline\.com/common/oauth2/authorize", ` +
		`error="insufficient_claims", claims="([A-Za-z0-9+/]+=*)"$`)
	for range 2 { // it holds for the token, not for one request
		a := w.send("GET", "/secrets/s/", "")
		found := form.FindStringSubmatch(a.header.Get("WWW-Authenticate"))
		if a.status != 401 || found == nil {
			t.Fatalf("got %d, challenge %s", a.status, a.header.Get("WWW-Authenticate"))
		}
		claims, err := base64.StdEncoding.DecodeString(found[1])
		want := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, w.clock.now().Unix())
		if err != nil || string(claims) != want {
			t.Errorf("claims are %s, %v; want %s", claims, err, want)
		}
	}
	if a := w.sendWith("", "GET", "/secrets/s/", ""); a.header.Get("WWW-Authenticate") != challenge {
		t.Errorf("without a token, the challenge is %s", a.header.Get("WWW-Authenticate"))
	}
	w.token = w.login(w.client, "https://vault.azure.net")
	w.ok("GET", "/secrets/s/", "")
	w.must(w.vaults.DemandClaims(vaultName, 1))
	w.must(w.vaults.DemandClaims(vaultName, 0))
	w.ok("GET", "/secrets/s/", "")
}

func TestSettingsChangeWhileServing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	got, err := w.vaults.Settings(vaultName)
	if want := (keyvault.Settings{RetentionDays: 90}); err != nil || got != want {
		t.Errorf("settings are %+v, %v", got, err)
	}
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	changed := keyvault.Settings{DeletionDelay: time.Second, RetentionDays: 8, PurgeProtection: true, AccessPolicy: true, EmptyPages: true}
	w.must(w.vaults.SetSettings(vaultName, changed))
	if got, err = w.vaults.Settings(strings.ToUpper(vaultName)); err != nil || got != changed {
		t.Errorf("settings are %+v, %v", got, err)
	}
	deleted := w.ok("DELETE", "/secrets/s", "")
	attributes := deleted["attributes"].(map[string]any)
	if attributes["recoveryLevel"] != "CustomizedRecoverable" || attributes["recoverableDays"] != 8.0 {
		t.Errorf("attributes are %v", attributes)
	}
	w.refused("GET", "/deletedsecrets/s", "", 404, unknownDeleted)
	w.clock.advance(time.Second)
	w.ok("GET", "/deletedsecrets/s", "")
	if first := w.ok("GET", "/deletedsecrets", ""); len(first["value"].([]any)) != 0 || first["nextLink"] == nil {
		t.Errorf("the first page is %v", first)
	}
	w.must(w.vaults.Revoke(vaultName, objectID, keyvault.Get))
	if a := w.send("GET", "/secrets/s/", ""); !strings.Contains(a.body, "AccessDenied") {
		t.Errorf("refused with %s", a.body)
	}
	for name, err := range map[string]error{
		"too short a retention":    w.vaults.SetSettings(vaultName, keyvault.Settings{RetentionDays: 6}),
		"too long a retention":     w.vaults.SetSettings(vaultName, keyvault.Settings{RetentionDays: 91}),
		"a negative delay":         w.vaults.SetSettings(vaultName, keyvault.Settings{DeletionDelay: -1}),
		"an unknown vault":         w.vaults.SetSettings("other", changed),
		"less than no tokens":      w.vaults.DemandClaims(vaultName, -1),
		"demands in unknown vault": w.vaults.DemandClaims("other", 1),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := w.vaults.Settings("other"); err == nil {
		t.Error("settings of an unknown vault")
	}
}
