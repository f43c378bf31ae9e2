package clients_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// inClient runs the test that calls it once more, as a client in a process of its
// own, and reports whether this is that process.
func inClient(t *testing.T) bool {
	t.Helper()
	if isClient() {
		return true
	}
	theWorld(t).output(t, nil, os.Args[0], "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.v")
	return false
}

// told is what the platform told when it was ready, as a client reads it.
func told(t *testing.T) (platform ready) {
	t.Helper()
	content, err := os.ReadFile(os.Getenv(readyFile))
	if err == nil {
		err = json.Unmarshal(content, &platform)
	}
	if err != nil {
		t.Fatal(err)
	}
	return platform
}

// newVault makes a client of the vault as a program does that knows its address and
// nothing else.
func newVault(t *testing.T, credential azcore.TokenCredential, err error) *azsecrets.Client {
	t.Helper()
	check(t, err)
	client, err := azsecrets.NewClient(told(t).Seed.Vault, credential, nil)
	check(t, err)
	return client
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ptr[T any](v T) *T { return &v }

// refused checks that an error is an answer of the vault with this status and code,
// and that its body has the inner code, if one is wanted.
func refused(t *testing.T, what string, err error, status int, code, inner string) {
	t.Helper()
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || answer.StatusCode != status || answer.ErrorCode != code || !strings.Contains(answer.Error(), inner) {
		t.Errorf("%s: got %v, want %d %s %s", what, err, status, code, inner)
	}
}

func TestAzureSDKForGoKeepsSecrets(t *testing.T) {
	t.Parallel()
	if !inClient(t) {
		return
	}
	credential, err := azidentity.NewEnvironmentCredential(nil)
	ctx, vault := t.Context(), newVault(t, credential, err)

	t.Run("a secret is set with all that it can have, and read back", func(t *testing.T) {
		from, until := time.Unix(1_770_000_000, 0), time.Unix(4_000_000_000, 0) // the latter is beyond 32 bits
		set, err := vault.SetSecret(ctx, "go-all", azsecrets.SetSecretParameters{
			Value: ptr("blåbær ☃"), ContentType: ptr("text/plain"), Tags: map[string]*string{"owner": ptr("ørn")},
			SecretAttributes: &azsecrets.SecretAttributes{Enabled: ptr(true), NotBefore: &from, Expires: &until},
		}, nil)
		check(t, err)
		got, err := vault.GetSecret(ctx, "go-all", "", nil)
		check(t, err)
		if *got.Value != "blåbær ☃" || *got.ContentType != "text/plain" || *got.Tags["owner"] != "ørn" || *got.ID != *set.ID || len(got.ID.Version()) != 32 {
			t.Errorf("read back %s %s %v %s", *got.Value, *got.ContentType, got.Tags, *got.ID)
		}
		a := got.Attributes
		if !*a.Enabled || !a.NotBefore.Equal(from) || !a.Expires.Equal(until) || !a.Created.Equal(*a.Updated) || *a.RecoveryLevel != "Recoverable+Purgeable" || *a.RecoverableDays != 90 {
			t.Errorf("read back attributes %+v", *a)
		}
	})

	t.Run("each version stays readable, and its properties change alone", func(t *testing.T) {
		first, err := vault.SetSecret(ctx, "go-versions", azsecrets.SetSecretParameters{Value: ptr("first")}, nil)
		check(t, err)
		second, err := vault.SetSecret(ctx, "go-versions", azsecrets.SetSecretParameters{Value: ptr("second")}, nil)
		check(t, err)
		updated, err := vault.UpdateSecretProperties(ctx, "go-versions", first.ID.Version(), azsecrets.UpdateSecretPropertiesParameters{ContentType: ptr("x")}, nil)
		check(t, err)
		old, err := vault.GetSecret(ctx, "go-versions", first.ID.Version(), nil)
		check(t, err)
		latest, err := vault.GetSecret(ctx, "go-versions", "", nil)
		check(t, err)
		if *updated.ContentType != "x" || *old.Value != "first" || *latest.Value != "second" || latest.ContentType != nil {
			t.Errorf("got %s and %s", *old.Value, *latest.Value)
		}
		var versions []string
		for pager := vault.NewListSecretPropertiesVersionsPager("go-versions", nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			check(t, err)
			for _, item := range page.Value {
				versions = append(versions, item.ID.Version())
			}
		}
		want := []string{first.ID.Version(), second.ID.Version()}
		slices.Sort(versions)
		slices.Sort(want)
		if !slices.Equal(versions, want) {
			t.Errorf("listed %v, want %v", versions, want)
		}
	})

	t.Run("more than one page is listed", func(t *testing.T) {
		var want, got []string
		for n := range 27 {
			want = append(want, fmt.Sprintf("go-page-%02d", n))
			_, err := vault.SetSecret(ctx, want[n], azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
			check(t, err)
		}
		pages := 0
		for pager := vault.NewListSecretPropertiesPager(nil); pager.More(); pages++ {
			page, err := pager.NextPage(ctx)
			check(t, err)
			for _, item := range page.Value {
				if strings.HasPrefix(item.ID.Name(), "go-page-") {
					got = append(got, item.ID.Name())
				}
			}
		}
		if pages < 2 || !slices.Equal(got, want) {
			t.Errorf("listed %v in %d pages", got, pages)
		}
	})

	t.Run("a secret is deleted, recovered, purged and restored", func(t *testing.T) {
		_, err := vault.SetSecret(ctx, "go-life", azsecrets.SetSecretParameters{Value: ptr("kept")}, nil)
		check(t, err)
		backup, err := vault.BackupSecret(ctx, "go-life", nil)
		check(t, err)
		deleted, err := vault.DeleteSecret(ctx, "go-life", nil)
		check(t, err)
		if days := deleted.ScheduledPurgeDate.Sub(*deleted.DeletedDate).Hours() / 24; days != 90 || !strings.HasSuffix(*deleted.RecoveryID, "/deletedsecrets/go-life") {
			t.Errorf("deleted for %v days, to be recovered at %s", days, *deleted.RecoveryID)
		}
		_, err = vault.GetSecret(ctx, "go-life", "", nil)
		refused(t, "get what is deleted", err, 404, "SecretNotFound", "")
		_, err = vault.SetSecret(ctx, "go-life", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
		refused(t, "set what is deleted", err, 409, "Conflict", "ObjectIsDeletedButRecoverable")
		_, err = vault.GetDeletedSecret(ctx, "go-life", nil)
		check(t, err)
		_, err = vault.RecoverDeletedSecret(ctx, "go-life", nil)
		check(t, err)
		_, err = vault.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup.Value}, nil)
		refused(t, "restore over what is there", err, 409, "Conflict", "")
		_, err = vault.DeleteSecret(ctx, "go-life", nil)
		check(t, err)
		_, err = vault.PurgeDeletedSecret(ctx, "go-life", nil)
		check(t, err)
		_, err = vault.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup.Value}, nil)
		check(t, err)
		got, err := vault.GetSecret(ctx, "go-life", "", nil)
		check(t, err)
		if *got.Value != "kept" {
			t.Errorf("restored %s", *got.Value)
		}
	})

	t.Run("refusals have the code and status of the real service", func(t *testing.T) {
		_, err := vault.GetSecret(ctx, "go-nobody", "", nil)
		refused(t, "unknown", err, 404, "SecretNotFound", "")
		_, err = vault.SetSecret(ctx, "go-off", azsecrets.SetSecretParameters{Value: ptr("v"), SecretAttributes: &azsecrets.SecretAttributes{Enabled: ptr(false)}}, nil)
		check(t, err)
		_, err = vault.GetSecret(ctx, "go-off", "", nil)
		refused(t, "disabled", err, 403, "Forbidden", "SecretDisabled")
		_, err = vault.SetSecret(ctx, "go-large", azsecrets.SetSecretParameters{Value: ptr(strings.Repeat("x", 25_601))}, nil)
		refused(t, "too large", err, 400, "BadParameter", "SecretTooLarge")
	})
}

func TestAzureSDKForGoSignsIn(t *testing.T) {
	if !inClient(t) {
		return
	}
	seed := told(t).Seed
	ways := map[string]func(t *testing.T) (azcore.TokenCredential, error){
		"a client secret": func(*testing.T) (azcore.TokenCredential, error) {
			return azidentity.NewClientSecretCredential(seed.TenantID, seed.AzureClientID, seed.AzureClientSecret, nil)
		},
		"the environment":             func(*testing.T) (azcore.TokenCredential, error) { return azidentity.NewEnvironmentCredential(nil) },
		"whatever is there":           func(*testing.T) (azcore.TokenCredential, error) { return azidentity.NewDefaultAzureCredential(nil) },
		"the identity of the machine": func(*testing.T) (azcore.TokenCredential, error) { return azidentity.NewManagedIdentityCredential(nil) },
		"an identity of the machine, by its client id": func(*testing.T) (azcore.TokenCredential, error) {
			return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(seed.AzureClientID)})
		},
		"the service account of a pod": func(*testing.T) (azcore.TokenCredential, error) {
			return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
				TenantID: seed.TenantID, ClientID: seed.AzureClientID, TokenFilePath: seed.FederatedTokenFile,
			})
		},
		"the identity of an App Service": func(t *testing.T) (azcore.TokenCredential, error) {
			t.Setenv("IDENTITY_ENDPOINT", seed.IdentityEndpoint)
			t.Setenv("IDENTITY_HEADER", seed.IdentityHeader)
			return azidentity.NewManagedIdentityCredential(nil)
		},
	}
	for way, credential := range ways {
		t.Run(way, func(t *testing.T) {
			made, err := credential(t)
			_, err = newVault(t, made, err).SetSecret(t.Context(), "go-signs-in", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
			check(t, err)
		})
	}
	refusals := map[string]struct{ tenant, client, code string }{
		"a wrong secret":    {seed.TenantID, seed.AzureClientID, "AADSTS7000215"},
		"an unknown client": {seed.TenantID, seed.TenantID, "AADSTS700016"},
	}
	for what, refusal := range refusals {
		t.Run(what, func(t *testing.T) {
			credential, err := azidentity.NewClientSecretCredential(refusal.tenant, refusal.client, "wrong", nil)
			_, err = newVault(t, credential, err).GetSecret(t.Context(), "go-signs-in", "", nil)
			if failed := (*azidentity.AuthenticationFailedError)(nil); !errors.As(err, &failed) || !strings.Contains(failed.Error(), refusal.code) {
				t.Errorf("got %v, want %s", err, refusal.code)
			}
		})
	}
	t.Run("a credential of another tenant than the challenge names is not sent on", func(t *testing.T) {
		credential, err := azidentity.NewClientSecretCredential(seed.AzureClientID, seed.AzureClientID, seed.AzureClientSecret, nil)
		_, err = newVault(t, credential, err).GetSecret(t.Context(), "go-signs-in", "", nil)
		if err == nil || !strings.Contains(err.Error(), "isn't configured to acquire tokens for tenant \""+seed.TenantID) {
			t.Errorf("got %v", err)
		}
	})
}
