package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
)

func newHandover(s *session) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "handover",
		Short: "Handovers by hand",
		Example: `  stafett handover send 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11
  stafett handover send --local 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11
  stafett help handover send`,
	})
	cmd.AddCommand(newHandoverSend(s))
	return cmd
}

type sendOptions struct {
	definition  string
	journal     string
	unclearWait time.Duration
}

func newHandoverSend(s *session) *cobra.Command {
	var options sendOptions
	cmd := &cobra.Command{
		Use:   "send INSTANCE",
		Short: "Carry one completed form to the receiving application",
		Long: `Reads the original instance, creates the receiving one with the organisation's
token, and reads it back. It may be run as often as one likes: the same form gets
the same receiving instance, also when the journal is lost.

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
	cmd.Flags().StringVar(&options.definition, "definition", "", "the `ID` of the handover in stafett.yaml (default: the only one)")
	cmd.Flags().StringVar(&options.journal, "journal", "", "the journal `FILE` (default: .stafett/ENVIRONMENT.db beside\nstafett.yaml; with --local one for each start of the platform)")
	cmd.Flags().DurationVar(&options.unclearWait, "unclear-wait", unclearWait,
		"how long the server may still be working on a request whose\nanswer was lost; a shorter `DURATION` is for --local only")
	return cmd
}

// handoverDocument is what handover send prints with --json.
type handoverDocument struct {
	Schema     string              `json:"schema"`
	Key        string              `json:"key"`
	Definition string              `json:"definition"`
	Source     string              `json:"source"`
	State      string              `json:"state"`
	Receiving  string              `json:"receiving,omitempty"`
	Reason     string              `json:"reason,omitempty"`
	Duplicates []duplicateDocument `json:"duplicates"`
	Warnings   []string            `json:"warnings"`
}

type duplicateDocument struct {
	Instance string `json:"instance"`
	Fate     string `json:"fate"`
}

func (s *session) sendHandover(ctx context.Context, source string, options sendOptions) error {
	source = instanceIn(source)
	if _, _, err := altinn.ParseInstanceID(source); err != nil {
		return &usageError{fmt.Errorf("%q is no instance: %w", source, err)}
	}
	if err := s.checkUnclearWait(options.unclearWait); err != nil {
		return err
	}
	connection, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.close()
	definitions, err := connection.definitions()
	if err != nil {
		return err
	}
	if options.definition == "" {
		if len(definitions) != 1 {
			return &usageError{fmt.Errorf("%s has %d handovers; name one with --definition", connection.project.Path, len(definitions))}
		}
		options.definition = definitions[0].ID()
	}
	sender, err := connection.sender(ctx, s, definitions, options)
	if err != nil {
		return err
	}
	defer sender.close()
	records, err := sender.service.Begin(ctx, options.definition, source, handover.ByCommand)
	if err != nil {
		return err
	}
	record := records[0]
	if record.State == handover.Skipped {
		return handover.ErrNotWanted
	}
	already := record.State == handover.Done
	if record.State == handover.Failed {
		// To ask again by hand is to have mended what it failed for.
		record, err = s.whenFree(ctx, func() (handover.Record, error) { return sender.service.Retry(ctx, record.Key) })
		if err != nil {
			return err
		}
	}
	if record, err = s.settle(ctx, sender, record); err != nil {
		return err
	}
	return s.tellHandover(record, already, sender)
}

// instanceAddress is where Storage and applications have an instance, and where
// a person sees it in a browser (…/#/instance/…).
var instanceAddress = regexp.MustCompile(`^https?://[^ ]+/instances?/([^/?# ]+/[^/?# ]+)(?:[/?#][^ ]*)?$`)

// instanceIn takes the id out of what a person has copied: with spaces around
// it, or an address.
func instanceIn(text string) string {
	text = strings.TrimSpace(text)
	if match := instanceAddress.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return text
}

func (s *session) tellHandover(record handover.Record, already bool, sender *sender) error {
	if s.json {
		document := handoverDocument{
			Schema: "stafett/handover/v1", Key: record.Key, Definition: record.DefinitionID, Source: record.Source,
			State: string(record.State), Receiving: record.Receiving, Reason: record.Reason,
			Duplicates: []duplicateDocument{}, Warnings: append([]string{}, sender.warnings...),
		}
		for _, duplicate := range record.Duplicates {
			document.Duplicates = append(document.Duplicates, duplicateDocument{duplicate.Instance, string(duplicate.Fate)})
		}
		if err := s.printJSON(document); err != nil {
			return err
		}
	}
	if record.State != handover.Done {
		return &failedHandoverError{source: record.Source, reason: record.Reason, status: record.Setback.Status}
	}
	if s.json {
		return nil
	}
	for _, duplicate := range record.Duplicates {
		s.warn("duplicate %s: %s", duplicate.Instance, duplicate.Fate)
	}
	if !s.streams.Out.IsTerminal {
		s.streams.Out.Printf("%s\n", record.Receiving)
		return nil
	}
	was := "became"
	if already {
		was = "was handed over before and is"
	}
	s.streams.Out.Printf("%s %s %s %s\n", s.streams.Out.Mark(term.OK), record.Source, was, record.Receiving)
	return nil
}

// definitions checks all handovers of the project against both applications.
func (c *connection) definitions() ([]*handover.Definition, error) {
	original, receiving, err := loadApplications(c.project)
	if err != nil {
		return nil, err
	}
	var definitions []*handover.Definition
	var faults []error
	for _, definition := range c.project.Handovers {
		compiled, err := handover.Compile(definition, original, receiving)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		definitions = append(definitions, compiled)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, &definitionsError{c.project.Path, err}
	}
	return definitions, nil
}

// definitionsError says what is wrong with the handovers of a project.
type definitionsError struct {
	path   string
	faults error
}

func (e *definitionsError) Error() string { return fmt.Sprintf("check %s:\n%v", e.path, e.faults) }
func (e *definitionsError) Unwrap() error { return e.faults }

// handoverFaults tells, one by one, why forms could not be handed over, for a
// command that does not need that they can. Otherwise it would show first when
// a person has sent one.
func (c *connection) handoverFaults() []string {
	_, err := c.definitions()
	if definitions := (*definitionsError)(nil); errors.As(err, &definitions) {
		err = definitions.faults
	}
	var told []string
	for _, fault := range oneByOne(err) {
		told = append(told, "no form can be handed over yet: "+fault.Error())
	}
	return told
}

// oneByOne takes joined errors apart.
func oneByOne(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok:
		return []error{err}
	}
	var all []error
	for _, part := range joined.Unwrap() {
		all = append(all, oneByOne(part)...)
	}
	return all
}
