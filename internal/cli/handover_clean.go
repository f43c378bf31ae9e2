package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
)

func newHandoverClean(s *session) *cobra.Command {
	var (
		options operatorOptions
		yes     bool
	)
	cmd := &cobra.Command{
		Use:   "clean --test",
		Short: "Remove the receiving instances that test mode made",
		Long: `Deletes the instances that "stafett serve --test" has made, and no other: each must
carry the mark of test mode and a stamp that the test journal knows. Stop the
service in test mode first.`,
		Annotations: exits("0; 2 when it was not agreed to, 3 when nobody could be asked, 4 when the policy lets the organisation not delete."),
		Example: `  stafett handover clean --test
  stafett handover clean --test --yes
  stafett handover list --test --all          # what it would remove`,
		Args: noArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !options.test {
			return misused(cmd, "only what test mode made can be removed: say --test")
		}
		return s.cleanTest(cmd.Context(), options, yes)
	}
	addJournalFlags(cmd, &options)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// busyTestServiceError says that a service in test mode is running.
type busyTestServiceError struct{}

func (*busyTestServiceError) Error() string {
	return "remove what test mode made: a service in test mode is running"
}

// Remedy says to stop it.
func (*busyTestServiceError) Remedy() string { return "stop stafett serve --test first" }

type cleanedDocument struct {
	Schema  string `json:"schema"`
	Deleted int    `json:"deleted"`
}

func (s *session) cleanTest(ctx context.Context, options operatorOptions, yes bool) error {
	return s.operate(ctx, options, func(o *operator) error {
		if o.service == nil {
			return &busyTestServiceError{}
		}
		if !yes {
			agreed, err := s.confirm(ctx, "Delete the receiving instances that test mode made")
			if err != nil {
				return err
			}
			if !agreed {
				return &exitError{exitPending}
			}
		}
		deleted := 0
		var errs []error
		for _, d := range o.definitions {
			n, err := o.service.CleanTest(ctx, d.ID())
			deleted += n
			if err != nil {
				errs = append(errs, fmt.Errorf("clean %s: %w", d.ID(), err))
			}
		}
		if s.json {
			errs = append(errs, s.printJSON(cleanedDocument{"stafett/cleaned/v1", deleted}))
		} else {
			s.streams.Out.Printf("%s %d instances deleted\n", s.streams.Out.Mark(term.OK), deleted)
		}
		return errors.Join(errs...)
	})
}
