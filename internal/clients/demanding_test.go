package clients_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// The tests in this file change how the vault treats everybody, so they run while
// no other test does.

func TestAzureSDKForGoMeetsADemandingVault(t *testing.T) {
	if !inClient(t) {
		return
	}
	platform, ctx := told(t), t.Context()
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	vault := newVault(t, credential, err)
	value := azsecrets.SetSecretParameters{Value: ptr("v")}

	t.Run("a program that may only read is refused when it writes", func(t *testing.T) {
		before := platform.steer(t, "GET", "/vault/permissions", "")
		t.Cleanup(func() { platform.steer(t, "PUT", "/vault/permissions", before) })
		platform.steer(t, "PUT", "/vault/permissions", `{"permissions":["get","list"]}`)
		_, err := vault.NewListSecretPropertiesPager(nil).NextPage(ctx)
		check(t, err)
		_, err = vault.SetSecret(ctx, "go-demanding", value, nil)
		refused(t, "set", err, 403, "Forbidden", "ForbiddenByRbac")
	})

	t.Run("a claims challenge is met with a new token", func(t *testing.T) {
		_, err = vault.SetSecret(ctx, "go-demanding", value, nil)
		check(t, err)
		platform.steer(t, "POST", "/vault/claims-challenge", `{"tokens":1}`)
		_, err := vault.GetSecret(ctx, "go-demanding", "", nil)
		check(t, err)
	})

	t.Run("a vault that takes its time says what it is at", func(t *testing.T) {
		before := platform.steer(t, "GET", "/vault/settings", "")
		t.Cleanup(func() { platform.steer(t, "PUT", "/vault/settings", before) })
		platform.steer(t, "PUT", "/vault/settings", `{"deletionDelay":"1m"}`)
		_, err = vault.DeleteSecret(ctx, "go-demanding", nil)
		check(t, err)
		_, err = vault.GetDeletedSecret(ctx, "go-demanding", nil)
		refused(t, "get while it is being deleted", err, 404, "SecretNotFound", "")
		_, err = vault.SetSecret(ctx, "go-demanding", value, nil)
		refused(t, "set while it is being deleted", err, 409, "Conflict", "ObjectIsBeingDeleted")
		_, err = vault.PurgeDeletedSecret(ctx, "go-demanding", nil)
		refused(t, "purge while it is being deleted", err, 409, "Conflict", "ObjectIsBeingDeleted")
	})
}

func TestAzureSDKForJavaScriptMeetsADemandingVault(t *testing.T) {
	node(t, "demanding.mjs")
}
