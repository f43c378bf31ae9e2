// Package platformtest starts the local platform in a test with one line:
//
//	platform := platformtest.Start(t, "../my-app")
//
// The platform lives as long as the test, in the test's own process. The test's HTTP
// client is [local.Platform.Client]; a child process gets [Platform.Environ] and
// lives in the platform as it is, without any change to it. The rest is
// [local.Platform]: what it is born with, faults, settings, seeds and Reset, with
// which many tests can share one platform.
package platformtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// tokenLifetime is that of the token for workload identity: longer than any test.
const tokenLifetime = 24 * time.Hour

// shared are the keys of all platforms of a test binary.
var shared = sync.OnceValues(func() (local.Keys, error) { return local.NewKeys(context.Background()) })

// Keys returns the keys that all platforms of a test binary have, for those that are
// started in another way; see [local.Config.Keys]. They are made at the first call.
func Keys(t testing.TB) local.Keys {
	t.Helper()
	keys, err := shared()
	if err != nil {
		t.Fatalf("make the local platform's keys: %v", err)
	}
	return keys
}

// Platform is a local platform that ends with its test. It is safe for concurrent
// use; methods that can fail end the test.
type Platform struct {
	*local.Platform
	t     testing.TB
	proxy *url.URL
	at    local.Whereabouts
}

// Start starts a platform that serves the applications in the given folders, each in
// a layout that [app.Load] reads. They may have owners of different org codes; the
// vault is that of the first one. The test ends where the platform cannot start.
func Start(t testing.TB, folders ...string) *Platform {
	t.Helper()
	return StartWith(t, local.Config{}, folders...)
}

// StartWith is [Start] with settings; the folders are added to those of cfg. Where
// cfg names no owner, the applications' own are taken; see [local.OwnerByCode]. Where
// it has no keys, they are [Keys].
func StartWith(t testing.TB, cfg local.Config, folders ...string) *Platform {
	t.Helper()
	p := &Platform{t: t}
	cfg.Apps = slices.Clone(cfg.Apps)
	for _, dir := range folders {
		folder, err := app.Load(dir)
		p.must(err)
		cfg.Apps = append(cfg.Apps, folder)
	}
	addOwners(&cfg)
	if cfg.Keys == (local.Keys{}) {
		cfg.Keys = Keys(t)
	}
	var err error
	p.Platform, err = local.Start(t.Context(), cfg)
	p.must(err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close the local platform: %v", err)
		}
	})
	p.proxy, err = p.ServeProxy(t.Context(), "127.0.0.1:0")
	p.must(err)
	p.write(t.TempDir())
	return p
}

// addOwners makes the applications' owners those of the platform.
func addOwners(cfg *local.Config) {
	for _, folder := range cfg.Apps {
		owner, _ := local.OwnerByCode(folder.Org)
		switch {
		case cfg.Owner == (local.Organisation{}):
			cfg.Owner = owner
		case folder.Org != cfg.Owner.Code && !slices.ContainsFunc(cfg.Others, func(o local.Organisation) bool { return o.Code == folder.Org }):
			cfg.Others = append(slices.Clip(cfg.Others), owner)
		}
	}
}

// write puts what child processes need into files.
func (p *Platform) write(dir string) {
	p.t.Helper()
	seed := p.Seed()
	p.at = local.Whereabouts{
		Proxy: p.proxy.String(), CA: filepath.Join(dir, "trusted", "ca.pem"), TrustStore: filepath.Join(dir, "trusted.jks"), StateDir: dir,
		Vault: seed.Vault, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
		FederatedTokenFile: filepath.Join(dir, "azure-federated-token"),
	}
	token, err := p.WorkloadToken(tokenLifetime)
	p.must(err)
	p.must(os.Mkdir(filepath.Dir(p.at.CA), 0o700))
	for path, content := range map[string][]byte{
		p.at.CA: p.CertificatePEM(), p.at.TrustStore: p.TrustStore(), p.at.FederatedTokenFile: []byte(token.Reveal()),
	} {
		p.must(os.WriteFile(path, content, 0o600))
	}
}

// Proxy returns the address of the forward proxy, for programs that are told of it
// in another way than by [Platform.Environ].
func (p *Platform) Proxy() *url.URL { return p.proxy }

// CAFile returns the path of the certificate that such programs must trust, in PEM.
func (p *Platform) CAFile() string { return p.at.CA }

// Environ returns the environment for a child process that is to live in the
// platform: this process's own, without real credentials of Azure, with all that
// leads a program to the platform, and the seed's service principal. It holds the
// client secret, which is good for nothing else.
func (p *Platform) Environ() []string { return p.at.Environ(os.Environ()) }

// SeedFile adds the seed in a file, with the files that it names beside it, and returns
// what came of it; see [control.ReadSeedFile]. A reset takes it away again.
func (p *Platform) SeedFile(name string) control.Seeded {
	p.t.Helper()
	seed, err := control.ReadSeedFile(name)
	p.must(err)
	seeded, err := p.AddSeed(p.t.Context(), seed)
	p.must(err)
	return seeded
}

// PersonToken logs a person in and returns their Altinn token. userID is that of one
// of [local.Seed.Persons], or of who was added.
func (p *Platform) PersonToken(userID int) string {
	p.t.Helper()
	return p.logIn(fmt.Sprintf("/Home/GetTestUserToken/%d?authenticationLevel=3", userID))
}

// OrganisationToken returns an Altinn token of a service owner, named by its org
// code, with scopes such as altinn:serviceowner/instances.read.
func (p *Platform) OrganisationToken(org string, scopes ...string) string {
	p.t.Helper()
	return p.logIn("/Home/GetTestOrgToken/" + url.PathEscape(org) + "?scopes=" + url.QueryEscape(strings.Join(scopes, " ")))
}

func (p *Platform) logIn(path string) string {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "https://"+local.LoginHost+path, nil)
	p.must(err)
	response, err := p.Client().Do(request)
	p.must(err)
	defer response.Body.Close()
	token, err := io.ReadAll(response.Body)
	p.must(err)
	if response.StatusCode != http.StatusOK {
		p.t.Fatal("log in at the local platform: " + response.Status)
	}
	return string(token)
}

func (p *Platform) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}
