package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
)

type prepareOptions struct {
	plan, yes         bool
	portal            portalOptions
	leg, file         string
	replace           string
	editCode          bool
	migrate, deployed bool
}

func newPrepare(s *session) *cobra.Command {
	var options prepareOptions
	cmd := &cobra.Command{
		Use:   "prepare",
		Short: "Make the applications ready: key, integration, secrets, settings, policies",
		Long: `Reads the vault, both applications and, with an admin client, the integrations at
Samarbeidsportalen, shows what has to change, and does it after a yes. The vault is
read before anything else is touched and is the first thing written; the private key
goes nowhere else. When everything is as it should be, nothing is changed.

Without an admin client you are guided: the public key and what to choose on the
portal's page are shown, and Maskinporten has to give a token before anything is
built on it. It can be stopped and continued at any point.

Where no one person has all the rights, each does a leg: --leg key (the vault), --leg
portal (Samarbeidsportalen), --leg store (the vault again). A file goes between
them that holds nothing secret.

docs/prepare.md tells of each way. What was changed is told in .stafett/audit.jsonl.`,
		Annotations: exits("0; 1 when it cannot be done, 2 with --plan when something is pending, 3 when\nnobody can be asked (without --yes, or what has to be done at the portal), 4 when a\nsystem refuses, 5 when one does not answer."),
		Example: `  stafett prepare --plan                 # show what would change
  stafett prepare                        # show it and ask
  stafett prepare --yes --client-id ID   # go on from the portal's page`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case options.plan && options.yes:
				return misused(cmd, "--plan and --yes exclude each other")
			case !slices.Contains(legs(), options.leg):
				return misused(cmd, fmt.Sprintf("--leg is %q; it is key, portal or store", options.leg))
			case options.leg != "" && (options.migrate || options.replace != ""):
				return misused(cmd, "--leg goes neither with --migrate nor with --replace-client")
			case options.deployed && !options.migrate:
				return misused(cmd, "--deployed goes with --migrate")
			}
			return s.prepare(cmd.Context(), options)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&options.plan, "plan", false, "show what would change and change nothing; exit code 2 when something is pending")
	flags.BoolVarP(&options.yes, "yes", "y", false, "apply the plan without asking")
	options.portal.addFlags(cmd)
	flags.StringVar(&options.portal.clientID, "client-id", "", "the client `ID` that the portal's page shows")
	flags.StringVar(&options.leg, "leg", "", "do one part only: `key`, portal or store")
	flags.StringVar(&options.file, "file", "", "the `FILE` that goes between the legs (default stafett-registration.json\nbeside stafett.yaml)")
	flags.StringVar(&options.replace, "replace-client", "", "replace the client with this `ID`, which the vault holds, by a new one")
	flags.BoolVar(&options.editCode, "edit-code", false, "change Program.cs and project files too, where they lack something")
	flags.BoolVar(&options.migrate, "migrate", false, "move the section to the application library's own client, one step\nfor each run")
	flags.BoolVar(&options.deployed, "deployed", false, "with --migrate: the applications run as their folders are")
	mustComplete(cmd, "leg", legs)
	return cmd
}

func legs() []string {
	return []string{string(prepare.Whole), string(prepare.KeyLeg), string(prepare.PortalLeg), string(prepare.StoreLeg)}
}

// prepareDocument is what prepare prints with --json.
type prepareDocument struct {
	Schema   string          `json:"schema"`
	App      string          `json:"app"`
	Pending  []prepareAction `json:"pending"`
	Done     []prepareAction `json:"done"`
	ClientID string          `json:"clientId,omitempty"`
	KeyID    string          `json:"keyId,omitempty"`
	// Leg and Registration are there when one leg only was wanted: which, and the
	// file that goes between them.
	Leg          string `json:"leg,omitempty"`
	Registration string `json:"registration,omitempty"`
	// Errand is what a person has to do at Samarbeidsportalen before this goes on.
	Errand *errandDocument `json:"errand,omitempty"`
	// Proved is absent when this run has not asked Maskinporten for a token, as
	// when there was nothing to do.
	Proved   bool     `json:"proved,omitempty"`
	Warnings []string `json:"warnings"`
}

type prepareAction struct {
	System string `json:"system"`
	Change string `json:"change"`
	Text   string `json:"text"`
}

func (s *session) prepare(ctx context.Context, options prepareOptions) error {
	connection, target, err := s.connectToPrepare(ctx, options)
	if err != nil {
		return err
	}
	defer connection.close()
	systems, err := connection.systems(ctx, target, !options.portal.guided && target.Leg.UsesPortal())
	if err != nil {
		return err
	}
	guide := connection.guided(s, &systems, options.portal)
	state, err := prepare.Read(ctx, systems, target)
	if err != nil {
		return err
	}
	plan, err := prepare.NewPlan(state)
	if err != nil {
		return err
	}
	document := prepareDocument{Schema: "stafett/prepare/v1", App: target.AppID, Pending: actionsOf(plan.Actions), Done: []prepareAction{}, Warnings: append([]string{}, plan.Warnings...)}
	if target.Leg != prepare.Whole {
		document.Leg, document.Registration = string(target.Leg), target.Registration
	}
	// The other legs leave more to be done before a form can be handed over.
	completes := target.Leg == prepare.Whole || target.Leg == prepare.StoreLeg
	if completes {
		document.Warnings = append(document.Warnings, connection.handoverFaults()...)
	}
	if completes && plan.IsEmpty() && !options.plan {
		document.Warnings = append(document.Warnings, connection.startService(ctx, s)...)
	}
	if s.json {
		// With no action left in it a plan is not applied: it tells what there is.
		known := plan
		known.Actions = nil
		result, err := prepare.Apply(ctx, systems, known, nil)
		if err != nil {
			return err
		}
		document.ClientID, document.KeyID = result.ClientID, result.KeyID
	} else {
		for _, warning := range document.Warnings {
			s.warn("%s", warning)
		}
		s.tellPlan(plan)
	}
	if apply, err := s.settles(ctx, proposal{empty: plan.IsEmpty(), show: options.plan, yes: options.yes}, document); !apply {
		return err
	}
	var result prepare.Result
	err = connection.audited(ctx, s, "prepare", target, func(ctx context.Context, record func(prepare.Event)) (err error) {
		tell := s.progress(guide)
		result, err = prepare.Apply(ctx, systems, plan, func(event prepare.Event) {
			record(event)
			tell(event)
		})
		return err
	})
	document.Errand = guide.document(err)
	reloaded, reloadErr := connection.reloadEdited(ctx, result.Done)
	if reloadErr != nil {
		result.Warnings = append(result.Warnings, fmt.Sprintf("the local platform serves the applications as they were before: %v", reloadErr))
	}
	if completes && err == nil && reloadErr == nil {
		result.Warnings = append(result.Warnings, connection.startService(ctx, s)...)
	}
	if s.json {
		document.Pending, document.Done = actionsOf(result.Remaining), actionsOf(result.Done)
		document.ClientID, document.KeyID, document.Proved = result.ClientID, result.KeyID, result.Proved
		document.Warnings = append(document.Warnings, result.Warnings...)
		return errors.Join(err, s.printJSON(document))
	}
	for _, warning := range result.Warnings {
		s.warn("%s", warning)
	}
	if err != nil {
		if !guide.waiting {
			s.tellRemaining(result, err)
		}
		return err
	}
	if err := s.tellPrepared(ctx, connection, systems, target, result); err != nil {
		return err
	}
	if len(reloaded) > 0 {
		s.streams.Out.Printf("The local platform has read the files of %s anew.\n", strings.Join(reloaded, " and "))
	}
	if completes && len(connection.handoverFaults()) > 0 {
		s.streams.Out.Printf("No form can be handed over yet: see the warnings, and %s.\n", s.inThisWorld("stafett doctor"))
	}
	return nil
}

// connectToPrepare finds the way to the systems, and what is to be prepared.
func (s *session) connectToPrepare(ctx context.Context, options prepareOptions) (*connection, prepare.Target, error) {
	if prepare.Leg(options.leg) == prepare.PortalLeg {
		return s.connectForPortal(ctx, options.file)
	}
	connection, err := s.connect(ctx)
	if err != nil {
		return nil, prepare.Target{}, err
	}
	target, err := connection.target()
	if err != nil {
		return nil, prepare.Target{}, err
	}
	err = options.apply(connection.project, &target)
	return connection, target, err
}

// apply puts the options into the target.
func (o prepareOptions) apply(p *project.Project, target *prepare.Target) error {
	target.Leg, target.Replace = prepare.Leg(o.leg), o.replace
	target.EditCode, target.Migrate, target.Deployed = o.editCode, o.migrate, o.deployed
	if target.Leg == prepare.Whole {
		return nil
	}
	target.Registration = filepath.Join(p.Dir, defaultRegistration)
	if o.file == "" {
		return nil
	}
	path, err := filepath.Abs(o.file)
	if err != nil {
		return fmt.Errorf("find the registration file: %w", err)
	}
	target.Registration = path
	return nil
}

// tellPrepared tells what is ready now, and who does what next.
func (s *session) tellPrepared(ctx context.Context, c *connection, systems prepare.Systems, target prepare.Target, result prepare.Result) error {
	out := s.streams.Out
	switch target.Leg {
	case prepare.KeyLeg:
		out.Printf("\nThe key is in the vault. Next: give %s to whoever registers integrations, who runs: %s\n", target.Registration, s.inThisWorld("stafett prepare --leg portal"))
		return nil
	case prepare.PortalLeg:
		out.Printf("\nThe integration is registered: client id %s. Next: give %s back to the holder of the vault, who runs: %s\n", result.ClientID, target.Registration, s.inThisWorld("stafett prepare --leg store"))
		return nil
	}
	out.Printf("\n%s is ready: client id %s, key %s.\n", target.AppID, result.ClientID, result.KeyID)
	readers, err := c.readers(ctx, target, systems.Vault)
	if err != nil {
		return err
	}
	for _, reader := range readers {
		switch {
		case reader.Rereads > 0:
			out.Printf("%s reads its secrets again within %s.\n", reader.Name, reader.Rereads)
		case reader.Name == target.AppID && c.runsByItself(target.AppID):
			again := "deploy it"
			if c.local != nil {
				again = "start it"
			}
			out.Printf("The application reads its secrets when it starts: %s again if it runs.\n", again)
		}
	}
	return nil
}

// target is what the project says is to be made ready.
func (c *connection) target() (prepare.Target, error) {
	original, err := loadApplication(c.project, "original", c.project.Applications.Original)
	if err != nil {
		return prepare.Target{}, err
	}
	return prepare.NewTarget(c.project, original.ID)
}

// systems are those that prepare works on, with the admin client if that is
// wished and there is one.
func (c *connection) systems(ctx context.Context, target prepare.Target, withAdmin bool) (prepare.Systems, error) {
	environment, err := maskinporten.LookupEnvironment(target.Maskinporten)
	if err != nil {
		return prepare.Systems{}, err
	}
	vault, err := c.vault()
	if err != nil {
		return prepare.Systems{}, err
	}
	systems := prepare.Systems{
		Vault:  vault,
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: c.client},
	}
	if !withAdmin {
		return systems, nil
	}
	portal, err := c.selfService(ctx)
	if err != nil {
		return prepare.Systems{}, err
	}
	if portal != nil {
		systems.Integrations = portal
	}
	return systems, nil
}

func actionsOf(actions []prepare.Action) []prepareAction {
	list := make([]prepareAction, len(actions))
	for i, action := range actions {
		list[i] = prepareAction{System: string(action.System()), Change: string(rune(action.Sign())), Text: action.String()}
	}
	return list
}

// tellPlan shows the changes per system, files as a diff with reasons.
func (s *session) tellPlan(plan prepare.Plan) {
	if plan.IsEmpty() {
		s.streams.Out.Printf("%s Everything is as it should be; there is nothing to do.\n", s.streams.Out.Mark(term.OK))
		return
	}
	s.tellChanges(plan.Changes())
}

func (s *session) tellChanges(changes []prepare.SystemChanges) {
	for _, system := range changes {
		s.streams.Out.Printf("%s  %s\n", s.streams.Out.Bold(string(system.System)), s.streams.Out.Faint(system.Name))
		for _, line := range system.Lines {
			s.streams.Out.Printf("  %c %s\n", line.Sign, line.Text)
		}
		for _, file := range system.Files {
			s.streams.Out.Printf("  %c %s\n", file.Sign, file.Name)
			for _, line := range file.Diff {
				switch line.Operation {
				case appsettings.Removed:
					s.streams.Out.Printf("      - %s\n", line.Text)
				case appsettings.Added:
					s.streams.Out.Printf("      + %s\n", line.Text)
				}
			}
			for _, reason := range file.Reasons {
				s.streams.Out.Printf("      %s\n", s.streams.Out.Faint("# "+reason))
			}
		}
		s.streams.Out.Printf("\n")
	}
}

// tellAgain is how long a wait goes on before it is told of again.
const tellAgain = 30 * time.Second

// progress returns what tells on stderr what is done as it is done. With --json
// the document tells it.
func (s *session) progress(guide *personGuide) func(prepare.Event) {
	var waiting bool
	var told time.Duration
	err := s.streams.Err
	return func(event prepare.Event) {
		if s.json {
			return
		}
		switch event.Stage {
		case prepare.Proving:
			waiting = false
		case prepare.Done:
			detail := ""
			if event.Detail != "" {
				detail = ": " + event.Detail
			}
			err.Printf("%s %s%s\n", err.Mark(term.OK), event.Action, detail)
		case prepare.Failed:
			if event.Action != nil && !guide.waiting { // else nothing has failed
				err.Printf("%s %s\n", err.Mark(term.Failed), event.Action)
			}
		case prepare.Waiting:
			switch {
			case !waiting:
				waiting, told = true, event.Elapsed
				err.Printf("%s waiting for Maskinporten, which a change takes up to two minutes to reach: %s\n", err.Mark(term.Pending), event.Detail)
			case event.Elapsed-told >= tellAgain:
				told = event.Elapsed
				err.Printf("%s still waiting (%.0f s); Ctrl-C stops, and running it again goes on\n", err.Mark(term.Pending), event.Elapsed.Seconds())
			}
		case prepare.Proved:
			err.Printf("%s Maskinporten gives the integration a token\n", err.Mark(term.OK))
		}
	}
}

func (s *session) tellRemaining(result prepare.Result, err error) {
	if len(result.Remaining) == 0 {
		return
	}
	s.streams.Err.Printf("\nnot done:\n")
	for _, action := range result.Remaining {
		s.streams.Err.Printf("  %c %s\n", action.Sign(), action)
	}
	again := "; run the same command again to go on"
	if errors.As(err, new(*prepare.StaleError)) {
		again = "" // its remedy says so
	}
	s.streams.Err.Printf("what is done stays%s\n\n", again)
}
