package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/handover"
)

type listOptions struct {
	operatorOptions
	definition string
	states     []string
	all        bool
	limit      int
}

func newHandoverList(s *session) *cobra.Command {
	var options listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The handovers that are not done, or others",
		Long: `Lists what is in the journal, oldest first: those that are under way, wait or have
failed, unless told otherwise. Asks the running service where there is one, else
reads the journal itself. Altinn is not asked.`,
		Annotations: exits("0; 1 when the journal cannot be read."),
		Example: `  stafett handover list                       # what is under way, waits or has failed
  stafett handover list --state failed --json # the dead letters, for programs
  stafett handover list --all --limit 1000`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.listHandovers(cmd.Context(), options) },
	}
	addJournalFlags(cmd, &options.operatorOptions)
	cmd.Flags().StringVar(&options.definition, "definition", "", "only those of the handover with this `ID` in stafett.yaml")
	cmd.Flags().StringSliceVar(&options.states, "state", nil, "only those in a `STATE`: "+strings.Join(stateNames(), ", "))
	cmd.Flags().BoolVar(&options.all, "all", false, "also what is done, skipped or cancelled")
	cmd.Flags().IntVar(&options.limit, "limit", 100, "at most `N`")
	mustComplete(cmd, "state", stateNames)
	return cmd
}

func stateNames() []string {
	var names []string
	for _, state := range handover.States() {
		names = append(names, string(state))
	}
	return names
}

func (s *session) listHandovers(ctx context.Context, options listOptions) error {
	filter := handover.Filter{Limit: options.limit}
	for _, name := range options.states {
		state := handover.State(strings.ToLower(name))
		if !slices.Contains(handover.States(), state) {
			return &usageError{fmt.Errorf("there is no state %q%s; the states are %s", name, didYouMean(name, stateNames()), strings.Join(stateNames(), ", "))}
		}
		filter.States = append(filter.States, state)
	}
	if options.limit < 1 {
		return &usageError{fmt.Errorf("--limit %d: give a number from 1 up", options.limit)}
	}
	if len(filter.States) == 0 && !options.all {
		filter.States = slices.DeleteFunc(handover.States(), func(state handover.State) bool {
			return state.Settled() && state != handover.Failed
		})
	}
	options.looks = true
	return s.operate(ctx, options.operatorOptions, func(o *operator) error {
		records, err := o.listOf(ctx, options.definition, filter)
		if err != nil {
			return err
		}
		if id := options.definition; len(records) == 0 && id != "" && !o.knows(id) {
			return fmt.Errorf("list handovers of %q: %w", id, handover.ErrUnknownDefinition)
		}
		warnings, err := s.listWarnings(ctx, o)
		if err != nil {
			return err
		}
		if len(records) == options.limit {
			warnings = append(warnings, fmt.Sprintf("there may be more: --limit %d", options.limit))
		}
		if s.json {
			return s.printHandovers(records, warnings)
		}
		s.tellList(records, options.all)
		for _, warning := range warnings {
			s.warn("%s", warning)
		}
		return nil
	})
}

func (s *session) tellList(records []handover.Record, all bool) {
	for _, r := range records {
		s.streams.Out.Printf("%s  %-9s  %s  %s%s\n", reference(r.Source), r.State, r.Source, cmp.Or(r.Receiving, "-"), afterDash(outlook(r)))
	}
	if len(records) > 0 {
		return
	}
	person := s.streams.Out
	if !person.IsTerminal {
		person = s.streams.Err // a program counts the lines on stdout
	}
	if all {
		person.Printf("There is none.\n")
	} else {
		person.Printf("There is none. Add --all for those that are done.\n")
	}
}

// outlook is why a handover is where it is.
func outlook(r handover.Record) string {
	switch {
	case r.Reason != "":
		return r.Reason
	case r.State.Settled() || r.Setback.Cause == "":
		return ""
	case r.Setback.UnknownParty:
		return fmt.Sprintf("Altinn knows no %s: %s; looking again at %s", r.Recipient, r.Setback.Cause, r.NotBefore.Local().Format(time.TimeOnly))
	case r.NotBefore.After(time.Now()):
		return fmt.Sprintf("%s; looking again at %s", r.Setback.Cause, r.NotBefore.Local().Format(time.TimeOnly))
	}
	return r.Setback.Cause
}

func afterDash(text string) string {
	if text == "" {
		return ""
	}
	return "  " + text
}

// listWarnings reminds of what does not go on by itself.
func (s *session) listWarnings(ctx context.Context, o *operator) ([]string, error) {
	status, err := o.Summary(ctx)
	if err != nil {
		return nil, err
	}
	var warnings []string
	for _, id := range status.Paused {
		warnings = append(warnings, pausedText(id))
	}
	for _, failing := range status.Failing {
		cause, _, _ := strings.Cut(failing.Cause, "\n")
		warnings = append(warnings, s.inThisWorld(fmt.Sprintf("the service does not find all forms of %s: %s; find out more with: stafett doctor", failing.DefinitionID, cause)))
	}
	return warnings, nil
}

func pausedText(id string) string {
	return fmt.Sprintf("%s is paused; go on with: stafett handover resume %s", id, id)
}
