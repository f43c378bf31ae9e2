package keyvault_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/local/keyvault"
)

const callerText = "appid=" + appID + ";oid=" + objectID + ";iss=https://sts.windows.net/" + tenant + "/"

// calls are one request for each operation, which the permission decides.
var calls = []struct {
	permission         keyvault.Permission
	action             string
	method, path, body string
	resource           string
}{
	{keyvault.Set, "setSecret/action", "PUT", "/secrets/s", `{"value":"v"}`, "s"},
	{keyvault.Get, "getSecret/action", "GET", "/secrets/s/", "", "s"},
	{keyvault.Set, "setSecret/action", "PATCH", "/secrets/s/", "{}", "s"},
	{keyvault.List, "readMetadata/action", "GET", "/secrets", "", "secrets"},
	{keyvault.List, "readMetadata/action", "GET", "/secrets/s/versions", "", "s"},
	{keyvault.List, "readMetadata/action", "GET", "/deletedsecrets", "", "secrets"},
	{keyvault.Backup, "backup/action", "POST", "/secrets/s/backup", "", "s"},
	{keyvault.Delete, "delete", "DELETE", "/secrets/s", "", "s"},
	{keyvault.Get, "getSecret/action", "GET", "/deletedsecrets/s", "", "s"},
	{keyvault.Recover, "recover/action", "POST", "/deletedsecrets/s/recover", "", "s"},
	{keyvault.Restore, "restore/action", "POST", "/secrets/restore", "", "secrets"},
	{keyvault.Purge, "purge/action", "DELETE", "/deletedsecrets/s", "", "s"},
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	for _, c := range calls {
		w.must(w.vaults.Revoke("kv-fts-tt02", objectID, c.permission))
		w.refused(c.method, c.path, c.body, 403, problemBody("Forbidden",
			"Caller is not authorized to perform action on resource.\r\n"+
				"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n"+
				"Caller: "+callerText+"\r\nAction: 'Microsoft.KeyVault/vaults/secrets/"+c.action+"'\r\nResource: '"+c.resource+"'\r\n"+
				"Assignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: kv-fts-tt02;location=norwayeast\r\n", "ForbiddenByRbac"))
		w.must(w.vaults.Grant("kv-fts-tt02", objectID, c.permission))
	}
}

func TestAccessPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Location: "westeurope", Settings: keyvault.Settings{AccessPolicy: true}})
	for _, c := range calls {
		w.must(w.vaults.Revoke("kv-fts-tt02", objectID, c.permission))
		w.refused(c.method, c.path, c.body, 403, problemBody("Forbidden",
			"The user, group or application '"+callerText+"' does not have secrets "+string(c.permission)+
				" permission on key vault 'kv-fts-tt02;location=westeurope'.", "AccessDenied"))
		w.must(w.vaults.Grant("kv-fts-tt02", objectID, c.permission))
	}
}

// With only the permission that an operation names, it is not refused.
func TestOnePermissionSuffices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.must(w.vaults.Revoke("kv-fts-tt02", objectID, keyvault.AllPermissions()...))
	for _, c := range calls {
		w.must(w.vaults.Grant("kv-fts-tt02", objectID, c.permission))
		if a := w.send(c.method, c.path, c.body); a.status == 403 {
			t.Errorf("%s %s with %s: %s", c.method, c.path, c.permission, a.body)
		}
		w.must(w.vaults.Revoke("kv-fts-tt02", objectID, c.permission))
	}
}

func TestNoValueInRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.must(w.vaults.Revoke("kv-fts-tt02", objectID, keyvault.Set))
	if a := w.send("PUT", "/secrets/s", `{"value":"hush-hush"}`); strings.Contains(a.body, "hush-hush") {
		t.Errorf("the refusal shows the value: %s", a.body)
	}
}
