package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// serverTimeout is how long a system may think before it answers. Altinn's own
// calls between applications and platform give up after 100 seconds.
const serverTimeout = 110 * time.Second

// connection is how a command reaches the systems of a project. With --local
// it differs in the way a connection is made and in whose credentials are used,
// and in nothing else.
type connection struct {
	project     *project.Project
	environment altinn.Environment
	client      *http.Client
	environ     []string
	credential  keyvault.CredentialOptions
	// world is the name of the systems that are reached: the environment, or one
	// life of the local platform, which starts anew each time.
	world string
	// journal is where STAFETT_JOURNAL says that the journal of the real systems
	// lies; empty with the local platform.
	journal string

	// local is the local platform; nil for the real systems.
	local *readyDocument
	// portal is where a browser finds Samarbeidsportalen's page when that is not its
	// own name; empty for the real one.
	portal string
	admin  project.SelfService // whose admin client is used at Samarbeidsportalen
}

// connect reads the project and finds the way to its systems.
func (s *session) connect(ctx context.Context) (*connection, error) {
	p, err := s.findProject()
	if err != nil {
		return nil, err
	}
	if p, err = s.inEnvironment(p); err != nil {
		return nil, err
	}
	return s.connectTo(ctx, p)
}

// inEnvironment returns the project as it is in the environment that --env
// names. Production is never anybody's default.
func (s *session) inEnvironment(p *project.Project) (*project.Project, error) {
	if s.env != "" {
		if _, err := altinn.LookupEnvironment(s.env); err != nil {
			return nil, &usageError{fmt.Errorf("--env is %q; it is tt02 or prod", s.env)}
		}
	}
	chosen, err := p.For(s.env)
	if err != nil {
		return nil, err
	}
	if chosen.Environment == "prod" && s.env != "prod" && !s.local {
		return nil, &productionError{p.Path}
	}
	return chosen, nil
}

// productionError says that production was not asked for by name.
type productionError struct{ path string }

func (e *productionError) Error() string {
	return "reach production: " + e.path + " says environment: prod, and --env does not"
}

// Remedy names the flag.
func (e *productionError) Remedy() string { return "if production is meant, add --env prod" }

// connectTo finds the way to the systems of a project.
func (s *session) connectTo(ctx context.Context, p *project.Project) (*connection, error) {
	environment, err := altinn.LookupEnvironment(p.Environment)
	if err != nil {
		return nil, err
	}
	c := &connection{project: p, environment: environment, environ: s.environ, world: environment.Name, journal: s.lookup("STAFETT_JOURNAL")}
	if s.local {
		return c, c.goLocal(ctx, s)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = serverTimeout
	c.client = &http.Client{Transport: s.watch(transport)}
	c.admin = p.SelfService
	if id := s.lookup("STAFETT_SELFSERVICE_CLIENT_ID"); id != "" {
		c.admin.ClientID = id
	}
	if file := s.lookup("STAFETT_SELFSERVICE_KEY_FILE"); file != "" {
		c.admin.KeyFile, c.admin.KeySecret = file, ""
	}
	c.credential = keyvault.CredentialOptions{HTTPClient: c.client}
	return c, nil
}

// goLocal sends all connections through the local platform's proxy and uses its
// synthetic credentials; ambient ones of Azure never reach a stand-in.
func (c *connection) goLocal(ctx context.Context, s *session) error {
	if c.environment.Name != "tt02" {
		return &usageError{fmt.Errorf("--local stands in for the test environment, but %s says environment: %s", c.project.Path, c.environment.Name)}
	}
	ready, err := s.findLocal(ctx)
	if err != nil {
		return err
	}
	proxy, err := url.Parse(ready.Proxy)
	if err != nil {
		return fmt.Errorf("read proxy address: %w", err)
	}
	certificate, err := os.ReadFile(ready.CA)
	if err != nil {
		return &notRunningError{"its CA file is gone: " + ready.CA}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(certificate) {
		return fmt.Errorf("read %s: no certificate in it", ready.CA)
	}
	c.client = &http.Client{Transport: s.watch(&http.Transport{
		Proxy:                  http.ProxyURL(proxy),
		OnProxyConnectResponse: notServed,
		TLSClientConfig:        &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		ResponseHeaderTimeout:  cmp.Or(s.answerTime, serverTimeout),
		MaxIdleConnsPerHost:    16,
	})}
	if c.environ, err = forgetAzure(s.environ); err != nil {
		return err
	}
	c.local = &ready
	c.world, c.journal, c.portal = localWorld(ready.Seed.TenantID), "", ready.Portal
	c.credential = keyvault.CredentialOptions{
		HTTPClient: c.client, TenantID: ready.Seed.TenantID,
		ClientID: ready.Seed.AzureClientID, ClientSecret: secret.New(ready.Seed.AzureClientSecret),
	}
	c.admin = project.SelfService{ClientID: ready.Seed.SelfServiceClientID, KeyFile: ready.Seed.SelfServiceJWK}
	return nil
}

// forgetAzure takes Azure's variables out of an environment, and out of that of
// the process, which the Azure SDK reads by itself.
func forgetAzure(environ []string) ([]string, error) {
	isAzures := func(entry string) bool { return strings.HasPrefix(strings.ToUpper(entry), "AZURE_") }
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); isAzures(name) {
			if err := os.Unsetenv(name); err != nil {
				return nil, fmt.Errorf("take %s out of the environment: %w", name, err)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(environ), isAzures), nil
}

// localWorld names one life of the local platform by the tenant that it made
// at start.
func localWorld(tenantID string) string {
	tenant := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, tenantID)
	return "local-" + tenant[:min(len(tenant), 8)]
}

// notServedError says that the local platform does not stand in for a host.
type notServedError struct{ reason string }

func (e *notServedError) Error() string { return "reach the local platform: " + e.reason }

// NonRetriable tells Azure's retry policy that asking again does not help.
func (*notServedError) NonRetriable() {}

// notServed turns the proxy's refusal of a host into an error with its reason,
// which names the host.
func notServed(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	_, reason, _ := strings.Cut(response.Status, " ")
	return &notServedError{reason}
}

func (c *connection) vault() (*keyvault.Vault, error) { return c.vaultThrough(c.client) }

func (c *connection) vaultThrough(client *http.Client) (*keyvault.Vault, error) {
	return c.vaultAt(c.project.Vault, client)
}

func (c *connection) vaultAt(address string, client *http.Client) (*keyvault.Vault, error) {
	options := c.credential
	options.HTTPClient = client
	credential, err := keyvault.NewCredential(options)
	if err != nil {
		return nil, err
	}
	return keyvault.Open(address, credential, client)
}

// selfService returns a client that acts with the owner's admin client; nil
// when there is none.
func (c *connection) selfService(ctx context.Context) (*selfservice.Client, error) {
	if c.admin.ClientID == "" {
		return nil, nil // no admin client is no error: a person does it then
	}
	key, err := c.adminKey(ctx)
	if err != nil {
		return nil, err
	}
	maskinportenEnvironment, err := maskinporten.LookupEnvironment(c.environment.MaskinportenEnvironment)
	if err != nil {
		return nil, err
	}
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: maskinportenEnvironment.Issuer, TokenURL: maskinportenEnvironment.TokenURL,
		ClientID: c.admin.ClientID, Key: key, HTTPClient: c.client,
	})
	if err != nil {
		return nil, err
	}
	base := selfservice.TestBaseURL
	if c.environment.Name == "prod" {
		base = selfservice.ProdBaseURL
	}
	return selfservice.New(selfservice.Config{
		BaseURL: base, HTTPClient: c.client,
		Tokens: client.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
	})
}

// dotnetEnvironment is the environment name under which an Altinn application
// runs: Altinn deploys to tt02 as Staging.
func (c *connection) dotnetEnvironment() string {
	if c.environment.Name == "prod" {
		return "Production"
	}
	return "Staging"
}

// integration loads the settings of the original application as it would at
// start-up, secrets included.
func (c *connection) integration(ctx context.Context) (*integration.Integration, error) {
	return c.integrationThrough(ctx, c.client)
}

func (c *connection) integrationThrough(ctx context.Context, client *http.Client) (*integration.Integration, error) {
	vault, err := c.vaultThrough(client)
	if err != nil {
		return nil, err
	}
	return c.integrationFrom(ctx, client, vault)
}

// integrationFrom reads with a vault that has signed in before.
func (c *connection) integrationFrom(ctx context.Context, client *http.Client, vault *keyvault.Vault) (*integration.Integration, error) {
	return integration.Load(ctx, integration.Options{
		AppDir:          c.project.Applications.Original,
		EnvironmentName: c.dotnetEnvironment(),
		Section:         c.project.Section,
		BuiltInScopes:   c.project.Integration.Scopes,
		Vault:           vault,
		HTTPClient:      client,
		Environ:         c.environ,
		Altinn:          c.environment,
	})
}

// close ends idle connections, so that a proxy or server need not wait for them.
func (c *connection) close() { c.client.CloseIdleConnections() }

// journalPath is where the journal of a project lies when no flag says
// otherwise: where STAFETT_JOURNAL says, or beside its stafett.yaml, one for each
// world, since what was handed over in one has not been in another.
func (c *connection) journalPath(test bool) (string, error) {
	if c.journal != "" {
		if extension := filepath.Ext(c.journal); test {
			return strings.TrimSuffix(c.journal, extension) + "-test" + extension, nil
		}
		return c.journal, nil
	}
	dir, err := c.stafettDir()
	if err != nil {
		return "", err
	}
	name := c.world
	if test {
		name += "-test"
	}
	return filepath.Join(dir, name+".db"), nil
}
