package keyvault_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/keyvault"
)

func TestInventoryTellsAllButValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Settings: keyvault.Settings{RetentionDays: 7, DeletionDelay: 2 * time.Second}})
	begun := w.clock.now()
	expires := begun.Add(24 * time.Hour)
	w.ok("PUT", "/secrets/b-key", `{"value":"the-old-value","tags":{"kid":"k1"}}`)
	w.clock.advance(time.Minute)
	w.ok("PUT", "/secrets/b-key", fmt.Sprintf(`{"value":"the-new-value","contentType":"text/plain","tags":{"kid":"k2"},"attributes":{"enabled":false,"nbf":%d,"exp":%d}}`, begun.Unix(), expires.Unix()))
	w.ok("PUT", "/secrets/a-gone", `{"value":"the-gone-value"}`)
	w.ok("PUT", "/secrets/c-purged", `{"value":"the-purged-value"}`)
	w.ok("DELETE", "/secrets/a-gone", "")
	deleted := w.clock.now()
	w.ok("DELETE", "/secrets/c-purged", "")
	w.clock.advance(2 * time.Second) // now they are deleted, and the purge goes on
	if status := w.send("DELETE", "/deletedsecrets/c-purged", "").status; status != 204 {
		t.Fatalf("purge answers %d", status)
	}

	secrets, err := w.vaults.Inventory("KV-fts-tt02")
	w.must(err)
	if len(secrets) != 2 || secrets[0].Name != "a-gone" || secrets[1].Name != "b-key" {
		t.Fatalf("the inventory is %+v", secrets)
	}
	if gone := secrets[0]; !gone.Deleted.Equal(deleted) || !gone.PurgedAt.Equal(deleted.AddDate(0, 0, 7)) || len(gone.Versions) != 1 {
		t.Errorf("the deleted secret is %+v", gone)
	}
	key := secrets[1]
	if !key.Deleted.IsZero() || !key.PurgedAt.IsZero() || len(key.Versions) != 2 {
		t.Fatalf("the secret is %+v", key)
	}
	latest, first := key.Versions[0], key.Versions[1]
	if latest.Tags["kid"] != "k2" || latest.ContentType != "text/plain" || latest.Enabled ||
		!latest.NotBefore.Equal(begun) || !latest.Expires.Equal(expires) || !latest.Created.Equal(begun.Add(time.Minute)) {
		t.Errorf("the latest version is %+v", latest)
	}
	if first.Tags["kid"] != "k1" || !first.Enabled || !first.Expires.IsZero() || !first.Created.Equal(begun) || !first.Updated.Equal(begun) || first.ID == latest.ID {
		t.Errorf("the first version is %+v", first)
	}
	if told := fmt.Sprintf("%+v", secrets); strings.Contains(told, "-value") {
		t.Error("the inventory holds a value")
	}

	latest.Tags["kid"] = "changed"
	again, err := w.vaults.Inventory("kv-fts-tt02")
	w.must(err)
	if again[1].Versions[0].Tags["kid"] != "k2" {
		t.Error("whoever reads an inventory can change the vault's tags")
	}
	if _, err := w.vaults.Inventory("kv-other"); err == nil {
		t.Error("a vault that is not there has an inventory")
	}
}
