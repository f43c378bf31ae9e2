package keyvault_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stafett/stafett/local/keyvault"
)

const (
	unknownHint = " was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct" +
		" recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
	recoverableText = "Secret s is currently in a deleted but recoverable state, and its name cannot be reused;" +
		" in this state, the secret can only be recovered or purged."
)

var (
	unknownSecret  = problemBody("SecretNotFound", "A secret with (name/id) s"+unknownHint, "")
	unknownDeleted = problemBody("SecretNotFound", "Deleted Secret not found: s", "")
	isDeleted      = problemBody("Conflict", recoverableText, "ObjectIsDeletedButRecoverable")
	isBeingDeleted = problemBody("Conflict", "Secret is currently being deleted.", "ObjectIsBeingDeleted")
	isRecovering   = problemBody("Conflict", "Secret is currently being recovered.", "ObjectIsBeingRecovered")
)

// names returns the names in a list.
func (w *world) names(path string) []string {
	w.Helper()
	names := []string{}
	for _, item := range w.ok("GET", path, "")["value"].([]any) {
		names = append(names, item.(map[string]any)["id"].(string))
	}
	return names
}

func TestDeleteBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Settings: keyvault.Settings{RetentionDays: 7}})
	w.ok("PUT", "/secrets/s", `{"value":"old"}`)
	w.clock.advance(time.Second)
	set := w.ok("PUT", "/secrets/s", `{"value":"v","tags":{"k":"v"}}`)
	w.clock.advance(time.Second)
	deleted := w.ok("DELETE", "/secrets/s", "")
	now := float64(w.clock.now().Unix())
	if deleted["id"] != set["id"] || deleted["recoveryId"] != vaultURL+"/deletedsecrets/s" ||
		deleted["deletedDate"] != now || deleted["scheduledPurgeDate"] != now+7*86400 {
		t.Errorf("deleted is %v", deleted)
	}
	if level := deleted["attributes"].(map[string]any)["recoveryLevel"]; level != "CustomizedRecoverable+Purgeable" {
		t.Errorf("recovery level is %v", level)
	}
	if got := w.ok("GET", "/deletedsecrets/s", ""); fmt.Sprint(got) != fmt.Sprint(deleted) {
		t.Errorf("get deleted is %v, want %v", got, deleted)
	}
	if _, ok := deleted["value"]; ok {
		t.Error("a deleted secret has a value")
	}
	item := w.ok("GET", "/deletedsecrets", "")["value"].([]any)[0].(map[string]any)
	if item["id"] != vaultURL+"/secrets/s" || item["recoveryId"] == nil || item["deletedDate"] == nil {
		t.Errorf("list item is %v", item)
	}
	w.clock.advance(time.Second)
	recovered := w.ok("POST", "/deletedsecrets/s/recover", "")
	if fmt.Sprint(recovered["attributes"]) != fmt.Sprint(set["attributes"]) || recovered["id"] != set["id"] || recovered["value"] != nil {
		t.Errorf("recovered is %v, want the attributes of %v", recovered, set)
	}
	if got := len(w.ok("GET", "/secrets/s/versions", "")["value"].([]any)); got != 2 {
		t.Errorf("%d versions came back, want 2", got)
	}
}

func TestStatesWithDelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Settings: keyvault.Settings{DeletionDelay: 2 * time.Second}})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)

	w.ok("DELETE", "/secrets/s", "") // deleting
	w.refused("GET", "/secrets/s/", "", 404, unknownSecret)
	w.refused("GET", "/deletedsecrets/s", "", 404, unknownDeleted)
	w.refused("PUT", "/secrets/s", `{"value":"v"}`, 409, isBeingDeleted)
	w.refused("DELETE", "/deletedsecrets/s", "", 409, isBeingDeleted)
	w.refused("POST", "/deletedsecrets/s/recover", "", 409, isBeingDeleted)
	if got := append(w.names("/secrets"), w.names("/deletedsecrets")...); len(got) != 0 {
		t.Errorf("while deleting, the lists have %v", got)
	}

	w.clock.advance(2 * time.Second) // deleted
	w.ok("GET", "/deletedsecrets/s", "")
	w.refused("GET", "/secrets/s/", "", 404, unknownSecret)
	w.refused("DELETE", "/secrets/s", "", 404, unknownSecret)
	w.refused("PATCH", "/secrets/s/", `{}`, 404, unknownSecret)
	w.refused("PUT", "/secrets/s", `{"value":"v"}`, 409, isDeleted)
	if got := w.names("/deletedsecrets"); len(got) != 1 {
		t.Errorf("the list of deleted ones is %v", got)
	}

	w.ok("POST", "/deletedsecrets/s/recover", "") // recovering
	w.refused("GET", "/secrets/s/", "", 404, unknownSecret)
	w.ok("GET", "/deletedsecrets/s", "")
	w.refused("PUT", "/secrets/s", `{"value":"v"}`, 409, isRecovering)
	w.refused("POST", "/deletedsecrets/s/recover", "", 409, isRecovering)
	w.refused("DELETE", "/deletedsecrets/s", "", 409, isRecovering)

	w.clock.advance(2 * time.Second) // live
	w.ok("GET", "/secrets/s/", "")
	w.refused("GET", "/deletedsecrets/s", "", 404, unknownDeleted)
	w.refused("POST", "/deletedsecrets/s/recover", "", 404, unknownSecret)
	w.refused("DELETE", "/deletedsecrets/s", "", 404, unknownDeleted)
	backup := w.send("POST", "/secrets/s/backup", "").body

	w.ok("DELETE", "/secrets/s", "")
	w.clock.advance(2 * time.Second)
	if a := w.send("DELETE", "/deletedsecrets/s", ""); a.status != 204 || a.body != "" { // purging
		t.Errorf("purge: %d %s", a.status, a.body)
	}
	w.refused("GET", "/deletedsecrets/s", "", 404, unknownDeleted)
	w.refused("PUT", "/secrets/s", `{"value":"v"}`, 409, isBeingDeleted)
	w.refused("POST", "/secrets/restore", backup, 409, restoreConflict)

	w.clock.advance(2 * time.Second) // gone
	w.ok("POST", "/secrets/restore", backup)
	if got := w.ok("GET", "/secrets/s/", ""); got["value"] != "v" {
		t.Errorf("restored value is %v", got["value"])
	}
}

var restoreConflict = problemBody("Conflict", "There was a conflict restoring the secret '"+vaultURL+"/secrets/s': the name is in use or still being purged.", "")

func TestScheduledPurge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Settings: keyvault.Settings{RetentionDays: 7}})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	w.ok("DELETE", "/secrets/s", "")
	w.clock.advance(7*24*time.Hour - time.Second)
	w.token = w.login(w.client, "https://vault.azure.net")
	w.ok("GET", "/deletedsecrets/s", "")
	w.clock.advance(time.Second)
	w.refused("GET", "/deletedsecrets/s", "", 404, unknownDeleted)
	w.ok("PUT", "/secrets/s", `{"value":"again"}`)
	if got := len(w.ok("GET", "/secrets/s/versions", "")["value"].([]any)); got != 1 {
		t.Errorf("the new secret has %d versions", got)
	}
}

func TestPurgeProtection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Settings: keyvault.Settings{PurgeProtection: true}})
	set := w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	if level := set["attributes"].(map[string]any)["recoveryLevel"]; level != "Recoverable" {
		t.Errorf("recovery level is %v", level)
	}
	w.ok("DELETE", "/secrets/s", "")
	w.refused("DELETE", "/deletedsecrets/s", "", 403, problemBody("Forbidden", "Operation purge is not allowed on a vault with purge protection.", ""))
	w.ok("GET", "/deletedsecrets/s", "")
}
