// Package web is the console of the local platform: forms, inbox and timeline
// in a browser. It puts the areas together; package frame says what they have
// in common.
//
// The console is a client. What a person does in it goes through the public API
// of the applications and of Storage, with the person's own token.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/fill"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/inbox"
	"github.com/stafett/stafett/local/web/records"
	"github.com/stafett/stafett/local/web/start"
	"github.com/stafett/stafett/local/web/story"
)

// Config says what the console shows.
type Config struct {
	// HTTPClient reaches the platform at the base addresses that follow; see
	// [frame.Config].
	HTTPClient *http.Client
	Platform   string
	Login      string
	AppsDomain string
	// Apps are the ids of the applications that are served, the original first.
	Apps   []string
	People []frame.Person
	// Records says where the pages about integrations, secrets, tokens and
	// handovers read. Its People are those above.
	Records records.Config
	// Story says where the timeline reads; without a recorder there is none.
	Story  story.Config
	Logger *slog.Logger
}

// New makes the console.
func New(cfg Config) (*frame.Console, error) {
	begin, err := start.New(start.Config{Apps: cfg.Apps, Begin: cfg.begin})
	if err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	definitions := new(definition.Store)
	filled, err := fill.New(fill.Config{Definitions: definitions})
	if err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	received, err := inbox.New(inbox.Config{Definitions: definitions})
	if err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	cfg.Records.People = cfg.People
	held, err := records.New(cfg.Records)
	if err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	areas := []frame.Area{begin, filled, received}
	if cfg.Story.Timeline != nil {
		told, err := story.New(cfg.Story)
		if err != nil {
			return nil, fmt.Errorf("start the console: %w", err)
		}
		areas = append(areas, told)
	}
	areas = append(areas, held)
	return frame.New(frame.Config{
		HTTPClient: cfg.HTTPClient, Platform: cfg.Platform, Login: cfg.Login, AppsDomain: cfg.AppsDomain,
		People: cfg.People, Areas: areas, Logger: cfg.Logger,
	})
}

// begin is the command after which forms are carried over; empty where they are, or
// where nobody knows.
func (cfg Config) begin(ctx context.Context) string {
	if cfg.Records.Handovers == nil {
		return ""
	}
	_, err := cfg.Records.Handovers.List(ctx, nil, 1)
	if missing, ok := errors.AsType[*records.NoJournalError](err); ok {
		return missing.Command
	}
	return ""
}
