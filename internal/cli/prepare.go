package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
)

type prepareOptions struct {
	plan bool
	yes  bool
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
changed.

An interrupt stops after the change under way; running it again goes on from
there.

Exit codes: 2 with --plan when something is pending, 3 without a terminal and
without --yes, 4 when a system refuses, 5 when one does not answer.`,
		Example: `  stafett prepare --plan       # show what would change
  stafett prepare              # show it and ask
  stafett prepare --yes        # do it without asking`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.prepare(cmd.Context(), options) },
	}
	cmd.Flags().BoolVar(&options.plan, "plan", false, "show what would change and change nothing; exit code 2 when something is pending")
	cmd.Flags().BoolVarP(&options.yes, "yes", "y", false, "apply the plan without asking")
	cmd.MarkFlagsMutuallyExclusive("plan", "yes")
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
	Proved   bool            `json:"proved"`
	Warnings []string        `json:"warnings"`
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
	systems, target, err := connection.preparation()
	if err != nil {
		return err
	}
	state, err := prepare.Read(ctx, systems, target)
	if err != nil {
		return err
	}
	plan, err := prepare.NewPlan(state)
	if err != nil {
		return err
	}
	document := prepareDocument{Schema: "stafett/prepare/v1", App: target.AppID, Pending: actionsOf(plan.Actions), Done: []prepareAction{}, Warnings: append([]string{}, plan.Warnings...)}
	if !s.json {
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
		agreed, err := s.confirm("Apply this plan", "--yes")
		if err != nil {
			return err
		}
		if !agreed {
			s.streams.Errf("nothing was changed\n")
			return &exitError{exitFailed}
		}
	}
	result, err := prepare.Apply(ctx, systems, plan, s.tellProgress)
	if err != nil {
		s.tellRemaining(result)
		return err
	}
	if s.json {
		document.Pending, document.Done = []prepareAction{}, actionsOf(result.Done)
		document.ClientID, document.KeyID, document.Proved = result.ClientID, result.KeyID, result.Proved
		return s.printJSON(document)
	}
	s.streams.Outf("\n%s is ready: client id %s, key %s.\n", target.AppID, result.ClientID, result.KeyID)
	s.streams.Outf("The application reads its secrets when it starts: deploy it again if it runs.\n")
	return nil
}

// preparation gathers what prepare works on.
func (c *connection) preparation() (prepare.Systems, prepare.Target, error) {
	original, err := app.Load(c.project.Applications.Original)
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
	portal, err := c.selfService()
	if err != nil {
		return prepare.Systems{}, target, err
	}
	return prepare.Systems{
		Vault: vault, Integrations: portal,
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: c.client},
	}, target, nil
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
	for _, warning := range plan.Warnings {
		s.streams.Errf("warning: %s\n", warning)
	}
	if plan.IsEmpty() {
		s.streams.Outf("%s Everything is as it should be; there is nothing to do.\n", s.streams.Mark(term.OK))
		return
	}
	for _, system := range plan.Changes() {
		s.streams.Outf("%s  %s\n", s.streams.Bold(string(system.System)), s.streams.Faint(system.Name))
		for _, line := range system.Lines {
			s.streams.Outf("  %c %s\n", line.Sign, line.Text)
		}
		for _, file := range system.Files {
			s.streams.Outf("  %c %s\n", file.Sign, file.Name)
			for _, line := range file.Diff {
				switch line.Operation {
				case appsettings.Removed:
					s.streams.Outf("      - %s\n", line.Text)
				case appsettings.Added:
					s.streams.Outf("      + %s\n", line.Text)
				}
			}
			for _, reason := range file.Reasons {
				s.streams.Outf("      %s\n", s.streams.Faint("# "+reason))
			}
		}
		s.streams.Outf("\n")
	}
}

// tellProgress tells on stderr what is done as it is done.
func (s *session) tellProgress(event prepare.Event) {
	switch event.Stage {
	case prepare.Done:
		detail := ""
		if event.Detail != "" {
			detail = ": " + event.Detail
		}
		s.streams.Errf("%s %s%s\n", s.streams.Mark(term.OK), event.Action, detail)
	case prepare.Failed:
		if event.Action != nil {
			s.streams.Errf("%s %s\n", s.streams.Mark(term.Failed), event.Action)
		}
	case prepare.Waiting:
		s.streams.Errf("%s waiting for Maskinporten to learn of the change (%.0f s): %s\n", s.streams.Mark(term.Pending), event.Elapsed.Seconds(), event.Detail)
	case prepare.Proved:
		s.streams.Errf("%s Maskinporten gives the integration a token\n", s.streams.Mark(term.OK))
	}
}

func (s *session) tellRemaining(result prepare.Result) {
	if len(result.Remaining) == 0 {
		return
	}
	s.streams.Errf("\nnot done:\n")
	for _, action := range result.Remaining {
		s.streams.Errf("  %c %s\n", action.Sign(), action)
	}
	s.streams.Errf("what is done stays; run the same command again to go on\n\n")
}

// confirm asks a question that flag answers with yes.
func (s *session) confirm(question, flag string) (bool, error) {
	if !s.streams.CanPrompt {
		return false, &needsInputError{question: strings.ToLower(question[:1]) + question[1:], flag: flag}
	}
	reader := bufio.NewReader(s.streams.In)
	for {
		s.streams.Errf("%s (%s)? [y/N] ", question, flag)
		answer, err := reader.ReadString('\n')
		if err != nil {
			if err == io.EOF {
				return false, &needsInputError{question: "read the answer", flag: flag}
			}
			return false, fmt.Errorf("read the answer: %w", err)
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes", "j", "ja":
			return true, nil
		case "", "n", "no", "nei":
			return false, nil
		}
		s.streams.Errf("please answer y or n\n")
	}
}
