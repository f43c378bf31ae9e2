package serve

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/secret"
)

// defaultWorkers is how many handovers a process works on at a time, to all
// applications together.
const defaultWorkers = 20

// answerTime is how long a system may think. Altinn's own calls between applications
// and platform give up after 100 seconds.
const answerTime = 110 * time.Second

// leaseTime is how long a handover stays with a process that has died in the middle
// of it. It may be short: whoever takes over finds unclear outcomes out first.
const leaseTime = 15 * time.Second

// pickedFor is how long a handover waits, at most, that a process had picked when it
// was killed. Where the unclear wait is shorter, so is this.
const pickedFor = time.Minute

// parts are what the service is put together of.
type parts struct {
	log        *slog.Logger
	store      *store
	handovers  *handover.Service
	operations handover.Operations
	breakers   *engine.Breakers
	engine     *engine.Engine
	measures   *measures
	traces     *traces
	client     *http.Client
	own        *http.Transport // below the client; nil when it is the caller's
	secrets    *secrets
	triggers   *triggers
	listener   *listener
	subscriber *subscriber // nil: no events
}

// open puts the parts together, in the order in which they need each other.
func (p *parts) open(ctx context.Context, cfg Config) (err error) {
	p.log = cfg.Logger
	p.measures = newMeasures(version(), cfg.Definitions)
	if p.traces, err = newTraces(ctx, version(), os.Getenv, cfg.Logger); err != nil {
		return err
	}
	if p.client, err = p.newClient(cfg); err != nil {
		return err
	}
	// The journal comes before the secrets: if another service has it, there is no
	// need to ask for any.
	if p.store, err = openStore(ctx, cfg); err != nil {
		return err
	}
	if err := p.loadSecrets(ctx, cfg); err != nil {
		return err
	}
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: cfg.Environment, HTTPClient: p.client, Tokens: p.secrets.tokens})
	if err := p.newHandovers(ctx, cfg, storage); err != nil {
		return err
	}
	p.triggers = &triggers{
		operations: p.operations, log: cfg.Logger, waiting: map[look]bool{}, ctx: context.Background(),
		application: func(ctx context.Context, id string) (string, error) {
			instance, err := storage.Instance(ctx, id)
			return instance.AppID, err
		},
	}
	for _, d := range cfg.Definitions {
		p.triggers.definitions = append(p.triggers.definitions, served{d.ID(), d.From()})
	}
	p.newListener(cfg)
	return nil
}

// newClient makes the client of all requests that the service sends.
func (p *parts) newClient(cfg Config) (*http.Client, error) {
	reachable, err := newSystems(cfg.Environment, cfg.Definitions, cfg.Project.Vault, azureHosts(os.Getenv)...)
	if err != nil {
		return nil, err
	}
	client := http.Client{}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	if client.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout, transport.MaxIdleConnsPerHost = answerTime, defaultWorkers
		client.Transport, p.own = transport, transport
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.breakers = engine.NewBreakers(engine.BreakerConfig{Now: cfg.Now})
	client.Transport = limited{reachable, measured{reachable, p.measures, p.traces, cfg.Now, p.breakers.Transport(client.Transport)}}
	return &client, nil
}

// azureHosts are the hosts at which Azure signs in, where its variables name other
// ones than usual.
func azureHosts(lookup func(string) string) []string {
	var hosts []string
	for _, name := range []string{"AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"} {
		if address, err := url.Parse(lookup(name)); err == nil && address.Hostname() != "" {
			hosts = append(hosts, address.Hostname())
		}
	}
	return hosts
}

// loadSecrets reads the settings and secrets, as at the start of an application.
func (p *parts) loadSecrets(ctx context.Context, cfg Config) error {
	p.secrets = &secrets{
		load:   func(ctx context.Context) (*integration.Integration, error) { return cfg.Load(ctx, p.client) },
		tokens: &tokens{}, log: cfg.Logger, failed: p.measures.secretErrors.Inc,
	}
	if events := cfg.Project.Service.Events; events.Address != "" {
		p.secrets.hook = newWebhook()
		p.secrets.webhook = func(ctx context.Context) (secret.String, error) { return cfg.Secret(ctx, p.client, events.Secret) }
	}
	warnings, err := p.secrets.read(ctx)
	for _, warning := range warnings {
		cfg.Logger.Warn(warning)
	}
	return err
}

// newHandovers makes what carries the forms, and checks that the definitions go
// with what the journal knows.
func (p *parts) newHandovers(ctx context.Context, cfg Config, storage *altinn.StorageClient) (err error) {
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: cfg.Environment, HTTPClient: p.client, Tokens: p.secrets.tokens})
	p.handovers, err = handover.New(handover.Config{
		Definitions: cfg.Definitions, Source: handover.NewSource(storage, apps), Receiver: apps,
		Finder: handover.NewIndex(storage, handover.DefaultOverlap), Lister: storage, Journal: p.store.journal,
		Owner: owner(), UnclearWait: cfg.UnclearWait, LeaseTime: min(leaseTime, cmp.Or(cfg.UnclearWait, leaseTime)), Now: cfg.Now, Logger: cfg.Logger,
		Observer: observer{p.measures, p.traces, cfg.Now, cfg.Failed},
	})
	if err != nil {
		return err
	}
	if err := p.checkLineage(ctx, cfg); err != nil {
		return err
	}
	if err := p.newEngine(cfg); err != nil {
		return err
	}
	p.operations = notifying{p.handovers, p.engine.Notify, p.engine.Status}
	return nil
}

// checkLineage refuses definitions that would make second instances of forms that
// are known under others, and a first start that nobody has agreed to.
func (p *parts) checkLineage(ctx context.Context, cfg Config) error {
	err := p.handovers.CheckLineage(ctx)
	for range cfg.Definitions {
		first, ok := errors.AsType[*handover.FirstStartError](err)
		if _, wrong := errors.AsType[*handover.LineageError](err); !ok || wrong || !cfg.AcceptFirst {
			break
		}
		if err := p.handovers.AcceptFirst(ctx, first.DefinitionID); err != nil {
			return err
		}
		err = p.handovers.CheckLineage(ctx)
	}
	return err
}

// newEngine makes what drives the work.
func (p *parts) newEngine(cfg Config) (err error) {
	var definitions []engine.Definition
	for _, d := range cfg.Definitions {
		definitions = append(definitions, engine.Definition{ID: d.ID(), To: d.To(), Adopts: d.Adopts()})
	}
	service := cfg.Project.Service
	p.engine, err = engine.New(engine.Config{
		Service: p.handovers, Journal: p.store.journal, Queue: p.store.queue, Definitions: definitions,
		Breakers: p.breakers, Shared: p.store.shared,
		SweepEvery: cfg.SweepEvery, PickedFor: min(pickedFor, cmp.Or(cfg.UnclearWait, pickedFor)),
		PerApplication: service.Concurrency, Workers: max(defaultWorkers, service.Concurrency), KeepDetail: service.KeepDetail,
		Grace: cfg.Grace, Now: cfg.Now, Logger: cfg.Logger,
	})
	if err != nil {
		return err
	}
	c := &collector{
		summary: p.handovers.Summary, engine: func() engineStatus { return statusOf(p.engine.Status()) },
		sweepEvery: cfg.SweepEvery, started: cfg.Now(), now: cfg.Now, log: cfg.Logger,
	}
	for _, d := range definitions {
		c.definitions = append(c.definitions, d.ID)
		if !slices.Contains(c.applications, d.To) {
			c.applications = append(c.applications, d.To)
		}
	}
	return p.measures.registry.Register(c.describe())
}

// newListener makes the HTTP interface, and what keeps the subscriptions that
// lead to it.
func (p *parts) newListener(cfg Config) {
	service := cfg.Project.Service
	p.listener = &listener{
		triggers: p.triggers, metrics: p.measures.handler(), log: cfg.Logger, places: make(chan struct{}, maxTriggers),
		health: &health{log: cfg.Logger, now: cfg.Now, remarks: map[string]func() string{}, checks: map[string]func(context.Context) error{
			"journal": func(ctx context.Context) error { _, err := p.store.journal.Paused(ctx); return err },
			"tokens":  func(ctx context.Context) error { _, err := p.secrets.tokens.Token(ctx); return err },
		}},
	}
	if len(service.Callers.Organisations) > 0 {
		p.listener.callers = newCallers(cfg.Environment, p.client, service.Callers.Scope, service.Callers.Organisations, cfg.Now)
	}
	if p.secrets.hook == nil {
		return
	}
	p.listener.webhook = p.secrets.hook
	p.subscriber = &subscriber{
		client:  altinn.NewEventsClient(altinn.EventsConfig{Environment: cfg.Environment, HTTPClient: p.client, Tokens: p.secrets.tokens}),
		address: service.Events.Address, webhook: p.secrets.hook, log: cfg.Logger,
		active: func(active bool) { p.measures.subscribed.Set(truth(active)) },
	}
	for _, d := range cfg.Definitions {
		if !slices.Contains(p.subscriber.apps, d.From()) {
			p.subscriber.apps = append(p.subscriber.apps, d.From())
		}
	}
	p.measures.registry.MustRegister(p.measures.subscribed)
	p.listener.health.remarks["subscription"] = p.subscriber.remark
}

// close gives back what open has taken.
func (p *parts) close() (err error) {
	if p.store != nil {
		err = p.store.close()
	}
	if p.traces != nil {
		if err := p.traces.flush(); err != nil { // the handovers are none the worse for it
			p.log.Warn("could not send the last traces", "reason", handover.Reason(err))
		}
	}
	if p.own != nil {
		p.own.CloseIdleConnections()
	}
	return err
}
