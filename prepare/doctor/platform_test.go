package doctor_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	idSecret  = "MaskinportenSettings--ClientId"
	keySecret = "MaskinportenSettings--EncodedJwk"
	someID    = "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"
)

// online is a project whose vault, on the local platform, has a client id and a
// key. Nothing is registered with them.
type online struct {
	place
	platform *local.Platform
	vault    *keyvault.Vault
	sdk      *azsecrets.Client
}

func goOnline(t *testing.T) *online {
	t.Helper()
	o := &online{place: newPlace(t)}
	var apps []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(o.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		apps = append(apps, folder)
	}
	var err error
	if o.platform, err = local.Start(t.Context(), local.Config{Apps: apps, Keys: platformtest.Keys(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.platform.Close(); err != nil {
			t.Error(err)
		}
	})
	if o.vault, err = o.open(o.platform.Client()); err != nil {
		t.Fatal(err)
	}
	seed := o.platform.Seed()
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: o.platform.Client(), TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.sdk, err = azsecrets.NewClient(seed.Vault, credential, &azsecrets.ClientOptions{ClientOptions: policy.ClientOptions{Transport: o.platform.Client()}}); err != nil {
		t.Fatal(err)
	}
	o.restore(t)
	return o
}

func (o *online) open(hc *http.Client) (*keyvault.Vault, error) {
	seed := o.platform.Seed()
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: hc, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	})
	if err != nil {
		return nil, err
	}
	return keyvault.Open(seed.Vault, credential, hc)
}

func (o *online) set(t *testing.T, name, value string, options keyvault.SetOptions) {
	t.Helper()
	if _, err := o.vault.Set(t.Context(), name, secret.New(value), options); err != nil {
		t.Fatal(err)
	}
}

// remove deletes a secret; for good when purge is set.
func (o *online) remove(t *testing.T, name string, purge bool) {
	t.Helper()
	if _, err := o.sdk.DeleteSecret(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	if purge {
		if _, err := o.sdk.PurgeDeletedSecret(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// restore gives the vault the two secrets and no others.
func (o *online) restore(t *testing.T) {
	t.Helper()
	items, err := o.vault.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		o.remove(t, item.Name, false)
	}
	for pager := o.sdk.NewListDeletedSecretPropertiesPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, deleted := range page.Value {
			if _, err := o.sdk.PurgeDeletedSecret(t.Context(), deleted.ID.Name(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	o.set(t, idSecret, someID, keyvault.SetOptions{})
	o.set(t, keySecret, aKey().Encoded().Reveal(), keyvault.SetOptions{})
}

func (o *online) world() doctor.World {
	w := o.place.world()
	w.Offline = false
	w.HTTPClient = o.platform.Client()
	w.Vault = func(*project.Project) (*keyvault.Vault, error) { return o.vault, nil }
	w.Tracked = func(context.Context, string) ([]string, error) { return nil, nil }
	return w
}

func TestVaultAndKey(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	key := aKey().Encoded().Reveal()
	none := keyvault.SetOptions{}
	const fail, warn = doctor.Fail, doctor.Warn
	for _, test := range []struct {
		name   string
		inject func(*testing.T)
		id     string
		status doctor.Status
		words  []string
	}{
		{"nothing", func(*testing.T) {}, "token.issued", fail, nil},
		{"no secrets at all", func(t *testing.T) { o.remove(t, idSecret, true); o.remove(t, keySecret, true) }, "vault.names", fail, []string{idSecret, "stafett prepare --yes"}},
		{"a deleted secret", func(t *testing.T) { o.remove(t, keySecret, false) }, "vault.names", fail, []string{"recover"}},
		{"the other family's name", func(t *testing.T) {
			o.remove(t, keySecret, true)
			o.set(t, "MaskinportenSettings--JwkBase64", key, none)
		}, "vault.names", fail, []string{"MaskinportenSettings--JwkBase64", "own client"}},
		{"one hyphen", func(t *testing.T) {
			o.remove(t, idSecret, true)
			o.set(t, "MaskinportenSettings-ClientId", someID, none)
		},
			"vault.names", fail, []string{"two hyphens"}},
		{"another section's prefix", func(t *testing.T) {
			o.remove(t, idSecret, true)
			o.set(t, "barmark--MaskinportenSettings--ClientId", someID, none)
		}, "vault.names", fail, []string{"barmark--MaskinportenSettings--ClientId", "path"}},
		{"a misspelt name", func(t *testing.T) {
			o.remove(t, keySecret, true)
			o.set(t, "MaskinportenSettings--EncodeJwk", key, none)
		},
			"vault.names", fail, []string{"spelt differently"}},
		{"other case", func(t *testing.T) {
			o.remove(t, keySecret, true)
			o.set(t, strings.ToLower(keySecret), key, none)
		}, "token.issued", fail, nil},
		{"a disabled secret", func(t *testing.T) { o.disable(t, keySecret) }, "vault.enabled", fail, []string{"--enabled true"}},
		{"an expired secret", func(t *testing.T) {
			o.set(t, keySecret, key, keyvault.SetOptions{Expires: time.Now().Add(-48 * time.Hour)})
		},
			"vault.dates", warn, []string{"expired on", "stafett prepare --yes"}},
		{"a secret that ends soon", func(t *testing.T) {
			o.set(t, keySecret, key, keyvault.SetOptions{Expires: time.Now().Add(30*24*time.Hour + time.Hour)})
		}, "vault.dates", warn, []string{"30 days", "stafett renew"}},
		{"a secret of the future", func(t *testing.T) {
			o.set(t, keySecret, key, keyvault.SetOptions{NotBefore: time.Now().Add(48 * time.Hour)})
		}, "vault.dates", warn, []string{"valid from", "--not-before"}},
		{"an environment in the vault", func(t *testing.T) { o.set(t, "MaskinportenSettings--Environment", "ver2", none) },
			"vault.overrides", fail, []string{"key vault MaskinportenSettings--Environment", "10 June 2024"}},
		{"an environment and an exchange in the vault", func(t *testing.T) {
			o.set(t, "MaskinportenSettings--Environment", "ver2", none)
			o.set(t, "MaskinportenSettings--TokenExchangeEnvironment", "at22", none)
		}, "vault.overrides", fail, []string{"10 June 2024"}},
		{"an exchange in the vault", func(t *testing.T) { o.set(t, "MaskinportenSettings--TokenExchangeEnvironment", "at22", none) },
			"vault.overrides", fail, []string{"key vault MaskinportenSettings--TokenExchangeEnvironment", "at22"}},
		{"scopes in the vault", func(t *testing.T) {
			o.set(t, "MaskinportenSettings--Scope", "altinn:serviceowner/instances.read", none)
		}, "vault.overrides", fail, []string{"instances.write", "key vault MaskinportenSettings--Scope"}},
		{"a flag in the vault", func(t *testing.T) { o.set(t, "MaskinportenSettings--UseAltinnTestOrg", "nei", none) },
			"vault.read", fail, []string{"UseAltinnTestOrg", "true or false"}},
		{"swapped secrets", func(t *testing.T) { o.set(t, idSecret, key, none); o.set(t, keySecret, someID, none) },
			"key.client-id", fail, []string{"swapped", "stafett rotate"}},
		{"a line break after the client id", func(t *testing.T) { o.set(t, idSecret, someID+"\n", none) },
			"key.client-id", fail, []string{"white space", someID}},
		{"an empty client id", func(t *testing.T) { o.set(t, idSecret, "", none) }, "key.client-id", fail, []string{"is empty", "stafett prepare --yes"}},
		{"no client id", func(t *testing.T) { o.set(t, idSecret, "min klient", none) }, "key.client-id", fail, []string{"no client id"}},
		{"the client id twice", func(t *testing.T) { o.set(t, keySecret, someID, none) }, "key.readable", fail, []string{"may be a client id"}},
		{"a key that was cut", func(t *testing.T) { o.set(t, keySecret, key[:800], none) }, "key.readable", fail, []string{"truncated"}},
		{"the key itself", func(t *testing.T) { o.set(t, keySecret, aKey().JSON().Reveal(), none) }, "key.readable", fail, []string{"not-encoded"}},
		{"a key with a number", func(t *testing.T) {
			o.set(t, keySecret, base64Of(strings.Replace(aKey().JSON().Reveal(), "{", `{"exp":1,`, 1)), none)
		}, "key.form", warn, []string{"exp", "stafett rotate"}},
		{"two keys", func(t *testing.T) { o.set(t, "MaskinportenSettings--JwkBase64", base64Of("{}"), none) },
			"key.families", warn, []string{"JwkBase64"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o.restore(t)
			test.inject(t)
			report := doctor.Run(t.Context(), o.world(), nil)
			expectFirst(t, report, test.id, test.status, test.words...)
			if all := of(report, test.id); len(all) > 1 && reflect.DeepEqual(all[0], all[1]) {
				t.Errorf("told twice: %+v", all[0])
			}
			if printed := fmt.Sprintf("%+v", report); strings.Contains(printed, key[40:80]) || strings.Contains(printed, aKey().JSON().Reveal()[40:80]) {
				t.Error("the report quotes the key")
			}
		})
	}
}

func (o *online) disable(t *testing.T, name string) {
	t.Helper()
	off := false
	if _, err := o.vault.Update(t.Context(), name, "", keyvault.UpdateOptions{Enabled: &off}); err != nil {
		t.Fatal(err)
	}
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestAccessToTheVault(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	all := o.platform.VaultPermissions()
	for _, test := range []struct {
		lacking, id string
		words       []string
	}{
		{"list", "vault.list", []string{"secrets list", "Key Vault Secrets"}},
		{"get", "vault.read", []string{"secrets get"}},
	} {
		var rest []string
		for _, name := range all {
			if name != test.lacking {
				rest = append(rest, name)
			}
		}
		if err := o.platform.SetVaultPermissions(rest); err != nil {
			t.Fatal(err)
		}
		expectFirst(t, doctor.Run(t.Context(), o.world(), nil), test.id, doctor.Fail, test.words...)
	}
}

func TestTheWayToTheVault(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	for _, test := range []struct {
		name  string
		vault func(*project.Project) (*keyvault.Vault, error)
		words []string
	}{
		{"a wrong client secret", func(*project.Project) (*keyvault.Vault, error) {
			seed := o.platform.Seed()
			credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
				HTTPClient: o.platform.Client(), TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: secret.New("not the secret"),
			})
			if err != nil {
				return nil, err
			}
			return keyvault.Open(seed.Vault, credential, o.platform.Client())
		}, []string{"Entra gives no token"}},
		{"an address that is none", func(*project.Project) (*keyvault.Vault, error) {
			return keyvault.Open("http://kv-fts-tt02.vault.azure.net", nil, nil)
		}, []string{"maskinporten.vault"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := o.world()
			w.Vault = test.vault
			expectFirst(t, doctor.Run(t.Context(), w, nil), "vault.list", doctor.Fail, test.words...)
		})
	}
	w := o.world()
	w.Vault = nil
	report := doctor.Run(t.Context(), w, nil)
	if told := of(report, "key.readable"); told[0].Status != doctor.Skip || told[0].Needs != "vault.list" {
		t.Errorf("%+v", told)
	}
}

func TestTheVaultOfTheOtherEnvironment(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.replace("stafett.yaml", "kv-fts-tt02.vault", "kv-fts-prod.vault")
	expectFirst(t, doctor.Run(t.Context(), p.world(), nil), "vault.environment", doctor.Warn, "kv-fts-prod", "maskinporten.vault")
}

func TestClientAndKeyOfTwoPlaces(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	o.remove(t, idSecret, true)
	o.replace(settingsFile, `"ClientId": ""`, `"ClientId": "`+someID+`"`)
	expectFirst(t, doctor.Run(t.Context(), o.world(), nil), "vault.sources", doctor.Warn, "appsettings.json", "key vault "+keySecret)
}

func TestARotationThatWasLeft(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	o.set(t, rotate.NextSecret("MaskinportenSettings"), "none: the key has been published", keyvault.SetOptions{})
	if told := of(doctor.Run(t.Context(), o.world(), nil), "vault.rotation"); told[0].Status != doctor.OK {
		t.Errorf("after its end: %+v", told)
	}
	o.set(t, rotate.NextSecret("MaskinportenSettings"), aKey().Encoded().Reveal(), keyvault.SetOptions{})
	expectFirst(t, doctor.Run(t.Context(), o.world(), nil), "vault.rotation", doctor.Warn, "holds key fts-tt02-a", "stafett rotate --yes")

	// It waits for the end of the one before it.
	o.set(t, keySecret, aKey().Encoded().Reveal(), keyvault.SetOptions{Tags: map[string]string{"replaced-kid": "fts-tt02-before", "replaced-thumbprint": "of-before"}})
	expectFirst(t, doctor.Run(t.Context(), o.world(), nil), "vault.rotation", doctor.Warn, "holds key fts-tt02-a", "fts-tt02-before", "stafett rotate --finish --yes")

	// Where the key set can be read, it counts, and not the note on the secret.
	thumbprint, err := aKey().Public().Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	for replaced, command := range map[string]string{thumbprint: "stafett rotate --finish --yes", "of-before": "stafett rotate --yes"} {
		o.set(t, keySecret, aKey().Encoded().Reveal(), keyvault.SetOptions{Tags: map[string]string{"replaced-kid": "fts-tt02-before", "replaced-thumbprint": replaced}})
		w := o.world()
		w.Portal = func(context.Context, *project.Project) (*selfservice.Client, error) {
			return selfservice.New(selfservice.Config{
				BaseURL: selfservice.TestBaseURL, Tokens: anyToken{}, HTTPClient: &http.Client{Transport: keySet{aKey().Public()}},
			})
		}
		expectFirst(t, doctor.Run(t.Context(), w, nil), "vault.rotation", doctor.Warn, command)
	}
}

// keySet answers every request with the keys.
type keySet []jwk.Public

func (k keySet) RoundTrip(r *http.Request) (*http.Response, error) {
	content, err := json.Marshal(jwk.Set{Keys: k})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(content)), Request: r}, err
}

type anyToken struct{}

func (anyToken) TokenContext(context.Context) (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: "any"}, nil
}

func TestAKeyWithoutTheVault(t *testing.T) {
	t.Parallel()
	w := newPlace(t).world()
	w.Environ = []string{"MaskinportenSettings__ClientId=" + someID, "MaskinportenSettings__EncodedJwk=" + aKey().Encoded().Reveal()}
	report := doctor.Run(t.Context(), w, nil)
	expectFirst(t, report, "settings.sources", doctor.Warn, "environment MaskinportenSettings__ClientId", "deployed")
	if told := of(report, "key.readable"); told[0].Status != doctor.OK || !strings.Contains(told[0].Evidence, "2048 bits, kid fts-tt02-a") {
		t.Errorf("%+v", told)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	for _, test := range []struct {
		ahead  time.Duration
		status doctor.Status
		words  []string
	}{
		{0, doctor.OK, nil},
		{7 * time.Second, doctor.Warn, []string{"7s ahead", "NTP"}},
		{-7 * time.Second, doctor.Warn, []string{"7s behind"}},
		{time.Minute, doctor.Fail, []string{"1m0s ahead", "future"}},
		{-time.Minute, doctor.Fail, []string{"1m0s behind", "MP-130"}},
	} {
		w := o.world()
		// Both clocks stand still: theirs tells whole seconds, and how much of one has
		// passed is not for the test to know.
		theirs := time.Now().Truncate(time.Second)
		w.Now = func() time.Time { return theirs.Add(time.Second/2 + test.ahead) }
		w.HTTPClient = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			response, err := o.platform.Client().Transport.RoundTrip(r)
			if err == nil {
				response.Header.Set("Date", theirs.UTC().Format(http.TimeFormat))
			}
			return response, err
		})}
		report := doctor.Run(t.Context(), w, nil)
		if test.status == doctor.OK {
			if told := of(report, "clock.offset"); told[0].Status != doctor.OK {
				t.Errorf("%+v", told)
			}
			continue
		}
		expectFirst(t, report, "clock.offset", test.status, test.words...)
	}
}

func TestWhatAnswersIsNotMaskinporten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		answer http.RoundTripper
		status doctor.Status
		word   string
	}{
		{answering(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}), doctor.Warn, "proxy"},
		{answering(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }), doctor.Fail, "firewall"},
	} {
		w := newPlace(t).world()
		w.Offline, w.HTTPClient = false, &http.Client{Transport: test.answer}
		expectFirst(t, doctor.Run(t.Context(), w, nil), "clock.offset", test.status, test.word)
	}
}

type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }
