package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
)

type prepareOptions struct {
	plan     bool
	yes      bool
	migrate  bool
	deployed bool
}

func newPrepare(s *session) *cobra.Command {
	var options prepareOptions
	cmd := &cobra.Command{
		Use:   "prepare",
		Short: "Make the original application ready: key, integration, secrets, settings",
		Long: `Reads the vault, the settings of the original application and the integrations at
Samarbeidsportalen, shows what has to change, and does it after a yes. The vault
is read before anything else is touched and is the first thing written; the
private key goes nowhere else. When everything is as it should be, nothing is
changed. Handovers in stafett.yaml that the applications do not allow are warned of.

An interrupt stops after the change under way; running it again goes on from
there.

With --json the ids are those known so far, and "proved" is there when Maskinporten
gave a token in this run.`,
		Annotations: exits("0; 1 when it cannot be done, 2 with --plan when something is pending, 3 when\nnobody can be asked and --yes is not given, 4 when a system refuses, 5 when one does\nnot answer."),
		Example: `  stafett prepare --plan       # show what would change
  stafett prepare              # show it and ask
  stafett prepare --yes        # do it without asking`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.plan && options.yes {
				return misused(cmd, "--plan and --yes exclude each other")
			}
			if options.deployed && !options.migrate {
				return misused(cmd, "--deployed goes with --migrate")
			}
			return s.prepare(cmd.Context(), options)
		},
	}
	cmd.Flags().BoolVar(&options.plan, "plan", false, "show what would change and change nothing; exit code 2 when something is pending")
	cmd.Flags().BoolVarP(&options.yes, "yes", "y", false, "apply the plan without asking")
	cmd.Flags().BoolVar(&options.migrate, "migrate", false, "move the section from Altinn.ApiClients.Maskinporten to the application library's own client, as far as can be done now")
	cmd.Flags().BoolVar(&options.deployed, "deployed", false, "with --migrate: the application runs with its own client, and what only the old one reads may go")
	return cmd
}

// prepareDocument is what prepare prints with --json.
type prepareDocument struct {
	Schema   string          `json:"schema"`
	App      string          `json:"app"`
	Pending  []prepareAction `json:"pending"`
	Done     []prepareAction `json:"done"`
	ClientID string          `json:"clientId,omitempty"`
	KeyID    string          `json:"keyId,omitempty"`
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
	connection, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.close()
	systems, target, err := connection.preparation(ctx)
	if err != nil {
		return err
	}
	target.Migrate, target.Deployed = options.migrate, options.deployed
	state, err := prepare.Read(ctx, systems, target)
	if err != nil {
		return err
	}
	plan, err := prepare.NewPlan(state)
	if err != nil {
		return err
	}
	document := prepareDocument{Schema: "stafett/prepare/v1", App: target.AppID, Pending: actionsOf(plan.Actions), Done: []prepareAction{}, Warnings: append([]string{}, plan.Warnings...)}
	document.Warnings = append(document.Warnings, connection.handoverFaults()...)
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
	switch {
	case plan.IsEmpty():
		if s.json {
			return s.printJSON(document)
		}
		return nil
	case options.plan:
		if s.json {
			if err := s.printJSON(document); err != nil {
				return err
			}
		}
		return &exitError{exitPending}
	case !options.yes:
		agreed, err := s.confirm(ctx, "Apply this plan", "--yes")
		if err != nil {
			return err
		}
		if !agreed {
			s.streams.Err.Printf("nothing was changed\n")
			return &exitError{exitFailed}
		}
	}
	var result prepare.Result
	err = connection.audited(ctx, s, "prepare", target, func(ctx context.Context, record func(prepare.Event)) (err error) {
		result, err = prepare.Apply(ctx, systems, plan, func(event prepare.Event) {
			record(event)
			s.tellProgress(event)
		})
		return err
	})
	if s.json {
		document.Pending, document.Done = actionsOf(result.Remaining), actionsOf(result.Done)
		document.ClientID, document.KeyID, document.Proved = result.ClientID, result.KeyID, result.Proved
		return errors.Join(err, s.printJSON(document))
	}
	if err != nil {
		s.tellRemaining(result)
		return err
	}
	s.streams.Out.Printf("\n%s is ready: client id %s, key %s.\n", target.AppID, result.ClientID, result.KeyID)
	s.streams.Out.Printf("The application reads its secrets when it starts: deploy it again if it runs.\n")
	return nil
}

// preparation gathers what prepare works on.
func (c *connection) preparation(ctx context.Context) (prepare.Systems, prepare.Target, error) {
	original, err := loadApplication(c.project, "original", c.project.Applications.Original)
	if err != nil {
		return prepare.Systems{}, prepare.Target{}, err
	}
	target, err := prepare.NewTarget(c.project, original.ID)
	if err != nil {
		return prepare.Systems{}, target, err
	}
	environment, err := maskinporten.LookupEnvironment(target.Maskinporten)
	if err != nil {
		return prepare.Systems{}, target, err
	}
	vault, err := c.vault()
	if err != nil {
		return prepare.Systems{}, target, err
	}
	systems := prepare.Systems{
		Vault:  vault,
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: c.client},
	}
	portal, err := c.selfService(ctx)
	if err != nil {
		return prepare.Systems{}, target, err
	}
	if portal != nil {
		systems.Integrations = portal
	}
	return systems, target, nil
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

// tellProgress tells on stderr what is done as it is done. With --json the
// document tells it.
func (s *session) tellProgress(event prepare.Event) {
	if s.json {
		return
	}
	switch event.Stage {
	case prepare.Done:
		detail := ""
		if event.Detail != "" {
			detail = ": " + event.Detail
		}
		s.streams.Err.Printf("%s %s%s\n", s.streams.Err.Mark(term.OK), event.Action, detail)
	case prepare.Failed:
		if event.Action != nil {
			s.streams.Err.Printf("%s %s\n", s.streams.Err.Mark(term.Failed), event.Action)
		}
	case prepare.Waiting:
		s.streams.Err.Printf("%s waiting for Maskinporten to learn of the change (%.0f s): %s\n", s.streams.Err.Mark(term.Pending), event.Elapsed.Seconds(), event.Detail)
	case prepare.Proved:
		s.streams.Err.Printf("%s Maskinporten gives the integration a token\n", s.streams.Err.Mark(term.OK))
	}
}

func (s *session) tellRemaining(result prepare.Result) {
	if len(result.Remaining) == 0 {
		return
	}
	s.streams.Err.Printf("\nnot done:\n")
	for _, action := range result.Remaining {
		s.streams.Err.Printf("  %c %s\n", action.Sign(), action)
	}
	s.streams.Err.Printf("what is done stays; run the same command again to go on\n\n")
}
