package keyvault_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
)

func TestWrongClientSecret(t *testing.T) {
	t.Parallel()
	v, n := openRaw(t, guarded(func(http.ResponseWriter, *http.Request) { t.Error("the vault let the request in") }), "wr0ng-s3cret")
	_, err := v.Get(context.Background(), "s")
	var credential *keyvault.CredentialError
	if !errors.As(err, &credential) || credential.Code != "AADSTS7000215" || credential.Tenant != tenant {
		t.Fatalf("error = %v", err)
	}
	const want = "get secret s in kv-fts-tt02.vault.azure.net: sign in to azure: the client secret is wrong (AADSTS7000215)"
	if err.Error() != want || !strings.Contains(credential.Remedy(), "the secret's value and not its id") {
		t.Errorf("error = %v, remedy = %s", err, credential.Remedy())
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if printed := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(printed, "leaked-in-the-answer") || strings.Contains(printed, "wr0ng-s3cret") {
			t.Errorf("the error quotes the answer: %s", printed)
		}
	}
	if got := len(n.requests()); got != 1 {
		t.Errorf("the vault was asked %d times", got)
	}
}

func TestVaultOfAnotherTenant(t *testing.T) {
	t.Parallel()
	v, _ := openRaw(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", strings.ReplaceAll(challenge, tenant, "99999999-2222-3333-4444-555555555555"))
		w.WriteHeader(401)
	}, clientSecret)
	_, err := v.Get(context.Background(), "s")
	var credential *keyvault.CredentialError
	if !errors.As(err, &credential) || !credential.WrongTenant ||
		!strings.HasSuffix(err.Error(), "the vault belongs to tenant 99999999-2222-3333-4444-555555555555, which this credential is not for") ||
		!strings.HasSuffix(credential.Remedy(), "--tenant 99999999-2222-3333-4444-555555555555") {
		t.Errorf("error = %v", err)
	}
}

func TestCredentialErrorTexts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		e            keyvault.CredentialError
		text, remedy string
	}{
		{keyvault.CredentialError{Code: "AADSTS1"}, "sign in to azure: refused with AADSTS1", "error?code=1"},
		{keyvault.CredentialError{Code: "AADSTS7000222"}, "sign in to azure: the client secret has expired (AADSTS7000222)", "make a new one"},
		{keyvault.CredentialError{}, "sign in to azure: no token was given", "az login"},
		{keyvault.CredentialError{Attempts: []string{"A: x"}}, "sign in to azure: A: x", "az login"},
		{keyvault.CredentialError{Attempts: []string{"A: x", "B: y"}}, "sign in to azure: no credential was found", "az login"},
	} {
		if test.e.Error() != test.text || !strings.Contains(test.e.Remedy(), test.remedy) {
			t.Errorf("%+v: %s / %s", test.e, test.e.Error(), test.e.Remedy())
		}
	}
}

func TestClientSecretNeedsItsTenantAndClient(t *testing.T) {
	t.Parallel()
	for _, o := range []keyvault.CredentialOptions{
		{ClientSecret: secret.New("s")},
		{ClientSecret: secret.New("s"), TenantID: tenant},
		{ClientSecret: secret.New("s"), TenantID: "not a tenant!", ClientID: clientID},
	} {
		if _, err := keyvault.NewCredential(o); err == nil {
			t.Errorf("%+v made a credential", o)
		}
	}
}

// clearAzure takes the machine's own Azure settings out of the test.
func clearAzure(t *testing.T, credentials string) {
	t.Helper()
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "AZURE_REGIONAL_AUTHORITY_NAME",
		"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT"} {
		t.Setenv(name, "") // so that it is put back
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", credentials)
}

func TestManagedIdentityGoesThroughTheGivenClient(t *testing.T) {
	clearAzure(t, "ManagedIdentityCredential")
	n := &network{hosts: map[string]http.Handler{
		"169.254.169.254": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Metadata") != "true" || r.URL.Query().Get("resource") != "https://vault.azure.net" {
				http.Error(w, "bad", 400)
				return
			}
			writeJSON(w, 200, map[string]any{"access_token": accessToken, "expires_in": "3599", "resource": "https://vault.azure.net", "token_type": "Bearer"})
		}),
		"kv-fts-tt02.vault.azure.net": guarded(func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, 200, bundle("s", version, map[string]any{"value": "v"}))
		}),
	}}
	hc := &http.Client{Transport: n}
	v, err := keyvault.Open(address, newCredential(t, keyvault.CredentialOptions{HTTPClient: hc}), hc)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := v.Get(context.Background(), "s"); err != nil || s.Value.Reveal() != "v" {
		t.Errorf("secret = %+v, %v", s, err)
	}
}

// The usual order looks first whether there is a managed identity at all, with a
// request that is malformed on purpose.
func TestTheUsualOrderGoesThroughTheGivenClient(t *testing.T) {
	clearAzure(t, "prod")
	// The library keeps tokens of managed identities for the whole process.
	resource := "https://" + strings.ToLower(rand.Text()) + ".example"
	var probes, asked int
	n := &network{hosts: map[string]http.Handler{"169.254.169.254": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Metadata") != "true" {
			probes++
			http.Error(w, "bad", 400)
			return
		}
		asked++
		writeJSON(w, 200, map[string]any{"access_token": accessToken, "expires_in": "3599", "resource": resource, "token_type": "Bearer"})
	})}}
	cred := newCredential(t, keyvault.CredentialOptions{HTTPClient: &http.Client{Transport: n}})
	token, err := cred.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{resource + "/.default"}})
	if err != nil || token.Token != accessToken || probes != 1 || asked != 1 {
		t.Errorf("token %v, %d probes, asked %d times, %v", token.Token == accessToken, probes, asked, err)
	}
}

func TestWorkloadIdentityGoesThroughTheGivenClient(t *testing.T) {
	clearAzure(t, "WorkloadIdentityCredential")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("federated"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_TENANT_ID", tenant)
	t.Setenv("AZURE_CLIENT_ID", clientID)
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", file)
	n := &network{hosts: map[string]http.Handler{"login.microsoftonline.com": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			entra(w, r)
			return
		}
		if err := r.ParseForm(); err != nil || r.PostForm.Get("client_assertion") != "federated" {
			t.Errorf("posted %v, %v", r.PostForm, err)
		}
		writeJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": accessToken})
	})}}
	cred := newCredential(t, keyvault.CredentialOptions{HTTPClient: &http.Client{Transport: n}})
	token, err := cred.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
	if err != nil || token.Token != accessToken {
		t.Errorf("token %v, %v", token.Token == accessToken, err)
	}
}

func TestRegionOfTheEnvironment(t *testing.T) {
	clearAzure(t, "EnvironmentCredential")
	t.Setenv("AZURE_TENANT_ID", tenant)
	t.Setenv("AZURE_CLIENT_ID", clientID)
	t.Setenv("AZURE_CLIENT_SECRET", clientSecret)
	given := keyvault.CredentialOptions{TenantID: tenant, ClientID: clientID, ClientSecret: secret.New(clientSecret)}
	for _, test := range []struct {
		region string
		o      keyvault.CredentialOptions
		want   string // in the error; "" is none
	}{
		{"", given, ""},
		{"norwayeast", given, "would send the client secret to another address"},
		{"norwayeast", keyvault.CredentialOptions{}, ""},
		// The library would go past the given client to find the region out.
		{"TryAutoDetect", keyvault.CredentialOptions{}, "name the region, or unset it"},
	} {
		t.Setenv("AZURE_REGIONAL_AUTHORITY_NAME", test.region)
		if test.region == "" {
			_ = os.Unsetenv("AZURE_REGIONAL_AUTHORITY_NAME")
		}
		n := &network{hosts: map[string]http.Handler{
			"login.microsoftonline.com":            http.HandlerFunc(entra),
			"norwayeast.login.microsoft.com":       http.HandlerFunc(entra),
			"norwayeast.login.microsoftonline.com": http.HandlerFunc(entra),
		}}
		test.o.HTTPClient = &http.Client{Transport: n}
		cred, err := keyvault.NewCredential(test.o)
		if err == nil {
			_, err = cred.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q", test.region, err, test.want)
		}
	}
}

func TestGivenClientSecretGoesWhereTheEnvironmentDoesNotSay(t *testing.T) {
	clearAzure(t, "")
	t.Setenv("AZURE_AUTHORITY_HOST", "https://elsewhere.example/")
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, 200, bundle("s", version, map[string]any{"value": "v"}))
	})
	if _, err := v.Get(context.Background(), "s"); err != nil {
		t.Error(err)
	}
	for _, entry := range n.record {
		if strings.Contains(entry, "elsewhere") {
			t.Errorf("sent %s", entry)
		}
	}
}

func TestEntraThatCannotBeReached(t *testing.T) {
	t.Parallel()
	n := &network{hosts: map[string]http.Handler{"kv-fts-tt02.vault.azure.net": guarded(nil)}}
	hc := &http.Client{Transport: n}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	v, err := keyvault.Open(address, newCredential(t, keyvault.CredentialOptions{HTTPClient: hc, TenantID: tenant, ClientID: clientID, ClientSecret: secret.New("s")}), hc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get(ctx, "s"); !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "get secret s in kv-fts-tt02.vault.azure.net: ") {
		t.Errorf("error = %v", err)
	}
}

func TestEveryAttemptIsToldWhenNoCredentialIsFound(t *testing.T) {
	clearAzure(t, "prod")
	hc := &http.Client{Transport: &network{}}
	cred := newCredential(t, keyvault.CredentialOptions{HTTPClient: hc})
	_, err := cred.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
	var credential *keyvault.CredentialError
	if !errors.As(err, &credential) || len(credential.Attempts) != 3 {
		t.Fatalf("error = %v, attempts %q", err, credential.Attempts)
	}
	for i, name := range []string{"EnvironmentCredential: ", "WorkloadIdentityCredential: ", "ManagedIdentityCredential: "} {
		if a := credential.Attempts[i]; !strings.HasPrefix(a, name) || strings.Contains(a, "\n") {
			t.Errorf("attempt = %q", a)
		}
	}
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
	if _, err := keyvault.NewCredential(keyvault.CredentialOptions{}); err == nil {
		t.Error("no error for a choice that does not exist")
	}
}

// The libraries log to a listener that is global to the process, so this test
// runs alone.
func TestTheLibrariesLogNoSecret(t *testing.T) {
	var (
		mu     sync.Mutex
		logged bytes.Buffer
	)
	log.SetListener(func(event log.Event, message string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&logged, event, message)
	})
	defer log.SetListener(nil)
	const value = "t0p-s3cret"
	v, _ := open(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			writeJSON(w, 200, bundle("s", version, map[string]any{"value": value}))
			return
		}
		writeFault(w, 403, "Forbidden", "AccessDenied", "no")
	})
	if _, err := v.Get(context.Background(), "s"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Set(context.Background(), "s", secret.New(value), keyvault.SetOptions{}); err == nil {
		t.Fatal("no error")
	}
	mu.Lock()
	defer mu.Unlock()
	if logged.Len() == 0 {
		t.Error("nothing was logged, so the test shows nothing")
	}
	for _, leak := range []string{value, clientSecret, accessToken} {
		if strings.Contains(logged.String(), leak) {
			t.Errorf("%q is in the log:\n%s", leak, logged.String())
		}
	}
}
