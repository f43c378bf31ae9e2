package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/internal/term"
)

func newDemo(s *session) *cobra.Command {
	var keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The whole story on this machine, told step by step",
		Long: `Runs the whole story in one process, with no account, no network and no container
engine: the key, the integration, the secrets, a form that a person fills in and
sends, the refusal of the person's own token, and the handover on behalf of the
organisation. Each step is checked by asking the systems afterwards.

The requests are the ones that the real systems get, at their real names; a
local platform in the same process answers them. Nothing outside a temporary
folder is changed.`,
		Annotations: exits("0 when every step held, 1 otherwise."),
		Example: `  stafett demo
  stafett demo --keep proof             # and leave the transcript, the PDF and both instances there
  stafett demo --json | jq .receiving   # what came into being, for programs`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.demo(cmd.Context(), story.Config{Keep: keep, Keys: s.keys, Logger: s.quietLogger()})
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "leave proof in the folder `DIR`: HTTP transcript (redacted), PDF, both instances")
	return cmd
}

func (s *session) demo(interrupted context.Context, config story.Config) error {
	ctx, unheard := s.whileRead(interrupted)
	defer unheard()
	// The story's vault is in this process, and must not see an ambient Azure
	// either.
	if _, err := forgetAzure(nil); err != nil {
		return err
	}
	if !s.json {
		config.Report = s.tellStep
	}
	document, err := story.Run(ctx, config)
	if err != nil && ctx.Err() != nil && interrupted.Err() == nil {
		return &exitError{exitInterrupted} // nobody reads it, nor an error
	}
	if err != nil {
		return err
	}
	if s.json {
		if err := s.printJSON(document); err != nil {
			return err
		}
	} else {
		s.tellEnd(document, config.Keep)
	}
	return failedStep(document)
}

func (s *session) tellStep(step story.Step) {
	marks := map[string]term.Mark{story.StatusOK: term.OK, story.StatusFailed: term.Failed, story.StatusSkipped: term.Skipped}
	s.streams.Out.Printf("%s %s\n", s.streams.Out.Mark(marks[step.Status]), s.streams.Out.Bold(story.Title(step.ID)))
	if step.Detail != "" {
		s.streams.Out.Printf("  %s\n", indent(step.Detail))
	}
}

func (s *session) tellEnd(document story.Document, keep string) {
	if document.OK {
		s.streams.Out.Printf("\nThe form %s\nbecame   %s, owned by %s.\n",
			document.Original.InstanceID, document.Receiving.InstanceID, document.Receiving.InstanceOwner.OrganisationNumber)
	}
	if keep != "" {
		s.streams.Out.Printf("Proof is in %s.\n", keep)
	}
	if document.OK {
		s.streams.Out.Printf("\nNext: stafett local up    the same world, for your own commands and programs\n")
	}
}

// storyError says which step of the story did not hold.
type storyError struct{ step story.Step }

func (e *storyError) Error() string {
	return fmt.Sprintf("the story does not hold: step %s: %s", e.step.ID, e.step.Detail)
}

func failedStep(document story.Document) error {
	for _, step := range document.Steps {
		if step.Status == story.StatusFailed {
			return &storyError{step}
		}
	}
	return nil
}
