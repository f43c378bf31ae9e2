package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/handover"
)

func newHandoverShow(s *session) *cobra.Command {
	var options operatorOptions
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "All that the journal knows of one form's handover",
		Long: `NAME is the handover's key, the id or address of the original or the receiving
instance, or the 12-character reference on the person's receipt. A form with
several recipients has several handovers.`,
		Annotations: exits("0; 1 when there is none."),
		Example: `  stafett handover show 0b1f6d1f7a11            # the reference on a receipt
  stafett handover show 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11
  stafett handover show --json 0b1f6d1f7a11`,
		Args: oneArg("a key, an instance or a reference"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			options.looks = true
			return s.operate(ctx, options, func(o *operator) error {
				records, err := s.find(ctx, o, args[0])
				if err != nil {
					return err
				}
				if s.json {
					return s.printHandovers(records, nil)
				}
				for i, r := range records {
					if i > 0 {
						s.streams.Out.Printf("\n")
					}
					s.tellRecord(r)
				}
				return nil
			})
		},
	}
	addJournalFlags(cmd, &options)
	return cmd
}

// noHandoverError says that a name stands for no handover.
type noHandoverError struct{ name string }

func (e *noHandoverError) Error() string {
	return fmt.Sprintf("find handover %s: the journal has none", e.name)
}

// find gives the handovers that a name stands for, at least one.
func (s *session) find(ctx context.Context, o *operator, name string) ([]handover.Record, error) {
	records, err := o.Show(ctx, instanceIn(name))
	if errors.Is(err, handover.ErrNoRecord) {
		return nil, &noHandoverError{name}
	}
	return records, err
}

func (s *session) tellRecord(r handover.Record) {
	out := s.streams.Out
	line := func(name, value string) {
		if value != "" {
			out.Printf("  %-12s %s\n", name, value)
		}
	}
	out.Printf("%s %s\n", out.Bold(reference(r.Source)), r.State)
	line("key", r.Key)
	line("definition", r.DefinitionID)
	line("original", r.From+" "+r.Source)
	line("receiving", r.To+" "+orNone(r.Receiving))
	line("recipient", r.Recipient)
	line("reason", r.Reason)
	if r.State == handover.Failed {
		line("next", "mend the cause, then: "+s.inThisWorld("stafett handover retry "+reference(r.Source)))
	}
	line("waits for", outlookWithout(r))
	line("begun", clock(r.CreatedAt)+by(r.Trigger))
	line("updated", clock(r.UpdatedAt))
	if r.Attempts > 0 {
		line("requests", fmt.Sprintf("%d to create, %d of them without a clear outcome", r.Attempts, r.Unclears))
	}
	for _, f := range r.Files {
		line("file", fmt.Sprintf("%s, %d bytes, SHA-256 %s", f.DataType, f.Size, orNone(f.SHA256)))
	}
	for _, d := range r.Duplicates {
		line("duplicate", fmt.Sprintf("%s: %s", d.Instance, d.Fate))
	}
	if r.SoftDeleted {
		line("note", "somebody has deleted the receiving instance; it is not made again")
	}
	if r.Confirmed {
		line("confirmed", "the original is confirmed, which starts its deletion")
	}
}

func outlookWithout(r handover.Record) string {
	if r.Reason != "" {
		return ""
	}
	return outlook(r)
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

func by(t handover.Trigger) string {
	if t == "" {
		return ""
	}
	return " by " + string(t)
}

func clock(t time.Time) string { return t.Local().Format(time.DateTime + " -07:00") }
