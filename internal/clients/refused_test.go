package clients_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// The tests in this file change what holds for everybody, so they run alone.

// mayOnlyRead takes the right to write secrets away for as long as a test runs.
func mayOnlyRead(t *testing.T) {
	t.Helper()
	w := theWorld(t)
	w.steer(t, "PUT", "/vault/permissions", `{"permissions":["get","list"]}`)
	t.Cleanup(func() { w.steer(t, "PUT", "/vault/permissions", `{"permissions":["get","list","set","delete","recover","purge","backup","restore"]}`) })
}

func TestAzureSDKForGoIsRefusedWithoutTheRight(t *testing.T) {
	if !isClient() {
		mayOnlyRead(t)
	}
	if !inClient(t) {
		return
	}
	credential, err := azidentity.NewDefaultAzureCredential(nil)
	vault := newVault(t, credential, err)
	_, err = vault.NewListSecretPropertiesPager(nil).NextPage(t.Context())
	check(t, err)
	_, err = vault.SetSecret(t.Context(), "go-forbidden", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
	refused(t, "set", err, 403, "Forbidden", "ForbiddenByRbac")
}

func TestAzureSDKForJavaScriptIsRefusedWithoutTheRight(t *testing.T) {
	mayOnlyRead(t)
	node(t, "refused.mjs")
}
