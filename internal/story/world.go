package story

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/selfservice"
)

// guideSettings is the original application's appsettings.json as the story
// begins: with the section of Altinn's guide, byte for byte. It is written over
// the example's own, which `stafett prepare` may have fitted already.
//
//go:embed appsettings.guide.json
var guideSettings []byte

// world is everything that the story is about, and what it knows so far.
type world struct {
	document *Document
	logger   *slog.Logger
	dir      string
	keep     string

	unclearWait time.Duration

	platform   *local.Platform
	observed   *observer
	transcript *front.Transcript
	written    *os.File // the transcript's file

	project     *project.Project
	environment altinn.Environment
	original    *app.Folder
	receiving   *app.Folder

	vault   *keyvault.Vault
	portal  *selfservice.Client
	target  prepare.Target
	systems prepare.Systems

	first    *process // the handover process that runs from the proof on
	person   local.Person
	asPerson *altinn.AppClient
	pdf      []byte
}

func newWorld(ctx context.Context, cfg Config, document *Document) (_ *world, err error) {
	w := &world{document: document, logger: cfg.Logger, keep: cfg.Keep, unclearWait: cfg.UnclearWait, observed: &observer{}}
	if w.logger == nil {
		w.logger = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp("", "stafett-demo-"); err != nil {
		return nil, err
	}
	if err := w.writeProject(cfg.Sabotage.Files); err != nil {
		return nil, err
	}
	if err := w.openTranscript(); err != nil {
		return nil, err
	}
	w.observed.vault = strings.TrimPrefix(w.project.Vault, "https://")
	w.platform, err = local.Start(ctx, local.Config{
		Apps: []*app.Folder{w.original, w.receiving}, Dir: filepath.Join(w.dir, "storage"), Vault: w.project.Vault,
		Owner: local.Example, Keys: cfg.Keys, Logger: w.logger, Timeline: cfg.Watch != nil,
		Wrap: func(host string, next http.Handler) http.Handler {
			if cfg.Sabotage.Host != nil {
				next = cfg.Sabotage.Host(host, next)
			}
			if w.transcript != nil {
				next = w.transcript.Wrap(next)
			}
			return w.observed.wrap(host, next)
		},
	})
	if err != nil {
		return nil, err
	}
	if cfg.Watch != nil {
		cfg.Watch(w.platform)
	}
	return w, w.connect()
}

// writeProject makes a copy of the examples to work on, and reads it.
func (w *world) writeProject(sabotage func(dir string) error) error {
	root := filepath.Join(w.dir, "examples")
	if err := examples.WriteTo(root); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, examples.OriginalForm, "appsettings.json"), guideSettings, 0o644); err != nil { //nolint:gosec // an application's settings file is no secret
		return err
	}
	if sabotage != nil {
		if err := sabotage(root); err != nil {
			return err
		}
	}
	var err error
	if w.project, err = project.Load(filepath.Join(root, examples.ProjectFile)); err != nil {
		return err
	}
	if w.environment, err = altinn.LookupEnvironment(w.project.Environment); err != nil {
		return err
	}
	if w.original, err = app.Load(w.project.Applications.Original); err != nil {
		return err
	}
	w.receiving, err = app.Load(w.project.Applications.Receiving)
	return err
}

// connect makes the clients of the one who prepares: with a service principal
// for the vault and an admin client for Samarbeidsportalen.
func (w *world) connect() (err error) {
	seed, client := w.platform.Seed(), w.platform.Client()
	if w.vault, err = w.openVault(client); err != nil {
		return err
	}
	environment, err := maskinporten.LookupEnvironment(w.environment.MaskinportenEnvironment)
	if err != nil {
		return err
	}
	key, err := jwk.ParsePrivate(seed.SelfServiceKey)
	if err != nil {
		return err
	}
	admin, err := maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL, ClientID: seed.SelfServiceClientID, Key: key, HTTPClient: client,
	})
	if err != nil {
		return err
	}
	w.portal, err = selfservice.New(selfservice.Config{
		BaseURL: selfservice.TestBaseURL, HTTPClient: client,
		Tokens: admin.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
	})
	if err != nil {
		return err
	}
	if w.target, err = prepare.NewTarget(w.project, w.original.ID); err != nil {
		return err
	}
	w.systems = prepare.Systems{
		Vault: w.vault, Integrations: w.portal,
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: client},
		// The local platform knows of a change at once.
		PollInterval: 50 * time.Millisecond, PropagationLimit: time.Second,
	}
	return nil
}

func (w *world) openVault(client *http.Client) (*keyvault.Vault, error) {
	seed := w.platform.Seed()
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: client, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	})
	if err != nil {
		return nil, err
	}
	return keyvault.Open(w.project.Vault, credential, client)
}

// loadIntegration reads settings and secrets as the original application does
// when it starts in tt02.
func (w *world) loadIntegration(ctx context.Context, client *http.Client) (*integration.Integration, error) {
	vault, err := w.openVault(client)
	if err != nil {
		return nil, err
	}
	return integration.Load(ctx, integration.Options{
		AppDir: w.project.Applications.Original, EnvironmentName: "Staging", Section: w.project.Section,
		Vault: vault, HTTPClient: client, Altinn: w.environment,
	})
}

// close ends the story and removes its folder; what is kept lies elsewhere.
func (w *world) close() error {
	var errs []error
	if w.first != nil {
		errs = append(errs, w.first.stop())
	}
	if w.platform != nil {
		errs = append(errs, w.platform.Close())
	}
	errs = append(errs, w.closeTranscript())
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("end the story: %w", err)
	}
	return nil
}
