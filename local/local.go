package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/portal"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/timeline"
)

// The real names that the local platform serves, besides the vault and the
// applications.
const (
	MaskinportenHost = "test.maskinporten.no"
	SelfServiceHost  = "api.test.samarbeid.digdir.no"
	PortalHost       = "sjolvbetjening.test.samarbeid.digdir.no"
	PlatformHost     = "platform.tt02.altinn.no"
	OrgListHost      = "altinncdn.no"
	LoginHost        = "local.altinn.cloud"
	MetadataAddress  = "169.254.169.254"

	maskinportenIssuer = "https://" + MaskinportenHost + "/"
	platformURL        = "https://" + PlatformHost
	appsDomain         = "apps.tt02.altinn.no"
	vaultDomain        = ".vault.azure.net"
)

// partsDir is the folder for parts of requests that are too big for memory. It lies
// beside Storage's, since who removes that of a platform that was killed removes it too.
const partsDir = "stafett-parts"

// Config is what [Start] needs.
type Config struct {
	// Apps are the applications to serve from folders. These are read before; what
	// changes on disk shows after [Platform.Reload]. Together with Remotes there is
	// at least one application.
	Apps []*app.Folder
	// Remotes are applications that run as processes of their own. The platform
	// starts whether they answer or not.
	Remotes []Remote
	// RemoteTold, when set, is told what comes of the first attempt to read each of
	// the Remotes, and then whenever that changes, with the address that was asked.
	// It may be called from several goroutines at once, but for one application from
	// one at a time.
	RemoteTold func(asked Remote, err error)
	// Original is the id of the application that people fill in, which the console
	// begins with; empty means the first of Apps, or else of Remotes.
	Original string
	// Owner owns the applications; the zero value means [Example].
	Owner Organisation
	// Others own applications as well. Only Owner has a vault and an admin client.
	Others []Organisation
	// Scopes are Owner's own at Maskinporten, which its integrations may have.
	Scopes []string
	// Keys are the platform's private keys; each that is nil is made at the start.
	Keys Keys
	// Vault is the URL of the owner's key vault; empty means
	// https://kv-{org}-tt02.vault.azure.net.
	Vault string
	// Dir is where Storage keeps its rows and bytes; it is made if missing.
	// Empty means a temporary folder that is removed at the end.
	Dir string
	// AnyOrgScope lets organisations write to Storage without the scope
	// altinn:serviceowner/instances.write. Whether the real platform demands it
	// is not known; here it does unless this is set.
	AnyOrgScope bool
	// Propagation is how long a change at Samarbeidsportalen takes to reach
	// Maskinporten; ten minutes at most. Digdir says two at most.
	Propagation time.Duration
	// KeyRules say how Samarbeidsportalen treats keys where Digdir's
	// documentation leaves it open.
	KeyRules control.KeyRules
	// VaultSettings say how the vault behaves.
	VaultSettings control.VaultSettings
	// Seeds are added to what the platform is born with.
	Seeds []control.Seed
	// ManagedIdentity makes Azure's metadata address answer. Without it, the
	// address closes the connection, as on a machine outside Azure.
	ManagedIdentity bool
	// Timeline records what the stand-ins are asked and why they answer as they
	// do; see [Platform.Timeline].
	Timeline bool
	// Wrap, when set, goes around the handler of every host, outside the faults
	// of [Platform.Faults]: to record, or to answer in a stand-in's place.
	Wrap func(host string, next http.Handler) http.Handler
	// Forwards lead host names that the platform does not serve to programs on this
	// machine, given as http://ADDRESS:PORT, so that events reach a subscriber
	// there; see [front.Forwards].
	Forwards map[string]string
	// Refused is told of each name that was asked for and is not served.
	Refused func(*front.NotServedError)
	// Logger gets what the stand-ins do at debug level; nil discards. No token,
	// key or identity number is logged.
	Logger *slog.Logger
}

// Platform is a running local platform. It is safe for concurrent use.
type Platform struct {
	seed    *Seed
	network *front.Network
	client  *http.Client // of those who use the platform
	inside  *http.Client // of the stand-ins
	faults  *fault.Set
	story   *timeline.Recorder // nil unless wanted
	dir     string             // of Storage and its neighbours
	tempDir string             // the same, where it is removed at the end
	parts   string             // below dir, for parts of requests that wait
	logger  *slog.Logger

	forwards *front.Forwards
	mu       sync.Mutex
	serving  []io.Closer // addresses of their own; guarded by mu

	authentication *authentication.Server
	authorization  *authorization.Server
	maskinporten   *maskinporten.Server
	business       *maskinporten.BusinessAuthority
	selfservice    *selfservice.Server
	portal         *portal.Server
	entra          *entra.Server
	keyvault       *keyvault.Server
	register       *register.Server
	storage        *storage.Server
	events         *events.Server
	orgs           authentication.OrgList
	apps           map[string]http.Handler  // by org/app
	folders        map[string]*servedFolder // those among apps that are served from folders
	handlers       map[string]http.Handler  // of each host name, as the network has them
	localtest      http.Handler
	remotes        *remotes
	folder         func(appID string) (*app.Folder, bool)

	parties   *register.Parties
	registry  *selfservice.Registry
	vault     string                // its name, the first label of the host
	principal string                // object id of the seeded service principal
	login     authentication.Config // of the authentication that there is
	born      *stage                // with the instances of the seeds of the start; nil for none
	beginning beginning
	changing  sync.Mutex // held while many stand-ins change together
	resets    atomic.Int64
}

// Start makes the seed and the keys and starts all stand-ins; when it returns,
// everything answers. The context bounds the start only; Close ends the platform.
func Start(ctx context.Context, cfg Config) (_ *Platform, err error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.checkApplications(), checkPropagation(cfg.Propagation)); err != nil {
		return nil, fmt.Errorf("start the local platform: %w", err)
	}
	vault, err := url.Parse(cfg.Vault)
	if err != nil {
		return nil, fmt.Errorf("start the local platform: read vault address: %w", err)
	}
	if !strings.HasSuffix(vault.Hostname(), vaultDomain) {
		return nil, fmt.Errorf("start the local platform: the vault %s is not in Azure; its address is https://<name>%s", cfg.Vault, vaultDomain)
	}
	seed, parties, err := newSeed(cfg.owners())
	if err != nil {
		return nil, err
	}
	seedings := make([]*seeding, len(cfg.Seeds))
	for n, added := range cfg.Seeds {
		if seedings[n], err = newSeeding(parties, added); err != nil {
			return nil, fmt.Errorf("start the local platform: %w", seedError(ctx, err))
		}
		seed.tell(seedings[n])
	}
	keys, err := cfg.Keys.complete(ctx)
	if err != nil {
		return nil, err
	}
	seed.Vault = cfg.Vault
	p := &Platform{seed: seed, parties: parties, apps: make(map[string]http.Handler), folders: make(map[string]*servedFolder), handlers: make(map[string]http.Handler), logger: cfg.Logger}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if cfg.Dir == "" {
		if p.tempDir, err = os.MkdirTemp("", "stafett-storage-"); err != nil {
			return nil, fmt.Errorf("start the local platform: %w", err)
		}
		cfg.Dir = p.tempDir
	} else if err = os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start the local platform: %w", err)
	}
	p.dir = cfg.Dir
	p.parts = filepath.Join(p.dir, partsDir)
	if err := errors.Join(clearStages(p.dir), os.RemoveAll(p.parts), os.MkdirAll(p.parts, 0o700)); err != nil {
		return nil, fmt.Errorf("start the local platform: %w", err)
	}
	hosts := p.names(cfg, vault.Hostname())
	p.faults = fault.New(hostNames(hosts))
	if cfg.Timeline {
		p.story = timeline.New(timeline.Config{Know: p.know})
	}
	for n, host := range hosts {
		hosts[n].Handler = cfg.Wrap(host.Name, p.faults.Wrap(host.Name, host.Handler))
		if p.story != nil {
			hosts[n].Handler = p.story.Wrap(host.Name, hosts[n].Handler)
		}
		p.handlers[host.Name] = hosts[n].Handler
	}
	if p.network, err = front.New(front.Config{Hosts: hosts, Refused: cfg.Refused, Logger: cfg.Logger}); err != nil {
		return nil, err
	}
	p.client = &http.Client{Transport: p.network.Transport()}
	p.inside = p.client
	if p.story != nil {
		p.inside = &http.Client{Transport: p.story.Transport(p.network.Transport())}
	}
	p.forwards = front.NewForwards(p.network)
	for host, target := range cfg.Forwards {
		if err := p.forwards.Set(host, target); err != nil {
			return nil, fmt.Errorf("start the local platform: %w", err)
		}
	}
	if err := p.startDigdir(cfg, keys); err != nil {
		return nil, err
	}
	if err := p.startAzure(cfg, keys, vault.Hostname()); err != nil {
		return nil, err
	}
	if err := p.startAltinn(cfg, keys, parties); err != nil {
		return nil, err
	}
	if err := p.addToStarted(ctx, seedings); err != nil {
		return nil, fmt.Errorf("start the local platform: %w", err)
	}
	if p.beginning, err = p.remember(); err != nil {
		return nil, fmt.Errorf("start the local platform: %w", err)
	}
	return p, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Owner == (Organisation{}) {
		cfg.Owner = Example
	}
	if cfg.Vault == "" {
		cfg.Vault = "https://kv-" + cfg.Owner.Code + "-tt02" + vaultDomain
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Logger = slog.New(redactingHandler{cfg.Logger.Handler()})
	if cfg.Wrap == nil {
		cfg.Wrap = func(_ string, next http.Handler) http.Handler { return next }
	}
	return cfg
}

// Seed returns what the platform was born with; it must not be changed.
func (p *Platform) Seed() *Seed { return p.seed }

// Hosts returns the names served, sorted.
func (p *Platform) Hosts() []string { return p.network.Names() }

// CertificatePEM returns the certificate of the platform's authority, for
// programs that use the proxy.
func (p *Platform) CertificatePEM() []byte { return p.network.Authority().PEM() }

// TrustStore returns the same certificate as a Java key store; see
// [front.Authority.TrustStore].
func (p *Platform) TrustStore() []byte { return p.network.Authority().TrustStore() }

// Client returns an HTTP client whose connections end in the platform. It
// follows redirects as any; copies may change that.
func (p *Platform) Client() *http.Client { return p.client }

// ServeProxy opens the platform to other programs; see [front.Network.ServeProxy].
func (p *Platform) ServeProxy(ctx context.Context, address string) (*url.URL, error) {
	return p.network.ServeProxy(ctx, address)
}

// ServeTLS opens the platform on one port to programs whose names lead there; see
// [front.Network.ServeTLS].
func (p *Platform) ServeTLS(ctx context.Context, address string) (string, error) {
	return p.network.ServeTLS(ctx, address)
}

// IssuedTokens returns the tokens that Maskinporten has issued, oldest first,
// without the tokens themselves. Only the latest are kept.
func (p *Platform) IssuedTokens() []maskinporten.IssuedToken { return p.maskinporten.Issued() }

// Decisions returns what the decision point has decided, oldest first. Only the
// latest are kept.
func (p *Platform) Decisions() []authorization.Decision { return p.authorization.Decisions() }

// Timeline returns the record of all requests to the platform, or nil when
// [Config.Timeline] was not set.
func (p *Platform) Timeline() *timeline.Recorder { return p.story }

// Faults returns the faults that requests meet on demand; there are none at
// first. They hit every request to a served name, whoever makes it, the
// stand-ins among themselves included.
func (p *Platform) Faults() *fault.Set { return p.faults }

// Forwards returns where the platform's own messages to the world go, such as
// events to subscribers.
func (p *Platform) Forwards() *front.Forwards { return p.forwards }

// Close stops the platform. What Storage holds stays where Config.Dir was given.
func (p *Platform) Close() error {
	var errs []error
	p.mu.Lock()
	for _, address := range p.serving {
		errs = append(errs, address.Close())
	}
	p.serving = nil
	p.mu.Unlock()
	if p.client != nil {
		p.client.CloseIdleConnections()
		p.inside.CloseIdleConnections()
	}
	if p.forwards != nil {
		p.forwards.CloseIdleConnections()
	}
	if p.events != nil {
		p.events.Close()
	}
	if p.remotes != nil {
		defer p.remotes.close() // once nothing is passed on any more
	}
	if p.faults != nil {
		p.faults.Close() // what is held back would keep the network open
	}
	if p.network != nil {
		errs = append(errs, p.network.Close())
	}
	if p.storage != nil {
		errs = append(errs, p.storage.Close())
	}
	if p.born != nil {
		errs = append(errs, p.born.close())
	}
	if p.parts != "" {
		errs = append(errs, os.RemoveAll(p.parts))
	}
	if p.tempDir != "" {
		errs = append(errs, os.RemoveAll(p.tempDir))
	}
	return errors.Join(errs...)
}
