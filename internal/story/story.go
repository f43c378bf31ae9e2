// Package story runs the whole story of Stafett on this machine and checks
// each step by asking the systems afterwards.
//
// The systems are the local platform, reached at their real names through the
// clients that real runs use. The story itself is told in steps; a step that
// fails ends it, and the rest is skipped.
package story

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/stafett/stafett/local"
)

// Config is what [Run] needs; the zero value runs the story as it is meant.
type Config struct {
	// Keep is a folder for proof: the HTTP transcript (redacted), the PDF and
	// both instances. It is made if missing. Empty keeps nothing.
	Keep string
	// Report is told each step as it ends; nil to ignore.
	Report func(Step)
	// Logger gets what happens below; nil discards.
	Logger *slog.Logger
	// UnclearWait is how long the handover waits after an outcome that is not
	// clear; zero means its default. A story on a healthy platform has none.
	UnclearWait time.Duration
	// Keys are those of the platform; see [local.Config.Keys].
	Keys local.Keys
	// Watch is given the platform before anything is asked of it, with its timeline
	// on; nil leaves that off.
	Watch func(*local.Platform)
	// Sabotage breaks one thing, to show that the step that should notice does.
	Sabotage Sabotage
}

// Sabotage changes the world of the story; the zero value leaves it alone.
type Sabotage struct {
	// Files changes the project before anything has read it.
	Files func(dir string) error
	// Host goes around the handler of every host.
	Host func(host string, next http.Handler) http.Handler
}

// step is one step of the story: what it is called, and what it does. The
// detail that it returns says what was seen.
type step struct {
	id    string
	title string
	run   func(*world, context.Context) (detail string, err error)
}

var steps = []step{
	{StepVault, "Key Vault can be listed and read", (*world).readVault},
	{StepKey, "A key pair is made here; its private part goes to Key Vault only", (*world).makeKey},
	{StepIntegration, "The integration is made at Samarbeidsportalen, with scopes and public key", (*world).registerIntegration},
	{StepSettings, "Key Vault holds the two secrets; appsettings.json is fitted", (*world).fitSettings},
	{StepProof, "A token names the organisation", (*world).proveToken},
	{StepForm, "A person fills in the form and sends it in", (*world).sendForm},
	{StepRefused, "The person's own token is refused in the receiving application", (*world).tryAsPerson},
	{StepHandover, "The form completes, and a new instance comes into being", (*world).handOver},
	{StepRestart, "New secrets are read by the next process; the running one goes on", (*world).changeSecrets},
}

// Title returns what the step with this id is called.
func Title(id string) string {
	for _, step := range steps {
		if step.id == id {
			return step.title
		}
	}
	return id
}

// Run runs the story. A step that does not hold is told in the document; the
// error is for what keeps the story from being told at all.
func Run(ctx context.Context, cfg Config) (document Document, err error) {
	document = newDocument()
	w, err := newWorld(ctx, cfg, &document)
	if err != nil {
		return document, fmt.Errorf("set up the story: %w", err)
	}
	defer func() { err = errors.Join(err, w.close()) }()

	document.OK = true
	for _, step := range steps {
		told := Step{ID: step.id, Status: StatusSkipped}
		if document.OK {
			told.Status = StatusOK
			told.Detail, err = step.run(w, ctx)
			if err != nil {
				told.Status, told.Detail = StatusFailed, err.Error()
				document.OK = false
			}
			if ctx.Err() != nil {
				return document, context.Cause(ctx)
			}
		}
		document.Steps = append(document.Steps, told)
		if cfg.Report != nil {
			cfg.Report(told)
		}
	}
	return document, nil
}
