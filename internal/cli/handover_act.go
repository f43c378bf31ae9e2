package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
)

func newHandoverRetry(s *session) *cobra.Command {
	var (
		options    operatorOptions
		definition string
		failed     bool
	)
	cmd := &cobra.Command{
		Use:   "retry [NAME]...",
		Short: "Let failed or cancelled handovers be tried again",
		Long: `Makes handovers due again, beginning with a search, so that none is made twice. The
service carries them out. NAME is as for "handover show".`,
		Annotations: exits("0; 1 when there is none of that name."),
		Example: `  stafett handover retry 0b1f6d1f7a11
  stafett handover retry --failed                 # all that have failed, when the cause is mended
  stafett handover retry --failed --definition barmarkskjoring-til-saksmottak`,
		Args: func(cmd *cobra.Command, args []string) error {
			if failed == (len(args) > 0) {
				return misused(cmd, "name handovers, or give --failed for all that have failed")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return s.operate(ctx, options, func(o *operator) error {
				chosen, err := s.choose(ctx, o, args, definition)
				if err != nil {
					return err
				}
				return s.change(o, chosen, func(r handover.Record) (handover.Record, error) { return o.Retry(ctx, r.Key) }, "is to be tried again")
			})
		},
	}
	addJournalFlags(cmd, &options)
	cmd.Flags().BoolVar(&failed, "failed", false, "all that have failed")
	cmd.Flags().StringVar(&definition, "definition", "", "with --failed: only those of the handover with this `ID`")
	return cmd
}

// choose gives the handovers that are named, or all that have failed.
func (s *session) choose(ctx context.Context, o *operator, names []string, definition string) ([]handover.Record, error) {
	if len(names) == 0 {
		return o.listOf(ctx, definition, handover.Filter{States: []handover.State{handover.Failed}})
	}
	var chosen []handover.Record
	for _, name := range names {
		records, err := s.find(ctx, o, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, records...)
	}
	return chosen, nil
}

// change does something to each handover and tells it.
func (s *session) change(o *operator, records []handover.Record, do func(handover.Record) (handover.Record, error), told string) error {
	var after []handover.Record
	var errs []error
	for _, r := range records {
		changed, err := do(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", reference(r.Source), err))
			continue
		}
		after = append(after, changed)
		switch {
		case s.json:
		case changed.Version == r.Version:
			s.streams.Out.Printf("%s %s is %s; nothing to do\n", s.streams.Out.Mark(term.OK), reference(r.Source), changed.State)
		default:
			s.streams.Out.Printf("%s %s %s\n", s.streams.Out.Mark(term.OK), reference(r.Source), told)
		}
	}
	if s.json {
		errs = append(errs, s.printHandovers(after, nil))
	} else if o.service != nil && len(after) > 0 && !after[0].State.Settled() {
		s.warn("no service is running on this journal: stafett serve carries it out")
	}
	return errors.Join(errs...)
}

func newHandoverCancel(s *session) *cobra.Command {
	var (
		options operatorOptions
		reason  string
	)
	cmd := &cobra.Command{
		Use:   "cancel NAME",
		Short: "Give a handover up for good",
		Long: `Nothing more is done for this form, and no sweep begins it again. A receiving
instance that is there already is left as it is, and named. NAME is as for
"handover show".`,
		Annotations: exits("0; 1 when it is done, or its outcome is not clear yet."),
		Example: `  stafett handover cancel 0b1f6d1f7a11 --reason "sent in twice, case 2031/17"
  stafett handover show 0b1f6d1f7a11     # what the journal keeps of it
  stafett handover retry 0b1f6d1f7a11    # take it back`,
		Args: oneArg("a key, an instance or a reference"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return misused(cmd, "say why with --reason; it stays in the journal, so write nothing personal")
			}
			ctx := cmd.Context()
			options.looks = true
			return s.operate(ctx, options, func(o *operator) error {
				records, err := s.find(ctx, o, args[0])
				if err != nil {
					return err
				}
				return s.change(o, records, func(r handover.Record) (handover.Record, error) {
					r, err := o.Cancel(ctx, r.Key, reason)
					if err == nil && r.Receiving != "" {
						s.warn("the receiving instance %s stays as it is", r.Receiving)
					}
					return r, err
				}, "is cancelled")
			})
		},
	}
	addJournalFlags(cmd, &options)
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` that the journal keeps")
	return cmd
}

func newHandoverPause(s *session) *cobra.Command {
	return pausing(s, "pause", "Let the service begin no step for a definition", "is paused", true,
		`Forms go on being found and written down, so none is lost; they wait. A
step that is under way ends; that may take some seconds, and longer with a large
file. The pause lasts until "handover resume", also over a restart.`)
}

func newHandoverResume(s *session) *cobra.Command {
	return pausing(s, "resume", "Let the service go on with a definition", "goes on", false,
		"What has gathered meanwhile is carried over, oldest first.")
}

func pausing(s *session, verb, short, told string, paused bool, long string) *cobra.Command {
	var options operatorOptions
	cmd := &cobra.Command{
		Use: verb + " DEFINITION", Short: short, Long: long,
		Annotations: exits("0; 1 when stafett.yaml has no such handover."),
		Example: "  stafett handover " + verb + ` barmarkskjoring-til-saksmottak
  stafett handover ` + verb + ` --json barmarkskjoring-til-saksmottak   # which are paused after it
  stafett handover list                                   # reminds of what is paused`,
		Args: oneArg("the id of a handover in stafett.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return s.operate(ctx, options, func(o *operator) error {
				if err := o.Pause(ctx, args[0], paused); err != nil {
					return err
				}
				if s.json {
					status, err := o.Summary(ctx)
					if err != nil {
						return err
					}
					return s.printJSON(pausedDocument{Schema: "stafett/paused/v1", Paused: append([]string{}, status.Paused...)})
				}
				s.streams.Out.Printf("%s %s %s\n", s.streams.Out.Mark(term.OK), args[0], told)
				return nil
			})
		},
	}
	addJournalFlags(cmd, &options)
	return cmd
}

type pausedDocument struct {
	Schema string   `json:"schema"`
	Paused []string `json:"paused"` // the definitions that are, after the command
}

func newHandoverReconcile(s *session) *cobra.Command {
	var (
		options    operatorOptions
		definition string
	)
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare the journal with what is on the platform, and mend it",
		Long: `Reads all original instances since the definition's "since", and all receiving
instances that carry a stamp. What the journal lacks is written down, after which
the service finds the instance that was made, or makes it. It is what to run when a
journal was lost, and does no harm at any other time.`,
		Annotations: exits("0; 5 when the platform does not answer."),
		Example: `  stafett handover reconcile
  stafett handover reconcile --definition barmarkskjoring-til-saksmottak
  stafett handover reconcile --json | jq '.definitions[].orphans'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			options.begins = true
			return s.operate(ctx, options, func(o *operator) error { return s.reconcile(ctx, o, definition) })
		},
	}
	addJournalFlags(cmd, &options)
	cmd.Flags().StringVar(&definition, "definition", "", "only the handover with this `ID` in stafett.yaml")
	return cmd
}

// reconciliationDocument is what handover reconcile prints with --json.
type reconciliationDocument struct {
	Schema      string                  `json:"schema"`
	Definitions []definitionDifferences `json:"definitions"`
}

type definitionDifferences struct {
	Definition string   `json:"definition"`
	Sources    int      `json:"sources"`
	Known      int      `json:"known"`
	Begun      int      `json:"begun"`
	Skipped    int      `json:"skipped"`
	Failed     int      `json:"failed"`
	Stamped    int      `json:"stamped"`
	Duplicates int      `json:"duplicates"`
	Orphans    []string `json:"orphans"`
}

func (s *session) reconcile(ctx context.Context, o *operator, only string) error {
	if err := o.checkHistory(ctx); err != nil {
		return err
	}
	document := reconciliationDocument{Schema: "stafett/reconciliation/v1", Definitions: []definitionDifferences{}}
	for _, d := range o.definitions {
		if only != "" && d.ID() != only {
			continue
		}
		found, err := o.Reconcile(ctx, d.ID())
		if err != nil {
			return err
		}
		document.Definitions = append(document.Definitions, definitionDifferences{
			d.ID(), found.Sources, found.Known, found.Begun, found.Skipped, found.Failed, found.Stamped, found.Duplicates, append([]string{}, found.Orphans...),
		})
	}
	if len(document.Definitions) == 0 {
		return fmt.Errorf("reconcile %q: %w", only, handover.ErrUnknownDefinition)
	}
	if s.json {
		return s.printJSON(document)
	}
	for _, d := range document.Definitions {
		s.streams.Out.Printf("%s %s: %d forms, %d of them known; %d written down now, of which %d are not wanted and %d cannot be carried\n",
			s.streams.Out.Mark(term.OK), d.Definition, d.Sources, d.Known, d.Begun, d.Skipped, d.Failed)
		s.streams.Out.Printf("  %d receiving instances carry a stamp; %d duplicates were new, and %d belong to no handover in the journal\n", d.Stamped, d.Duplicates, len(d.Orphans))
		for _, orphan := range d.Orphans {
			s.streams.Out.Printf("  %s\n", orphan)
		}
	}
	if o.service != nil {
		s.warn("no service is running on this journal: stafett serve carries out what was written down")
	}
	return nil
}
