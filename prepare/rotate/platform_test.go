package rotate_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/selfservice"
)

// platform is the local platform with the examples, prepared, and the real clients
// against it.
type platform struct {
	*local.Platform
	proxy               *url.URL
	dir                 string
	project             *project.Project
	original, receiving *app.Folder
	environment         altinn.Environment
	target              rotate.Target
	systems             prepare.Systems
	vault               *keyvault.Vault
	portal              *selfservice.Client
	clientID            string
}

func startPlatform(t *testing.T, wrap func(host string, next http.Handler) http.Handler) *platform {
	t.Helper()
	p := &platform{dir: t.TempDir()}
	must(t, examples.WriteTo(p.dir))
	p.project = ok(project.Load(filepath.Join(p.dir, examples.ProjectFile)))(t)
	p.original, p.receiving = ok(app.Load(p.project.Applications.Original))(t), ok(app.Load(p.project.Applications.Receiving))(t)
	p.environment = ok(altinn.LookupEnvironment(p.project.Environment))(t)
	p.Platform = ok(local.Start(t.Context(), local.Config{
		Apps: []*app.Folder{p.original, p.receiving}, Vault: p.project.Vault, Dir: filepath.Join(p.dir, "storage"), Keys: platformtest.Keys(t), Wrap: wrap,
	}))(t)
	t.Cleanup(func() { must(t, p.Close()) })
	proxying, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	p.proxy = ok(p.ServeProxy(proxying, "127.0.0.1:0"))(t)

	var err error
	p.vault, p.portal, err = connect(p.Client(), p.Seed())
	must(t, err)
	p.systems = ok(systemsOf(p.Client(), p.vault, p.portal))(t)
	p.target.Target = ok(prepare.NewTarget(p.project, p.original.ID))(t)
	plan := ok(prepare.NewPlan(ok(prepare.Read(t.Context(), p.systems, p.target.Target))(t)))(t)
	p.clientID = ok(prepare.Apply(t.Context(), p.systems, plan, nil))(t).ClientID
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
		Vault: vault, Integrations: portal, PollInterval: 50 * time.Millisecond,
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: hc},
	}, err
}

// makeOlder moves all dates of the integration back.
func (p *platform) makeOlder(t *testing.T, by time.Duration) {
	t.Helper()
	ok(p.Age(control.Aging{Client: p.clientID, By: by}))(t)
}

// key is the one in the vault.
func (p *platform) key(t *testing.T) *jwk.Key {
	t.Helper()
	return ok(jwk.ParseEncoded(ok(p.vault.Get(t.Context(), keySecret))(t).Value))(t)
}

// registered are the key ids on the integration.
func (p *platform) registered(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, key := range ok(p.portal.Keys(t.Context(), p.clientID))(t).Keys {
		ids = append(ids, key.KeyID)
	}
	return ids
}

// gives reports whether Maskinporten gives a token for a key, and why not.
func (p *platform) gives(t *testing.T, key *jwk.Key) error {
	t.Helper()
	return p.systems.Prover.Prove(t.Context(), p.clientID, key, p.target.Scopes)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ok takes the result of a call that must not fail.
func ok[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}
