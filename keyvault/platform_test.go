package keyvault_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/secret"
)

// The room against the local platform, where a deleted secret is really deleted.
func TestAgainstTheLocalPlatform(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	folder, err := app.Load(filepath.Join(dir, examples.ReceivingApp))
	if err != nil {
		t.Fatal(err)
	}
	platform, err := local.Start(t.Context(), local.Config{Apps: []*app.Folder{folder}, Keys: platformtest.Keys(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = platform.Close() })
	seed := platform.Seed()
	open := func(clientSecret secret.String) (*keyvault.Vault, azcore.TokenCredential) {
		credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
			HTTPClient: platform.Client(), TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: clientSecret,
		})
		if err != nil {
			t.Fatal(err)
		}
		vault, err := keyvault.Open(seed.Vault, credential, platform.Client())
		if err != nil {
			t.Fatal(err)
		}
		return vault, credential
	}
	vault, credential := open(seed.AzureClientSecret)
	const name = "MaskinportenSettings--ClientId"
	if err := vault.CheckFree(t.Context(), name); err != nil {
		t.Errorf("a name that was never used: %v", err)
	}
	if _, err := vault.Set(t.Context(), name, secret.New("c1"), keyvault.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := vault.Get(t.Context(), name); err != nil || got.Value.Reveal() != "c1" {
		t.Errorf("get: %v %v", got, err)
	}
	if err := vault.CheckFree(t.Context(), name); err != nil {
		t.Errorf("a name in use: %v", err)
	}

	sdk, err := azsecrets.NewClient(seed.Vault, credential, &azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: platform.Client()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.DeleteSecret(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	var deleted *keyvault.SoftDeletedError
	if err := vault.CheckFree(t.Context(), name); !errors.As(err, &deleted) || deleted.Secret != name || !strings.Contains(deleted.Remedy(), "az keyvault secret recover") {
		t.Errorf("a deleted name: %v", err)
	}
	if _, err := vault.Set(t.Context(), name, secret.New("c2"), keyvault.SetOptions{}); !errors.As(err, &deleted) {
		t.Errorf("set a deleted name: %v", err)
	}

	stranger, _ := open(secret.New("not the secret"))
	var refused *keyvault.CredentialError
	if _, err := stranger.List(t.Context()); !errors.As(err, &refused) || refused.Code != "AADSTS7000215" {
		t.Errorf("a wrong client secret: %v", err)
	}
}
