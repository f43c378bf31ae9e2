package keyvault_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/secret"
)

// The tests in this file drive the stand-ins with Microsoft's own client, with
// challenge verification and instance discovery on.

func (w *world) options() policy.ClientOptions {
	return policy.ClientOptions{Transport: w.client, Retry: policy.RetryOptions{MaxRetries: -1}}
}

func (w *world) credential(clientSecret string) azcore.TokenCredential {
	w.Helper()
	credential, err := azidentity.NewClientSecretCredential(tenant, appID, clientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: w.options()})
	w.must(err)
	return credential
}

func (w *world) sdk(credential azcore.TokenCredential) *azsecrets.Client {
	w.Helper()
	client, err := azsecrets.NewClient(vaultURL, credential, &azsecrets.ClientOptions{ClientOptions: w.options()})
	w.must(err)
	return client
}

func ptr[T any](v T) *T { return &v }

func TestSDKSecretLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	client, ctx := w.sdk(w.credential(appSecret)), t.Context()
	const name = "MaskinportenSettings--ClientId"

	set, err := client.SetSecret(ctx, name, azsecrets.SetSecretParameters{
		Value: ptr("first"), ContentType: ptr("text/plain"), Tags: map[string]*string{"made-by": ptr("test")},
	}, nil)
	w.must(err)
	if set.ID.Name() != name || len(set.ID.Version()) != 32 {
		t.Errorf("set returned id %s", *set.ID)
	}
	got, err := client.GetSecret(ctx, name, "", nil)
	w.must(err)
	if *got.Value != "first" || *got.ContentType != "text/plain" || *got.Tags["made-by"] != "test" {
		t.Errorf("get returned %s, %s, %v", *got.Value, *got.ContentType, got.Tags)
	}
	if _, err = client.SetSecret(ctx, name, azsecrets.SetSecretParameters{Value: ptr("second")}, nil); err != nil {
		t.Fatal(err)
	}
	got, err = client.GetSecret(ctx, name, set.ID.Version(), nil)
	w.must(err)
	if *got.Value != "first" {
		t.Errorf("the first version has become %s", *got.Value)
	}
	updated, err := client.UpdateSecretProperties(ctx, name, "", azsecrets.UpdateSecretPropertiesParameters{ContentType: ptr("x")}, nil)
	w.must(err)
	if *updated.ContentType != "x" {
		t.Errorf("update returned content type %s", *updated.ContentType)
	}
	versions := 0
	for pager := client.NewListSecretPropertiesVersionsPager(name, nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		w.must(err)
		versions += len(page.Value)
	}
	if versions != 2 {
		t.Errorf("there are %d versions, want 2", versions)
	}
	backup, err := client.BackupSecret(ctx, name, nil)
	w.must(err)
	deleted, err := client.DeleteSecret(ctx, name, nil)
	w.must(err)
	if deleted.RecoveryID == nil || deleted.ScheduledPurgeDate == nil {
		t.Error("delete returned no recovery id or purge date")
	}
	if _, err = client.GetDeletedSecret(ctx, name, nil); err != nil {
		t.Error(err)
	}
	_, err = client.RecoverDeletedSecret(ctx, name, nil)
	w.must(err)
	_, err = client.DeleteSecret(ctx, name, nil)
	w.must(err)
	_, err = client.PurgeDeletedSecret(ctx, name, nil)
	w.must(err)
	if _, err = client.RestoreSecret(ctx, azsecrets.RestoreSecretParameters{SecretBackup: backup.Value}, nil); err != nil {
		t.Error(err)
	}
	got, err = client.GetSecret(ctx, name, set.ID.Version(), nil)
	w.must(err)
	if *got.Value != "first" {
		t.Errorf("the restored first version is %s", *got.Value)
	}
}

func TestSDKMakesOneChallengeAndOneLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	client := w.sdk(w.credential(appSecret))
	for i := range 3 {
		_, err := client.SetSecret(t.Context(), fmt.Sprintf("s%d", i), azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
		w.must(err)
	}
	seen := w.seen.list()
	count := func(prefix string) (n int) {
		for _, line := range seen {
			if strings.HasPrefix(line, prefix) {
				n++
			}
		}
		return n
	}
	if n := count("PUT /secrets/"); n != 4 {
		t.Errorf("%d requests for 3 calls, want 4: one of them the challenge's", n)
	}
	if n := count("POST /" + tenant + "/oauth2/v2.0/token"); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
	if n := count("GET /common/discovery/instance"); n == 0 {
		t.Error("instance discovery was off")
	}
}

func TestSDKListsMoreThanOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	client := w.sdk(w.credential(appSecret))
	var want []string
	for i := range 60 {
		name := fmt.Sprintf("app%02d--ClientId", i)
		want = append(want, name)
		w.must(w.vaults.SetSecret(vaultName, name, secret.New("v")))
	}
	var got []string
	for pager := client.NewListSecretPropertiesPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		w.must(err)
		for _, item := range page.Value {
			got = append(got, item.ID.Name())
			if item.ID.Version() != "" {
				t.Errorf("list has the id %s with a version", *item.ID)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v", got)
	}
}

func TestSDKErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	client := w.sdk(w.credential(appSecret))
	w.ok("PUT", "/secrets/off", `{"value":"v","attributes":{"enabled":false}}`)
	tests := []struct {
		name, secret, code string
		status             int
	}{
		{"unknown", "nobody", "SecretNotFound", http.StatusNotFound},
		{"disabled", "off", "Forbidden", http.StatusForbidden},
	}
	for _, tt := range tests {
		_, err := client.GetSecret(t.Context(), tt.secret, "", nil)
		var failed *azcore.ResponseError
		if !errors.As(err, &failed) || failed.StatusCode != tt.status || failed.ErrorCode != tt.code {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	_, err := w.sdk(w.credential("wrong")).GetSecret(t.Context(), "off", "", nil)
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse == nil || failed.RawResponse.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong client secret: got %v", err)
	}
}

// A program in App Service asks an address of its own machine. The SDK reads where
// from the environment, so that this test runs alone.
func TestSDKAppServiceIdentity(t *testing.T) {
	w := newWorld(t, keyvault.VaultConfig{})
	t.Setenv("IDENTITY_ENDPOINT", "http://app-service.test/msi/token")
	t.Setenv("IDENTITY_HEADER", identityHeader)
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: w.options()})
	w.must(err)
	_, err = w.sdk(credential).SetSecret(t.Context(), "mi", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
	w.must(err)
}

func TestSDKWorkloadIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	token, err := w.entra.WorkloadToken(appID, time.Hour)
	w.must(err)
	file := filepath.Join(t.TempDir(), "token")
	w.must(os.WriteFile(file, []byte(token.Reveal()), 0o600))
	credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientID: appID, TenantID: tenant, TokenFilePath: file, ClientOptions: w.options(),
	})
	w.must(err)
	_, err = w.sdk(credential).SetSecret(t.Context(), "wi", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
	w.must(err)
}

// What a claims challenge asks for is a newer token. The client gets it, sends its
// request once more, and uses the new one from then on; the old one is worth
// nothing any more.
func TestSDKMeetsAClaimsChallenge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	client := w.sdk(w.credential(appSecret))
	for n, demanded := range []int{0, 1, 0, 1} {
		w.must(w.vaults.DemandClaims("kv-fts-tt02", demanded))
		w.seen.forget()
		_, err := client.SetSecret(t.Context(), fmt.Sprintf("s%d", n), azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
		w.must(err)
		logins := 0
		for _, line := range w.seen.list() {
			if strings.HasPrefix(line, "POST /"+tenant) {
				logins++
			}
		}
		if want := []int{1, 1, 0, 1}[n]; logins != want {
			t.Errorf("call %d made %d logins, want %d", n, logins, want)
		}
	}
}

// A page without items is not the last one.
func TestSDKGoesOnAfterAnEmptyPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{Settings: keyvault.Settings{EmptyPages: true}})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	var sizes []int
	for pager := w.sdk(w.credential(appSecret)).NewListSecretPropertiesPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		w.must(err)
		sizes = append(sizes, len(page.Value))
	}
	if !slices.Equal(sizes, []int{0, 1}) {
		t.Errorf("pages of %v items", sizes)
	}
}

// Too many requests: the client tries again.
func TestSDKThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	options := w.options()
	options.Retry = policy.RetryOptions{MaxRetries: 1, RetryDelay: time.Millisecond}
	client, err := azsecrets.NewClient(vaultURL, w.credential(appSecret), &azsecrets.ClientOptions{ClientOptions: options})
	w.must(err)
	set := func() error {
		_, err := client.SetSecret(t.Context(), "s", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
		return err
	}
	w.must(set())
	_, err = w.faults.Add(fault.Rule{
		Host: vaultHost, Status: http.StatusTooManyRequests, Times: 3,
		Body: problemBody("Throttled", "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached", ""),
	})
	w.must(err)
	var failed *azcore.ResponseError
	if err := set(); !errors.As(err, &failed) || failed.StatusCode != http.StatusTooManyRequests || failed.ErrorCode != "Throttled" {
		t.Errorf("after two refusals: %v", err)
	}
	w.must(set())
}

func TestSDKManagedIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.must(w.entra.SetManagedIdentity(appID))
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: w.options()})
	w.must(err)
	_, err = w.sdk(credential).SetSecret(t.Context(), "mi", azsecrets.SetSecretParameters{Value: ptr("v")}, nil)
	w.must(err)
}
