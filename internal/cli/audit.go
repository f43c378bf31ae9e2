package cli

import (
	"context"
	"os"
	"os/user"
	"path/filepath"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/audit"
)

// audited does something that changes systems, and keeps a log of it: beside
// stafett.yaml, or where STAFETT_AUDIT says. Nothing is changed that cannot be
// written down: when the log cannot be opened do is not called, and when it can
// no longer be written ctx ends, after the change under way.
func (c *connection) audited(ctx context.Context, s *session, command string, target prepare.Target, do func(ctx context.Context, report func(prepare.Event)) error) error {
	path := s.lookup("STAFETT_AUDIT")
	if path == "" {
		dir, err := c.stafettDir()
		if err != nil {
			return err
		}
		path = filepath.Join(dir, "audit.jsonl")
	}
	log, err := audit.Open(path, audit.Run{
		Actor: actor(), Command: command, Environment: c.world, Organisation: target.OrganisationNumber, Application: target.AppID,
	}, nil)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	outcome := do(ctx, func(event prepare.Event) {
		log.Record(event)
		if err := log.Err(); err != nil {
			stop(err)
		}
	})
	if err := log.Close(outcome); outcome == nil {
		return err
	}
	return outcome
}

// actor is who runs this program, as far as the machine knows.
func actor() string {
	name := "unknown"
	if who, err := user.Current(); err == nil {
		name = who.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
