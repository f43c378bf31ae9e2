package keyvault_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stafett/stafett/local/keyvault"
)

func TestAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	now := w.clock.now().Unix()
	w.ok("PUT", "/secrets/Key", fmt.Sprintf(`{"value":"first","attributes":{"nbf":%d}}`, now))
	first := w.ok("GET", "/secrets/Key/versions", "")["value"].([]any)[0].(map[string]any)["id"].(string)
	w.ok("PUT", "/secrets/Key", fmt.Sprintf(`{"value":"second","attributes":{"exp":%d}}`, now+3600))
	w.ok("PUT", "/secrets/other", `{"value":"v"}`)

	expires, err := w.vaults.Age("kv-fts-tt02", "key", 2*time.Hour)
	w.must(err)
	if expires.Unix() != now-3600 {
		t.Errorf("expires %s", expires)
	}
	latest := w.ok("GET", "/secrets/Key/", "")
	if got := latest["attributes"].(map[string]any); latest["value"] != "second" || got["created"] != float64(now-7200) || got["updated"] != float64(now-7200) || got["exp"] != float64(now-3600) {
		t.Errorf("the latest version is %v", latest)
	}
	if got := w.ok("GET", first[len(vaultURL):], "")["attributes"].(map[string]any); got["nbf"] != float64(now-7200) || got["exp"] != nil {
		t.Errorf("the first version has %v", got)
	}
	if got := w.ok("GET", "/secrets/other/", "")["attributes"].(map[string]any); got["created"] != float64(now) {
		t.Errorf("another secret has %v", got)
	}
	if expires, err = w.vaults.Age("kv-fts-tt02", "other", time.Hour); err != nil || !expires.IsZero() {
		t.Errorf("a secret without expiry: %s, %v", expires, err)
	}
	w.ok("DELETE", "/secrets/other", "")
	for _, name := range []string{"other", "nothing"} {
		if _, err := w.vaults.Age("kv-fts-tt02", name, time.Hour); !errors.Is(err, keyvault.ErrNoSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.vaults.Age("kv-fts-tt02", "key", 0); err == nil {
		t.Error("aged by nothing")
	}
	values, err := w.vaults.Secrets("kv-fts-tt02")
	if err != nil || len(values) != 1 || values["Key"].Reveal() != "second" {
		t.Errorf("secrets are %v, %v", values, err)
	}
}

func TestPermissionsAreReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	w.must(w.vaults.SetPermissions("kv-fts-tt02", objectID, keyvault.List, keyvault.Get))
	got, err := w.vaults.Permissions("kv-fts-tt02", objectID)
	if err != nil || !slices.Equal(got, []keyvault.Permission{keyvault.Get, keyvault.List}) {
		t.Errorf("permissions are %v, %v", got, err)
	}
	w.ok("GET", "/secrets/s/", "")
	if a := w.send("PUT", "/secrets/s", `{"value":"v"}`); a.status != 403 {
		t.Errorf("a write without the permission: %d", a.status)
	}
	w.must(w.vaults.SetPermissions("kv-fts-tt02", objectID))
	if a := w.send("GET", "/secrets/s/", ""); a.status != 403 {
		t.Errorf("a read without the permission: %d", a.status)
	}
	if w.vaults.SetPermissions("none", objectID) == nil {
		t.Error("set the permissions of a vault that is not there")
	}
}
