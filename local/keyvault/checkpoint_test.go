package keyvault_test

import (
	"testing"

	"github.com/stafett/stafett/local/keyvault"
)

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	before := w.send("GET", "/secrets/s/", "").body
	restore, err := w.vaults.Checkpoint(vaultName)
	w.must(err)
	for range 2 {
		w.must(w.vaults.SetSettings(vaultName, keyvault.Settings{RetentionDays: 7, EmptyPages: true}))
		w.ok("PATCH", "/secrets/s/", `{"contentType":"changed"}`)
		w.ok("PUT", "/secrets/s", `{"value":"w"}`)
		w.ok("PUT", "/secrets/other", `{"value":"w"}`)
		w.ok("DELETE", "/secrets/s", "")
		w.must(w.vaults.Revoke(vaultName, objectID, keyvault.Get))
		w.must(w.vaults.DemandClaims(vaultName, 1))
		if a := w.send("GET", "/secrets", ""); a.status != 401 {
			t.Errorf("claims are not demanded: %d", a.status)
		}
		restore()
		if a := w.send("GET", "/secrets/s/", ""); a.body != before {
			t.Errorf("the secret was\n%s\nand is\n%s", before, a.body)
		}
		if a := w.send("GET", "/secrets/other/", ""); a.status != 404 {
			t.Errorf("a secret made later: %d", a.status)
		}
		if items := w.ok("GET", "/secrets", "")["value"].([]any); len(items) != 1 {
			t.Errorf("list is %v", items)
		}
	}
	w.must(w.vaults.DemandClaims(vaultName, 1))
	restore, err = w.vaults.Checkpoint(vaultName)
	w.must(err)
	restore()
	if a := w.send("GET", "/secrets", ""); a.status != 401 {
		t.Errorf("claims are not demanded any more: %d", a.status)
	}
	if _, err := w.vaults.Checkpoint("other"); err == nil {
		t.Error("remembered an unknown vault")
	}
}
