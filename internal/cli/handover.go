package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/internal/term"
)

func newHandover(s *session) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "handover",
		Short: "Handovers by hand",
	})
	cmd.AddCommand(newHandoverSend(s))
	return cmd
}

type sendOptions struct {
	definition string
	journal    string
}

func newHandoverSend(s *session) *cobra.Command {
	var options sendOptions
	cmd := &cobra.Command{
		Use:   "send INSTANCE",
		Short: "Carry one completed form to the receiving application",
		Long: `Reads the original instance, creates the receiving one with the organisation's
token, and reads it back. It may be run as often as one likes: the same form gets
the same receiving instance, also when the journal is lost.

INSTANCE is the id of the original instance, {party id}/{guid}.

After an outcome that is not clear it waits for the server's worst case before it
looks again, and says so; an interrupt is safe at any time.

Exit codes: 1 when the form cannot be handed over, 4 when a system refuses, 5
when one does not answer.`,
		Example: `  stafett handover send --local 50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11`,
		Args:    oneArg("the id of the original instance"),
		RunE:    func(cmd *cobra.Command, args []string) error { return s.sendHandover(cmd.Context(), args[0], options) },
	}
	cmd.Flags().StringVar(&options.definition, "definition", "", "the `ID` of the handover in stafett.yaml (default: the only one)")
	cmd.Flags().StringVar(&options.journal, "journal", "", "the journal `FILE` (default: .stafett/journal.db beside stafett.yaml)")
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
}

type duplicateDocument struct {
	Instance string `json:"instance"`
	Fate     string `json:"fate"`
}

func (s *session) sendHandover(ctx context.Context, source string, options sendOptions) error {
	if _, _, err := altinn.ParseInstanceID(source); err != nil {
		return &usageError{err}
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
	service, closeService, err := connection.handover(ctx, s, definitions, options.journal)
	if err != nil {
		return err
	}
	defer closeService()
	record, err := service.Begin(ctx, options.definition, source)
	if err != nil {
		return err
	}
	already := record.State == handover.Done
	if !record.State.Settled() {
		if record.NotBefore.After(time.Now()) {
			s.streams.Errf("%s an earlier outcome is not clear; looking again at %s\n", s.streams.Mark(term.Pending), record.NotBefore.Format(time.TimeOnly))
		}
		if record, err = service.Settle(ctx, record.Key); err != nil {
			return err
		}
	}
	return s.tellHandover(record, already)
}

func (s *session) tellHandover(record handover.Record, already bool) error {
	if s.json {
		document := handoverDocument{
			Schema: "stafett/handover/v1", Key: record.Key, Definition: record.DefinitionID, Source: record.Source,
			State: string(record.State), Receiving: record.Receiving, Reason: record.Reason, Duplicates: []duplicateDocument{},
		}
		for _, duplicate := range record.Duplicates {
			document.Duplicates = append(document.Duplicates, duplicateDocument{duplicate.Instance, string(duplicate.Fate)})
		}
		if err := s.printJSON(document); err != nil {
			return err
		}
		if record.State != handover.Done {
			return &exitError{exitFailed}
		}
		return nil
	}
	if record.State != handover.Done {
		return fmt.Errorf("hand over %s: %s", record.Source, record.Reason)
	}
	for _, duplicate := range record.Duplicates {
		s.streams.Errf("warning: duplicate %s: %s\n", duplicate.Instance, duplicate.Fate)
	}
	if !s.streams.OutIsTerminal {
		s.streams.Outf("%s\n", record.Receiving)
		return nil
	}
	was := "became"
	if already {
		was = "was handed over before and is"
	}
	s.streams.Outf("%s %s %s %s\n", s.streams.Mark(term.OK), record.Source, was, record.Receiving)
	return nil
}

// definitions checks all handovers of the project against both applications.
func (c *connection) definitions() ([]*handover.Definition, error) {
	original, originalErr := app.Load(c.project.Applications.Original)
	receiving, receivingErr := app.Load(c.project.Applications.Receiving)
	if err := errors.Join(originalErr, receivingErr); err != nil {
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
		return nil, fmt.Errorf("check %s:\n%w", c.project.Path, err)
	}
	return definitions, nil
}

// handover loads the integration and opens the journal.
func (c *connection) handover(ctx context.Context, s *session, definitions []*handover.Definition, journal string) (_ *handover.Handover, closeAll func(), err error) {
	loaded, err := c.integration(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, warning := range loaded.Warnings() {
		s.streams.Errf("warning: %s\n", warning)
	}
	if journal == "" {
		if journal, err = c.journalPath(); err != nil {
			return nil, nil, err
		}
	}
	opened, err := sqlite.Open(ctx, journal, sqlite.Options{})
	if err != nil {
		return nil, nil, err
	}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: c.environment, HTTPClient: c.client, Tokens: loaded.Altinn()})
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: c.environment, HTTPClient: c.client, Tokens: loaded.Altinn()})
	service, err := handover.New(handover.Config{
		Definitions: definitions, Source: handover.NewSource(storage, apps), Receiver: apps,
		Finder: handover.NewIndex(storage, 10*time.Minute), Lister: storage, Journal: opened,
		Owner: fmt.Sprintf("handover send, process %d", os.Getpid()), Logger: s.logger(),
	})
	if err != nil {
		return nil, nil, errors.Join(err, opened.Close())
	}
	return service, func() { _ = opened.Close() }, nil
}
