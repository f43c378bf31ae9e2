package prepare_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// platform is the local platform with the examples, and the real clients
// against it.
type platform struct {
	*local.Platform
	target  prepare.Target
	systems prepare.Systems
	vault   *keyvault.Vault
	portal  *selfservice.Client
}

func startPlatform(t *testing.T, wrap func(host string, next http.Handler) http.Handler) *platform {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	file, err := project.Load(filepath.Join(dir, examples.ProjectFile))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := app.Load(filepath.Join(dir, examples.OriginalForm))
	if err != nil {
		t.Fatal(err)
	}
	running, err := local.Start(t.Context(), local.Config{Apps: []*app.Folder{folder}, Vault: file.Vault, Keys: platformtest.Keys(t), Wrap: wrap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	})

	p := &platform{Platform: running}
	if p.target, err = prepare.NewTarget(file, folder.ID); err != nil {
		t.Fatal(err)
	}
	if p.vault, p.portal, err = connect(running.Client(), running.Seed()); err != nil {
		t.Fatal(err)
	}
	if p.systems, err = systemsOf(running.Client(), p.vault, p.portal); err != nil {
		t.Fatal(err)
	}
	return p
}

// connect makes the real clients of the two systems that are changed.
func connect(hc *http.Client, seed *local.Seed) (*keyvault.Vault, *selfservice.Client, error) {
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: hc, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	})
	if err != nil {
		return nil, nil, err
	}
	vault, err := keyvault.Open(seed.Vault, credential, hc)
	if err != nil {
		return nil, nil, err
	}
	environment, err := maskinporten.LookupEnvironment("test")
	if err != nil {
		return nil, nil, err
	}
	admin, err := jwk.ParsePrivate(seed.SelfServiceKey)
	if err != nil {
		return nil, nil, err
	}
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL, ClientID: seed.SelfServiceClientID, Key: admin, HTTPClient: hc,
	})
	if err != nil {
		return nil, nil, err
	}
	portal, err := selfservice.New(selfservice.Config{
		BaseURL: selfservice.TestBaseURL, HTTPClient: hc,
		Tokens: client.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
	})
	return vault, portal, err
}

func systemsOf(hc *http.Client, vault *keyvault.Vault, portal *selfservice.Client) (prepare.Systems, error) {
	environment, err := maskinporten.LookupEnvironment("test")
	return prepare.Systems{
		Vault: vault, Integrations: portal,
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: hc},
	}, err
}

func (p *platform) plan(t *testing.T) (prepare.Plan, error) {
	t.Helper()
	return planFor(t.Context(), p.systems, p.target)
}

func planFor(ctx context.Context, systems prepare.Systems, target prepare.Target) (prepare.Plan, error) {
	state, err := prepare.Read(ctx, systems, target)
	if err != nil {
		return prepare.Plan{}, err
	}
	return prepare.NewPlan(state)
}

// The whole of it, with every client, against the local platform: and then the
// systems are asked what they have.
func TestExampleIsPrepared(t *testing.T) {
	p := startPlatform(t, nil)
	plan, err := p.plan(t)
	if err != nil {
		t.Fatal(err)
	}
	result, err := prepare.Apply(t.Context(), p.systems, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Proved || len(result.Done) != 5 {
		t.Errorf("%+v", result)
	}

	secrets, err := p.vault.Secrets(t.Context())
	if err != nil || len(secrets) != 2 {
		t.Fatalf("%d secrets, %v", len(secrets), err)
	}
	var stored *jwk.Key
	for _, one := range secrets {
		switch one.Name {
		case clientSecret:
			if !one.Value.Equal(secret.New(result.ClientID)) {
				t.Error("another client id is stored")
			}
		case keySecret:
			if stored, err = jwk.ParseEncoded(one.Value); err != nil {
				t.Error(err)
			}
			if one.Tags["kid"] != result.KeyID || one.Tags["thumbprint"] != result.Thumbprint {
				t.Errorf("tags %v", one.Tags)
			}
		default:
			t.Errorf("secret %s", one.Name)
		}
	}
	integration, err := p.portal.Get(t.Context(), result.ClientID)
	if err != nil || integration.Name != name || !slices.Equal(integration.Scopes, []string{readScope, writeScope}) || integration.OrgNumber != orgNumber {
		t.Errorf("%+v, %v", integration, err)
	}
	set, err := p.portal.Keys(t.Context(), result.ClientID)
	if err != nil || len(set.Keys) != 1 || stored == nil || set.Keys[0].Modulus != stored.Public().Modulus {
		t.Errorf("%+v, %v", set, err)
	}
	issued := p.IssuedTokens()
	if last := issued[len(issued)-1]; last.ClientID != result.ClientID || last.KeyID != result.KeyID {
		t.Errorf("the last token went to %+v", last)
	}

	again, err := p.plan(t)
	if err != nil || !again.IsEmpty() || len(again.Warnings) != 0 {
		t.Errorf("a second run would do:\n%s%v", again, err)
	}
}

// A vault that refuses is told of before anything else is touched.
func TestVaultWithoutAccess(t *testing.T) {
	for _, refused := range []string{"/secrets", "/secrets/" + keySecret} {
		t.Run(refused, func(t *testing.T) {
			var others []string
			p := startPlatform(t, func(host string, next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case strings.HasSuffix(host, ".vault.azure.net") && strings.TrimSuffix(r.URL.Path, "/") == refused && r.Header.Get("Authorization") != "":
						w.Header().Set("Content-Type", "application/json; charset=utf-8")
						w.WriteHeader(http.StatusForbidden)
						_, _ = w.Write([]byte(`{"error":{"code":"Forbidden","message":"Caller is not authorized","innererror":{"code":"ForbiddenByRbac"}}}`))
					case host == local.MaskinportenHost || host == local.SelfServiceHost:
						others = append(others, r.URL.Path)
						fallthrough
					default:
						next.ServeHTTP(w, r)
					}
				})
			})
			_, err := p.plan(t)
			access, ok := errors.AsType[*keyvault.AccessError](err)
			if !ok || access.Code != "ForbiddenByRbac" || access.Remedy() == "" {
				t.Errorf("error %v", err)
			}
			if len(others) != 0 {
				t.Errorf("touched %v", others)
			}
		})
	}
}

// What the two applications lack is fitted by the same plan, each in its own
// folder, and one that cannot be read does not keep the other from being made
// ready.
func TestBothApplicationsAreFitted(t *testing.T) {
	p := startPlatform(t, nil)
	metadata := filepath.Join(p.target.ReceivingDir, "config", "applicationmetadata.json")
	policy := filepath.Join(p.target.ReceivingDir, "config", "authorization", "policy.xml")
	content, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	without := strings.ReplaceAll(string(content), ">instantiate<", ">read<")
	if err := os.WriteFile(policy, []byte(without), 0o644); err != nil {
		t.Fatal(err)
	}
	plan, err := p.plan(t)
	if err != nil {
		t.Fatal(err)
	}
	changes := plan.Changes()
	last := changes[len(changes)-1]
	if last.System != prepare.ApplicationFolder || last.Name != p.target.ReceivingDir || len(last.Files) != 1 ||
		last.Files[0].Path != policy || len(last.Files[0].Reasons) == 0 || len(last.Files[0].Diff) == 0 {
		t.Fatalf("%+v", last)
	}
	if _, err := prepare.Apply(t.Context(), p.systems, plan, nil); err != nil {
		t.Fatal(err)
	}
	if again, err := p.plan(t); err != nil || !again.IsEmpty() {
		t.Errorf("a second run would do:\n%s%v", again, err)
	}

	if err := os.Remove(metadata); err != nil {
		t.Fatal(err)
	}
	again, err := p.plan(t)
	if err != nil || !again.IsEmpty() || len(again.Warnings) != 1 || !strings.HasPrefix(again.Warnings[0], "the two applications are not fitted to each other: ") {
		t.Errorf("%s%v", again, err)
	}
}
