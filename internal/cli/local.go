package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/project"
)

func newLocal(s *session) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "local",
		Short: "The local platform: both applications and all they talk to, on this machine",
		Example: `  stafett local up                     # start it, and serve until Ctrl-C
  stafett prepare --local              # in another terminal: a command that goes through it
  stafett local fault add --reset      # in another terminal: let requests fail`,
	})
	cmd.AddCommand(newLocalUp(s), newLocalExec(s), newFault(s), newLocalSet(s), newLocalAge(s), newLocalSeed(s), newLocalReset(s), newLocalReload(s))
	return cmd
}

type localUpOptions struct {
	proxyListen     string
	consoleListen   string
	apps            []string
	localtest       string
	tlsListen       string
	managedIdentity bool
	noServe         bool
	propagation     time.Duration
	seeds           []string
}

func newLocalUp(s *session) *cobra.Command {
	options := localUpOptions{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the local platform and serve until interrupted",
		Long: `Serves Maskinporten, Samarbeidsportalen's self-service API, Entra ID, Key Vault,
the Altinn platform and two applications under their real names, behind a forward
proxy on a loopback port with a certificate authority of its own.

Its console, on a loopback port as well, is for a browser: fill in the original
form as one of the synthetic people, find the new case in the organisation's
inbox, and watch who asked whom for what, and why it was permitted or refused.

It serves the applications of stafett.yaml, or the built-in examples where there
is none; with --app, those that are named, of any owner, and no others. An
application comes from a folder, whose configuration is served, or runs as a
process of its own, to which requests are passed on. Everything is made at start
and gone at the end. What is wrong with the applications' layouts is told, and which
hooks in C# do not run here. Files that change are read anew a second or two later.

As soon as the project is prepared, the handover service runs beside it, as
"stafett serve --local" does, and carries each form that is sent in.

Other commands find it with --local; "stafett local exec" runs other programs in it.
Without that they need HTTPS_PROXY set to the proxy and the CA file trusted (curl:
--proxy, --cacert), or names that lead to the port of --tls-listen.

With --json one line is printed when all of it is ready:
{"schema":"stafett/local/v1","proxy":…,"ca":…,"hosts":[…],"seed":{…},"control":{…},"console":…}.`,
		Annotations: exits("0 after an interrupt, or when nobody reads its output any more; 1 when it could not start."),
		Example: `  stafett local up                                  # the project's applications, or the examples
  stafett local up --app ./form --app org/case=http://localhost:5005    # others; one runs by itself
  stafett local up --json > ready.json &            # for scripts: docs/curl/story.sh ready.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.localUp(cmd.Context(), options) },
	}
	cmd.Flags().StringArrayVar(&options.apps, "app", nil, "serve this `APP`: a folder in Altinn's layout, or org/app=URL of a\nprocess on this machine (can be given several times)")
	cmd.Flags().StringVar(&options.localtest, "localtest", "", "offer what Altinn's localtest offers, for applications in\nDevelopment; its `PORTS` are 5101,8000,5300 (platform, pages, PDF)\nunless others are given")
	cmd.Flags().Lookup("localtest").NoOptDefVal = localtestPorts
	cmd.Flags().StringVar(&options.proxyListen, "proxy-listen", "127.0.0.1:0", "loopback `ADDRESS` of the forward proxy; port 0 picks a free one")
	cmd.Flags().StringVar(&options.consoleListen, "console-listen", "127.0.0.1:0", "loopback `ADDRESS` of the pages for a browser; port 0 picks a free one")
	cmd.Flags().StringVar(&options.tlsListen, "tls-listen", "", "loopback `ADDRESS` of one TLS port for all names, chosen by the name in the handshake")
	cmd.Flags().BoolVar(&options.managedIdentity, "managed-identity", false, "answer at Azure's metadata address, as a virtual machine with a managed identity")
	cmd.Flags().StringArrayVar(&options.seeds, "seed", nil, "begin with what `FILE` says too, as \"local seed\" adds it; repeatable")
	cmd.Flags().DurationVar(&options.propagation, "propagation", 0, "how long a change at Samarbeidsportalen takes to reach Maskinporten,\nat most 10m")
	cmd.Flags().BoolVar(&options.noServe, "no-serve", false, "do not run the handover service: forms are carried by your own\nprogram, by \"stafett serve --local\" or by hand")
	return cmd
}

func (s *session) localUp(ctx context.Context, options localUpOptions) (err error) {
	if options.propagation < 0 || options.propagation > maskinporten.MaxPropagationDelay {
		return &usageError{fmt.Errorf("--propagation %s: give 0s to %s", options.propagation, maskinporten.MaxPropagationDelay)}
	}
	ctx, unheard := s.whileRead(ctx)
	defer unheard()
	removeAbandoned(os.TempDir(), time.Now())
	dir, remove, err := makeLocalFolder(os.TempDir())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()

	config, projectPath, err := s.localConfig(dir, options.apps)
	if err != nil {
		return err
	}
	found, err := examine(config.Apps)
	if err != nil {
		return err
	}
	if projectPath != "" {
		removeOldJournals(filepath.Join(filepath.Dir(projectPath), stafettFolder), time.Now())
	}
	if config.Seeds, err = readSeeds(options.seeds); err != nil {
		return err
	}
	config.ManagedIdentity, config.Propagation = options.managedIdentity, options.propagation
	config.Refused = func(refused *front.NotServedError) { s.streams.Err.Printf("refused: %v\n", refused) }
	config.Logger = s.logger()
	started := time.Now()
	platform, err := local.Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	proxy, err := platform.ServeProxy(ctx, options.proxyListen)
	if err != nil {
		return cannotListen("--proxy-listen", "PROXY-PORT", err)
	}

	var tlsAddress string
	if options.tlsListen != "" {
		if tlsAddress, err = platform.ServeTLS(ctx, options.tlsListen); err != nil {
			return cannotListen("--tls-listen", "TLS-PORT", err)
		}
	}

	var beside *besideService
	var steered []local.ControlOption
	if !options.noServe && projectPath != "" {
		beside = s.newBesideService(projectPath, platform)
		steered = append(steered, local.WithService(beside))
	}
	control, err := platform.ServeControl(ctx, steered...)
	if err != nil {
		return err
	}

	portal, err := platform.ServePortal(ctx)
	if err != nil {
		return err
	}

	var handovers []local.ConsoleOption
	if projectPath != "" {
		handovers = append(handovers, local.WithHandovers(newConsoleHandovers(s, projectPath, platform.Seed().TenantID, !options.noServe)))
	}
	console, err := platform.ServeConsole(ctx, options.consoleListen, handovers...)
	if err != nil {
		return cannotListen("--console-listen", "CONSOLE-PORT", err)
	}

	inPlace, err := serveLocaltest(ctx, platform, options.localtest)
	if err != nil {
		return err
	}

	ready := newReadyDocument(platform, proxy, dir)
	ready.TLS = tlsAddress
	ready.Portal, ready.Console = portal.String(), console.String()
	ready.Control = readyControl{URL: control.URL(), Token: control.Token().Reveal()}
	ready.Localtest = inPlace
	ready.Project = projectPath
	ready.Seed.tellApps(config, found)
	if err := writePrivate(ready.CA, platform.CertificatePEM()); err != nil {
		return err
	}
	if err := writePrivate(ready.TrustStore, platform.TrustStore()); err != nil {
		return err
	}
	if err := writePrivate(ready.Seed.SelfServiceJWK, []byte(platform.Seed().SelfServiceKey.Reveal())); err != nil {
		return err
	}
	if err := offerIdentities(ctx, platform, options.managedIdentity, &ready); err != nil {
		return err
	}
	state, err := s.statePath()
	if err != nil {
		return err
	}
	if other, err := s.findLocal(ctx); err == nil {
		s.warn("another local platform runs (process %d, %s); commands with --local use this one until it ends", other.PID, other.Proxy)
	}
	defer removeState(context.WithoutCancel(ctx), state)
	if err := writeState(state, ready); err != nil {
		return err
	}

	for _, one := range ready.Seed.Apps { // here it buries no error
		for _, text := range findings(ready.Seed.Apps, found[one.ID]) {
			s.warn("%s", text)
		}
	}
	for n, file := range options.seeds {
		s.warnOfSince(projectPath, file, config.Seeds[n])
	}
	if s.json {
		if err := s.printJSON(ready); err != nil && ctx.Err() == nil {
			return err
		}
	} else {
		s.tellReady(ready, projectPath == builtInProject(dir))
	}
	var service sync.WaitGroup
	if beside != nil {
		service.Go(func() { beside.run(ctx, ready) })
	}
	service.Go(func() { platform.WatchFolders(ctx, newFolderNews(s.streams.Err, ready.Seed.Apps, found).tell) })
	service.Go(func() { s.warnOfExpiry(ctx, started) })
	<-ctx.Done()
	service.Wait()
	return nil
}

// localConfig chooses the applications: those that are named, else those of the
// project, else the examples, which are written to dir. It returns the path of
// their stafett.yaml; empty where there is none for what is served.
func (s *session) localConfig(dir string, named []string) (local.Config, string, error) {
	config := local.Config{Dir: filepath.Join(dir, "storage"), Keys: s.keys, Timeline: true}
	served, err := readApps(named)
	if err != nil {
		return config, "", err
	}
	chosen, err := s.findProject()
	isNoProject := errors.As(err, new(*noProjectError)) && s.project == ""
	switch {
	case isNoProject && len(served) > 0:
		chosen, err = nil, nil
	case isNoProject:
		path := builtInProject(dir)
		if err := examples.WriteTo(filepath.Dir(path)); err != nil {
			return config, "", err
		}
		chosen, err = project.Load(path)
	}
	if err != nil {
		return config, "", err
	}
	if chosen != nil && chosen.Environment != "tt02" {
		return config, "", &usageError{fmt.Errorf("the local platform stands in for the test environment tt02, but %s says environment: %s", chosen.Path, chosen.Environment)}
	}
	if len(served) > 0 {
		path := s.chooseApps(&config, served, chosen)
		return config, path, nil
	}
	config.Owner, config.Vault, config.Scopes = ownerOf(chosen), chosen.Vault, callerScopes(chosen)
	original, receiving, err := loadApplications(chosen)
	config.Apps = []*app.Folder{original, receiving}
	return config, chosen.Path, err
}

// builtInProject is the path of the examples' stafett.yaml where localConfig writes
// them.
func builtInProject(dir string) string { return filepath.Join(dir, "examples", examples.ProjectFile) }

func (s *session) tellReady(ready readyDocument, builtIn bool) {
	out := s.streams.Out
	out.Printf("%s The local platform is ready.\n\n", out.Mark(term.OK))
	if builtIn {
		out.Printf("No stafett.yaml was found here or above, so these are the built-in examples. For your own:\nstafett local up --app FOLDER, or first stafett init ORIGINAL RECEIVING.\n\n")
	}
	out.Printf("  console  %s (forms, inbox and timeline: open it in a browser)\n", ready.Console)
	out.Printf("  proxy    %s\n  CA       %s\n  vault    %s\n  portal   %s (Samarbeidsportalen's page, for a browser)\n", ready.Proxy, ready.CA, ready.Seed.Vault, ready.Portal)
	if ready.Localtest != nil {
		out.Printf("  as localtest  %s, %s and %s\n", ready.Localtest.Front, ready.Localtest.Platform, ready.Localtest.PDF)
	}
	if ready.TLS != "" {
		out.Printf("  TLS      %s (all names, by the one in the handshake)\n", ready.TLS)
	}
	for _, application := range ready.Seed.Apps {
		passedOn := ""
		if application.Process != "" {
			passedOn = " (passed on to " + application.Process + ")"
		}
		out.Printf("  app      %s%s\n", application.URL, passedOn)
	}
	for _, person := range ready.Seed.Persons {
		role := ""
		if person.DailyManagerOf != "" {
			role = "; daily manager of " + person.DailyManagerOf
		}
		out.Printf("  person   %s (user %d, party %d%s)\n", person.Name, person.UserID, person.PartyID, role)
	}
	s.tellNext(ready)
	out.Printf("\nStop it with Ctrl-C.\n")
}

// tellNext tells what to type in another terminal, in any folder where that is
// needed.
func (s *session) tellNext(ready readyDocument) {
	out := s.streams.Out
	out.Printf("\nIn another terminal")
	if dir, err := s.stateDir(); err == nil && s.lookup("STAFETT_STATE_DIR") != "" {
		out.Printf(", with STAFETT_STATE_DIR set to %s there too", quoted(dir))
	}
	out.Printf(":\n\n")
	type suggestion struct{ command, what string }
	var suggestions []suggestion
	if ready.Project != "" {
		flags := s.localFlags(ready.Project)
		suggestions = append(suggestions,
			suggestion{"stafett prepare " + flags, "make the key, the integration and the secrets"},
			suggestion{"stafett token " + flags + " --altinn", "whom a token speaks for"})
	}
	for _, next := range append(suggestions,
		suggestion{"stafett local exec -- curl https://test.maskinporten.no/.well-known/oauth-authorization-server", "any program of your own"},
	) {
		out.Printf("  %s\n  %s\n", out.Faint("# "+next.what), next.command)
	}
}

// localFlags are those with which a command in the same folder reaches the project
// on the local platform.
func (s *session) localFlags(projectPath string) string {
	if s.foundByItself(projectPath) {
		return "--local"
	}
	return "--local -p " + quoted(projectPath)
}

// foundByItself reports whether a command in the same folder finds the project
// without being told.
func (s *session) foundByItself(path string) bool {
	plain := *s
	plain.project = ""
	found, err := plain.findProject()
	return err == nil && found.Path == path
}

// quoted makes a path safe to paste into a shell.
func quoted(path string) string {
	switch {
	case strings.ContainsAny(path, "\"$`!"):
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	case strings.ContainsFunc(path, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/\\:._-~=", r)
	}):
		return `"` + path + `"` // which all shells read, that of Windows too
	}
	return path
}

// listenError says that an address cannot be listened at.
type listenError struct {
	flag   string // which names it
	code   string
	err    error
	remedy string // empty for the usual one
}

func (e *listenError) Error() string { return e.err.Error() }
func (e *listenError) Unwrap() error { return e.err }

// Remedy names the flag.
func (e *listenError) Remedy() string {
	if e.remedy != "" {
		return e.remedy
	}
	return "choose another address with " + e.flag + ", such as 127.0.0.1:0 for a free port"
}

// cannotListen tells an address that is taken from one that was never allowed.
func cannotListen(flag, code string, err error) error {
	told := &listenError{flag: flag, code: code, err: err}
	isAddress := !errors.As(err, new(*net.AddrError)) && !errors.As(err, new(*net.DNSError))
	if isAddress && errors.As(err, new(*net.OpError)) {
		return told
	}
	return &usageError{told}
}
