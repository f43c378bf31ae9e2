package keyvault

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/stafett/stafett/local/entra"
)

// Permission is a right to the secrets of a vault, in the words of access
// policies.
type Permission string

// The permissions. Changing a secret's attributes takes Set; reading a deleted
// one takes Get, and listing those takes List.
const (
	Get     Permission = "get"
	List    Permission = "list"
	Set     Permission = "set"
	Delete  Permission = "delete"
	Recover Permission = "recover"
	Purge   Permission = "purge"
	Backup  Permission = "backup"
	Restore Permission = "restore"
)

// AllPermissions returns every permission.
func AllPermissions() []Permission {
	return []Permission{Get, List, Set, Delete, Recover, Purge, Backup, Restore}
}

// actions are the data actions of Azure roles that stand for permissions.
var actions = map[Permission]string{
	Get: "getSecret/action", List: "readMetadata/action", Set: "setSecret/action", Delete: "delete",
	Recover: "recover/action", Purge: "purge/action", Backup: "backup/action", Restore: "restore/action",
}

func (v *vault) setPermissions(objectID string, granted bool, permissions []Permission) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range permissions {
		v.permissions[grant{objectID, p}] = granted
	}
}

// authorize requires that the caller has a permission. The caller of this
// method holds the lock.
func (v *vault) authorize(who entra.Caller, permission Permission, name string) *problem {
	if permission == "" || v.permissions[grant{who.ObjectID, permission}] {
		return nil
	}
	caller := fmt.Sprintf("appid=%s;oid=%s;iss=%s", who.AppID, who.ObjectID, who.Issuer)
	if v.config.AccessPolicy {
		return &problem{http.StatusForbidden, "Forbidden", fmt.Sprintf(
			"The user, group or application '%s' does not have secrets %s permission on key vault '%s;location=%s'.",
			caller, permission, v.config.Name, v.config.Location), "AccessDenied"}
	}
	return &problem{http.StatusForbidden, "Forbidden", fmt.Sprintf(
		"Caller is not authorized to perform action on resource.\r\n"+
			"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n"+
			"Caller: %s\r\nAction: 'Microsoft.KeyVault/vaults/secrets/%s'\r\nResource: '%s'\r\n"+
			"Assignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: %s;location=%s\r\n",
		caller, actions[permission], cmp.Or(name, "secrets"), v.config.Name, v.config.Location), "ForbiddenByRbac"}
}
