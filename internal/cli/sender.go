package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
)

// sender carries handovers out, one command's worth.
type sender struct {
	service  *handover.Handover
	receiver *attentiveReceiver
	warnings []string
	journal  io.Closer
}

func (s *sender) close() { _ = s.journal.Close() }

// sender loads the integration and opens the journal.
func (c *connection) sender(ctx context.Context, s *session, definitions []*handover.Definition, journal string) (*sender, error) {
	loaded, err := c.integration(ctx)
	if err != nil {
		return nil, err
	}
	for _, warning := range loaded.Warnings() {
		s.warn("%s", warning)
	}
	if journal == "" {
		if journal, err = c.journalPath(); err != nil {
			return nil, err
		}
	}
	opened, err := sqlite.Open(ctx, journal, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: c.environment, HTTPClient: c.client, Tokens: loaded.Altinn()})
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: c.environment, HTTPClient: c.client, Tokens: loaded.Altinn()})
	receiver := &attentiveReceiver{Receiver: apps}
	service, err := handover.New(handover.Config{
		Definitions: definitions, Source: handover.NewSource(storage, apps), Receiver: receiver,
		Finder: handover.NewIndex(storage, 10*time.Minute), Lister: storage, Journal: opened,
		Owner: fmt.Sprintf("handover send, process %d", os.Getpid()), Logger: s.quietLogger(),
	})
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &sender{service: service, receiver: receiver, warnings: loaded.Warnings(), journal: opened}, nil
}

// attentiveReceiver remembers how the receiving application last refused to
// create an instance, to tell it to the one who waits. It is for one handover
// at a time.
type attentiveReceiver struct {
	handover.Receiver
	refusal *altinn.StatusError
}

func (r *attentiveReceiver) CreateInstance(ctx context.Context, appID string, t altinn.Template, parts []altinn.Upload) (altinn.Instance, error) {
	instance, err := r.Receiver.CreateInstance(ctx, appID, t, parts)
	r.refusal = nil
	errors.As(err, &r.refusal)
	return instance, err
}
