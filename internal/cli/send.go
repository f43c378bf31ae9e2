package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
)

type sendOptions struct {
	operatorOptions
	definition string
}

func newHandoverSend(s *session) *cobra.Command {
	var options sendOptions
	cmd := &cobra.Command{
		Use:   "send INSTANCE",
		Short: "Carry one completed form to the receiving application, now",
		Long: `Reads the original instance, creates the receiving one with the organisation's
token, and reads it back. It may be run as often as one likes: the same form gets
the same receiving instance, also when the journal is lost. Where a service runs,
that does it, and this command waits.

INSTANCE is the id of the original instance, {party id}/{guid}, or its address.

After an outcome that is not clear it waits for the server's worst case before it
looks again, and says so; an interrupt is safe at any time.`,
		Annotations: exits("0; 1 when the form cannot be handed over, 4 when a system refuses, 5 when one\ndoes not answer."),
		Example: `  stafett handover send --local 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11
  new=$(stafett handover send 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11)  # its id
  stafett handover send --json 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11  # more of it`,
		Args: oneArg("the id of the original instance"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.sendHandover(cmd.Context(), args[0], options) },
	}
	addJournalFlags(cmd, &options.operatorOptions)
	cmd.Flags().StringVar(&options.definition, "definition", "", "the `ID` of the handover in stafett.yaml (default: the only one)")
	cmd.Flags().DurationVar(&options.unclearWait, "unclear-wait", unclearWait,
		"how long the server may still be working on a request whose\nanswer was lost; a shorter `DURATION` is for --local only")
	return cmd
}

func (s *session) sendHandover(ctx context.Context, source string, options sendOptions) error {
	source = instanceIn(source)
	if _, _, err := altinn.ParseInstanceID(source); err != nil {
		return &usageError{fmt.Errorf("%q is no instance: %w", source, err)}
	}
	if err := s.checkUnclearWait(options.unclearWait); err != nil {
		return err
	}
	options.begins = true
	return s.operate(ctx, options.operatorOptions, func(o *operator) error {
		if options.definition == "" {
			if len(o.definitions) != 1 {
				return &usageError{fmt.Errorf("%s has %d handovers; name one with --definition", o.project, len(o.definitions))}
			}
			options.definition = o.definitions[0].ID()
		}
		if err := o.checkHistory(ctx); err != nil {
			return err
		}
		begun, err := o.Begin(ctx, options.definition, source, handover.ByCommand)
		if err != nil {
			return err
		}
		begun = current(begun)
		before := map[string]handover.State{}
		for _, r := range begun {
			before[r.Key] = r.State
		}
		if begun, err = s.askAgain(ctx, o, begun); err != nil {
			return err
		}
		if err := s.tellPaused(ctx, o, begun); err != nil {
			return err
		}
		var settled []handover.Record
		for _, r := range begun {
			if r, err = s.settle(ctx, o, r); err != nil {
				return err
			}
			settled = append(settled, r)
		}
		return s.tellSent(settled, before, o.warnings())
	})
}

// tellPaused tells why nothing happens: a service leaves a definition that is
// paused, also for a form that is sent by hand.
func (s *session) tellPaused(ctx context.Context, o *operator, begun []handover.Record) error {
	if o.service != nil {
		return nil
	}
	status, err := o.Summary(ctx)
	if err != nil {
		return err
	}
	for _, r := range begun {
		if !r.State.Settled() && slices.Contains(status.Paused, r.DefinitionID) {
			s.tellWaiting(pausedText(r.DefinitionID))
			return nil
		}
	}
	return nil
}

// askAgain lets those be tried again that have failed, were skipped, or have an
// unknown recipient: to ask by hand is to have mended what stood in the way. What
// is looked at anew may have become several.
func (s *session) askAgain(ctx context.Context, o *operator, begun []handover.Record) ([]handover.Record, error) {
	for i, r := range begun {
		if r.State != handover.Failed && r.State != handover.Skipped && !r.Setback.UnknownParty {
			continue
		}
		again, err := s.whenFree(ctx, func() (handover.Record, error) { return o.Retry(ctx, r.Key) })
		if err != nil {
			return nil, err
		}
		if again.Key != r.Key { // looked at anew
			begun, err = o.Begin(ctx, r.DefinitionID, r.Source, handover.ByCommand)
			return current(begun), err
		}
		begun[i] = again
	}
	return begun, nil
}

// current leaves out what a form's other handovers have come in place of.
func current(records []handover.Record) []handover.Record {
	isSkipped := func(r handover.Record) bool { return r.State == handover.Skipped }
	if carried := slices.DeleteFunc(slices.Clone(records), isSkipped); len(carried) > 0 {
		return carried
	}
	return records
}

// tellSent tells what became of a form: of each of its recipients.
func (s *session) tellSent(records []handover.Record, before map[string]handover.State, warnings []string) error {
	if s.json {
		if err := s.printHandovers(records, warnings); err != nil {
			return err
		}
	}
	var failed []error
	for _, r := range records {
		switch {
		case r.State == handover.Skipped:
			failed = append(failed, fmt.Errorf("begin handover %s: %w", r.DefinitionID, handover.ErrNotWanted))
		case r.State != handover.Done:
			failed = append(failed, &failedHandoverError{source: r.Source, state: r.State, reason: r.Reason, status: r.Setback.Status})
		case !s.json:
			s.tellDone(r, before[r.Key] == handover.Done)
		}
	}
	return errors.Join(failed...)
}

func (s *session) tellDone(r handover.Record, already bool) {
	for _, duplicate := range r.Duplicates {
		s.warn("duplicate %s: %s", duplicate.Instance, duplicate.Fate)
	}
	if !s.streams.Out.IsTerminal {
		s.streams.Out.Printf("%s\n", r.Receiving)
		return
	}
	was := "became"
	if already {
		was = "was handed over before and is"
	}
	s.streams.Out.Printf("%s %s %s %s\n", s.streams.Out.Mark(term.OK), r.Source, was, r.Receiving)
}
