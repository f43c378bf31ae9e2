package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/serve"
)

// sweepInterval is short, so that the story is: a service sweeps more seldom.
const sweepInterval = 100 * time.Millisecond

// process is a handover process: it has read the settings and secrets once, at
// its start.
type process struct {
	handover.Operations
	integration *integration.Integration
	apps        *altinn.AppClient
	storage     *altinn.StorageClient

	server  *serve.Server     // carries out by itself what it finds
	service *handover.Service // or only what it is told to; the journal is its own
	journal handover.Journal
}

// The journals of the story. A process that is started again finds its own; one
// that has lost it gets another.
const (
	journalFile   = "journal.db"
	forgottenFile = "new-journal.db"
)

// connectTo gives a process what it reads Altinn with.
func (p *process) connectTo(w *world, loaded *integration.Integration) {
	p.integration = loaded
	p.apps = altinn.NewAppClient(altinn.AppConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: loaded.Altinn()})
	p.storage = altinn.NewStorageClient(altinn.StorageConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: loaded.Altinn()})
}

func (w *world) definitions() ([]*handover.Definition, error) {
	var definitions []*handover.Definition
	for _, definition := range w.project.Handovers {
		compiled, err := handover.Compile(definition, w.original, w.receiving)
		if err != nil {
			return nil, err
		}
		definitions = append(definitions, compiled)
	}
	return definitions, nil
}

// startProcess starts the handover service, as `stafett serve` does.
func (w *world) startProcess(ctx context.Context, name string) (*process, error) {
	definitions, err := w.definitions()
	if err != nil {
		return nil, err
	}
	p := &process{}
	p.server, err = serve.Start(ctx, serve.Config{
		Project: w.project, Definitions: definitions, Environment: w.environment, HTTPClient: w.platform.Client(),
		Load: func(ctx context.Context, client *http.Client) (*integration.Integration, error) {
			loaded, err := w.loadIntegration(ctx, client)
			if err == nil {
				p.connectTo(w, loaded)
			}
			return loaded, err
		},
		Journal: filepath.Join(w.dir, journalFile), Listen: "none",
		UnclearWait: w.unclearWait, SweepEvery: sweepInterval, Logger: w.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("start the %s handover process: %w", name, err)
	}
	p.Operations = p.server.Operations()
	return p, nil
}

// openForgetful makes a process that has lost the journal, and does only what it
// is told to.
func (w *world) openForgetful(ctx context.Context) (*process, error) {
	loaded, err := w.loadIntegration(ctx, w.platform.Client())
	if err != nil {
		return nil, err
	}
	definitions, err := w.definitions()
	if err != nil {
		return nil, err
	}
	p := &process{}
	p.connectTo(w, loaded)
	if p.journal, err = sqlite.Open(ctx, filepath.Join(w.dir, forgottenFile), sqlite.Options{}); err != nil {
		return nil, err
	}
	p.service, err = handover.New(handover.Config{
		Definitions: definitions, Source: handover.NewSource(p.storage, p.apps), Receiver: p.apps,
		Finder: handover.NewIndex(p.storage, handover.DefaultOverlap), Lister: p.storage, Journal: p.journal,
		Owner: "forgetful", UnclearWait: w.unclearWait, Logger: w.logger,
	})
	if err != nil {
		return nil, errors.Join(err, p.journal.Close())
	}
	p.Operations = p.service
	return p, nil
}

// record asks for what the journal has of a handover.
func (p *process) record(ctx context.Context, key string) (handover.Record, error) {
	records, err := p.Show(ctx, key)
	if err != nil {
		return handover.Record{}, err
	}
	return records[0], nil
}

// carry begins a handover, and runs it unless the process does so by itself.
func (p *process) carry(ctx context.Context, definition, source string) (handover.Record, error) {
	records, err := p.Begin(ctx, definition, source, handover.ByCommand)
	switch {
	case err != nil:
		return handover.Record{}, err
	case len(records) != 1:
		return handover.Record{}, fmt.Errorf("the form has %d handovers, not one", len(records))
	case records[0].State.Settled() || p.service == nil:
		return records[0], nil
	}
	return p.service.Settle(ctx, records[0].Key)
}

// stop ends the process. It may be called again.
func (p *process) stop() error {
	switch {
	case p.server != nil:
		return p.server.Stop(context.Background())
	case p.journal != nil:
		err := p.journal.Close()
		p.journal = nil
		return err
	}
	return nil
}
