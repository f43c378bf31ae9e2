package serve

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/secret"
)

// tokens is a source of Altinn tokens that may be replaced while it is used, so
// that secrets can be read again without a new start.
type tokens struct {
	current atomic.Pointer[altinn.TokenSource]
}

var _ altinn.TokenSource = (*tokens)(nil)

func (t *tokens) replace(source altinn.TokenSource) { t.current.Store(&source) }

// Token implements [altinn.TokenSource].
func (t *tokens) Token(ctx context.Context) (secret.String, error) {
	return (*t.current.Load()).Token(ctx)
}

// Invalidate implements [altinn.TokenSource].
func (t *tokens) Invalidate(token secret.String) { (*t.current.Load()).Invalidate(token) }

// secrets are what the service has read from the vault: at its start, as an
// Altinn application does, and again at an interval where it is so configured.
type secrets struct {
	load    func(context.Context) (*integration.Integration, error)
	webhook func(context.Context) (secret.String, error) // nil: there is none

	tokens *tokens
	hook   *webhook // nil: there is none
	log    *slog.Logger
	failed func() // counts

	current *integration.Integration // what is in use
}

// read reads all secrets and uses them if they can all be read. It returns the
// warnings about the settings.
func (s *secrets) read(ctx context.Context) ([]string, error) {
	loaded, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	if s.webhook != nil {
		value, err := s.webhook(ctx)
		if err != nil {
			return nil, &webhookSecretError{err}
		}
		if n := len(value.Reveal()); n < minWebhookSecret {
			return nil, &webhookSecretError{fmt.Errorf("it has %d characters, which could be guessed", n)}
		}
		s.hook.hold(value)
	}
	if s.current != nil && loaded.IsSame(s.current) {
		return nil, nil // the tokens that are held stay valid
	}
	s.current = loaded
	s.tokens.replace(loaded.Altinn())
	s.log.Info("read the secrets", "client", loaded.ClientID, "key", loaded.KeyID)
	return loaded.Warnings(), nil
}

// reread reads all secrets again. If that fails, those from before are used on.
func (s *secrets) reread(ctx context.Context) {
	if _, err := s.read(ctx); err != nil && ctx.Err() == nil {
		s.failed()
		s.log.Error("could not read the secrets again; those that were read before are used on", "reason", handover.Reason(err))
	}
}

// rereadEvery calls reread at an interval until the context ends.
func (s *secrets) rereadEvery(ctx context.Context, interval time.Duration) {
	for pause(ctx, interval) == nil {
		s.reread(ctx)
	}
}
