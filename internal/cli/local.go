package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/front"
)

func newLocal(s *session) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "local",
		Short: "The local platform: both applications and all they talk to, on this machine",
	})
	cmd.AddCommand(newLocalUp(s))
	return cmd
}

type localUpOptions struct {
	proxyListen     string
	managedIdentity bool
}

func newLocalUp(s *session) *cobra.Command {
	options := localUpOptions{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the local platform and serve until interrupted",
		Long: `Serves Maskinporten, Samarbeidsportalen's self-service API, Entra ID, Key Vault,
the Altinn platform and two applications under their real names, behind a forward
proxy on a loopback port with a certificate authority of its own.

It serves the applications of stafett.yaml, or the built-in examples where there
is none. Everything is made at start and gone at the end.

Other commands find it with --local. Other programs use it with HTTPS_PROXY set
to the proxy and the CA file trusted (curl: --proxy, --cacert).

With --json one line is printed when all of it is ready:
{"schema":"stafett/local/v1","proxy":…,"ca":…,"hosts":[…],"seed":{…}}.

Exit codes: 0 after an interrupt, 1 when it could not start.`,
		Example: `  stafett local up
  stafett local up --json > ready.json &`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.localUp(cmd.Context(), options) },
	}
	cmd.Flags().StringVar(&options.proxyListen, "proxy-listen", "127.0.0.1:0", "loopback `ADDRESS` of the forward proxy; port 0 picks a free one")
	cmd.Flags().BoolVar(&options.managedIdentity, "managed-identity", false, "answer at Azure's metadata address, as a virtual machine with a managed identity")
	return cmd
}

func (s *session) localUp(ctx context.Context, options localUpOptions) (err error) {
	dir, err := os.MkdirTemp("", "stafett-local-")
	if err != nil {
		return fmt.Errorf("make a folder for the local platform: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	config, err := s.localConfig(dir)
	if err != nil {
		return err
	}
	config.ManagedIdentity = options.managedIdentity
	config.Refused = func(refused *front.NotServedError) { s.streams.Errf("refused: %v\n", refused) }
	config.Logger = s.logger()
	platform, err := local.Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	proxy, err := platform.ServeProxy(ctx, options.proxyListen)
	if err != nil {
		return &proxyError{address: options.proxyListen, err: err}
	}

	ready := newReadyDocument(platform, proxy, dir)
	if err := writePrivate(ready.CA, platform.CertificatePEM()); err != nil {
		return err
	}
	if err := writePrivate(ready.Seed.SelfServiceJWK, []byte(platform.Seed().SelfServiceKey.Reveal())); err != nil {
		return err
	}
	state, err := s.statePath()
	if err != nil {
		return err
	}
	if other, err := s.findLocal(ctx); err == nil {
		s.streams.Errf("warning: another local platform runs (process %d, %s); commands with --local use this one from now on\n", other.PID, other.Proxy)
	}
	if err := writeState(state, ready); err != nil {
		return err
	}
	defer removeState(state)

	if s.json {
		if err := s.printJSON(ready); err != nil {
			return err
		}
	} else {
		s.tellReady(ready)
	}
	<-ctx.Done()
	return nil
}

// localConfig chooses the applications: those of the project, else the examples.
func (s *session) localConfig(dir string) (local.Config, error) {
	config := local.Config{Dir: filepath.Join(dir, "storage")}
	project, err := s.findProject()
	if err != nil && !errors.As(err, new(*noProjectError)) {
		return config, err
	}
	var folders []string
	if project != nil {
		owner := local.Organisation{Code: project.Owner.Org, Number: project.Owner.OrganisationNumber, Name: project.Owner.Org}
		if owner.Number == local.Example.Number {
			owner = local.Example
		}
		config.Owner, config.Vault = owner, project.Vault
		folders = []string{project.Applications.Original, project.Applications.Receiving}
	} else {
		root := filepath.Join(dir, "examples")
		if err := examples.WriteTo(root); err != nil {
			return config, err
		}
		folders = []string{filepath.Join(root, examples.OriginalForm), filepath.Join(root, examples.ReceivingApp)}
	}
	var faults []error
	for _, folder := range folders {
		application, err := app.Load(folder)
		if err != nil {
			faults = append(faults, fmt.Errorf("read application %s: %w", folder, err))
			continue
		}
		config.Apps = append(config.Apps, application)
	}
	return config, errors.Join(faults...)
}

func (s *session) tellReady(ready readyDocument) {
	out := s.streams
	out.Outf("%s The local platform is ready.\n\n", out.Mark(term.OK))
	out.Outf("  proxy    %s\n  CA       %s\n  vault    %s\n", ready.Proxy, ready.CA, ready.Seed.Vault)
	for _, application := range ready.Seed.Apps {
		out.Outf("  app      %s\n", application.URL)
	}
	for _, person := range ready.Seed.Persons {
		role := ""
		if person.DailyManagerOf != "" {
			role = "; daily manager of " + person.DailyManagerOf
		}
		out.Outf("  person   %s (user %d, party %d%s)\n", person.Name, person.UserID, person.PartyID, role)
	}
	out.Outf("\nIn another terminal:\n\n")
	out.Outf("  stafett prepare --local            make the key, the integration and the secrets\n")
	out.Outf("  stafett token --local --altinn     a token for the organisation\n")
	out.Outf("  curl --proxy %s --cacert %s https://test.maskinporten.no/.well-known/oauth-authorization-server\n\n", ready.Proxy, ready.CA)
	out.Outf("Stop it with Ctrl-C.\n")
}

// proxyError says that the proxy could not listen.
type proxyError struct {
	address string
	err     error
}

func (e *proxyError) Error() string { return e.err.Error() }
func (e *proxyError) Unwrap() error { return e.err }
