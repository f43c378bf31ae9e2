package story

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/integration"
)

// sweepInterval is short, so that the story is: a service sweeps more seldom.
const sweepInterval = 20 * time.Millisecond

// process is a handover process: it has read the settings and secrets once, at
// its start, and sweeps the original application for completed forms.
type process struct {
	integration *integration.Integration
	handover    *handover.Service
	apps        *altinn.AppClient
	storage     *altinn.StorageClient
	journal     handover.Journal

	cancel context.CancelFunc
	ended  chan error
}

// The journals of the story. A process that is started again finds its own; one
// that has lost it gets another.
const (
	journalFile   = "journal.db"
	forgottenFile = "new-journal.db"
)

// openProcess starts a process that sweeps only when it is told to.
func (w *world) openProcess(ctx context.Context, name, journal string) (*process, error) {
	loaded, err := w.loadIntegration(ctx)
	if err != nil {
		return nil, err
	}
	p := &process{integration: loaded}
	p.apps = altinn.NewAppClient(altinn.AppConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: loaded.Altinn()})
	p.storage = altinn.NewStorageClient(altinn.StorageConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: loaded.Altinn()})
	var definitions []*handover.Definition
	for _, definition := range w.project.Handovers {
		compiled, err := handover.Compile(definition, w.original, w.receiving)
		if err != nil {
			return nil, err
		}
		definitions = append(definitions, compiled)
	}
	if p.journal, err = sqlite.Open(ctx, filepath.Join(w.dir, journal), sqlite.Options{}); err != nil {
		return nil, err
	}
	p.handover, err = handover.New(handover.Config{
		Definitions: definitions, Source: handover.NewSource(p.storage, p.apps), Receiver: p.apps,
		Finder: handover.NewIndex(p.storage, 10*time.Minute), Lister: p.storage, Journal: p.journal,
		Owner: name, UnclearWait: w.unclearWait, Logger: w.logger,
	})
	if err != nil {
		return nil, errors.Join(err, p.journal.Close())
	}
	return p, nil
}

// startProcess starts a process that sweeps by itself.
func (w *world) startProcess(ctx context.Context, name string) (*process, error) {
	p, err := w.openProcess(ctx, name, journalFile)
	if err != nil {
		return nil, fmt.Errorf("start the %s handover process: %w", name, err)
	}
	watched, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel, p.ended = cancel, make(chan error, 1)
	go func() { p.ended <- p.handover.Watch(watched, sweepInterval) }()
	return p, nil
}

// stop ends the sweeping and closes the journal. It may be called again.
func (p *process) stop() error {
	if p.journal == nil {
		return nil
	}
	if p.cancel != nil {
		p.cancel()
		if err := <-p.ended; err != nil && !errors.Is(err, context.Canceled) {
			return errors.Join(err, p.journal.Close())
		}
	}
	err := p.journal.Close()
	p.journal = nil
	return err
}
