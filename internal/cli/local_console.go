package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/local/web/records"
	"github.com/stafett/stafett/project"
)

// consoleHandovers tells the console of a local platform of the handovers of its
// project, as "handover list --local" would: it asks the running service or, where
// there is none, reads the journal. It is safe for concurrent use.
type consoleHandovers struct {
	session    *session
	connection *connection
	begin      string // the command after which there is a journal
}

// newConsoleHandovers tells of the handovers of a project in one life of the local
// platform, which the tenant names.
func newConsoleHandovers(s *session, projectPath, tenantID string, serves bool) *consoleHandovers {
	begin := "prepare"
	if !serves {
		begin = "serve"
	}
	return &consoleHandovers{
		session: s,
		connection: &connection{
			project: &project.Project{Path: projectPath, Dir: filepath.Dir(projectPath)}, world: localWorld(tenantID),
		},
		begin: "stafett " + begin + " " + s.localFlags(projectPath),
	}
}

// handoverReader is what the console needs of a service, or of a journal.
type handoverReader interface {
	List(ctx context.Context, f handover.Filter) ([]handover.Record, error)
	Summary(ctx context.Context) (handover.Status, error)
}

// journalReader reads a journal that no service has.
type journalReader struct{ handover.Journal }

// Summary implements [handoverReader].
func (j journalReader) Summary(ctx context.Context) (handover.Status, error) {
	summary, err := j.Journal.Summary(ctx)
	paused, pausedErr := j.Paused(ctx)
	return handover.Status{Summary: summary, Paused: paused}, errors.Join(err, pausedErr)
}

func (c *consoleHandovers) read(ctx context.Context, do func(handoverReader) error) error {
	o := &operator{}
	defer func() { o.close() }()
	journal, err := c.connection.openJournal(ctx, c.session, o, operatorOptions{})
	switch {
	case errors.As(err, new(*noJournalError)):
		return &records.NoJournalError{Command: c.begin}
	case err != nil:
		return err
	case o.Operations != nil:
		return do(o)
	}
	o.closers = append(o.closers, func() { _ = journal.Close() })
	return do(journalReader{journal})
}

// listedAtOnce is how many records are read in one go.
const listedAtOnce = 1000

// List implements [records.Handovers].
func (c *consoleHandovers) List(ctx context.Context, states []string, limit int) (records.HandoverList, error) {
	list := records.HandoverList{Counts: make(map[string]int)}
	err := c.read(ctx, func(r handoverReader) error {
		status, err := r.Summary(ctx)
		if err != nil {
			return err
		}
		list.Paused = status.Paused
		for _, count := range status.Counts {
			list.Counts[string(count.State)] += count.Records
		}
		newest, err := newestRecords(ctx, r, states, limit)
		for _, record := range slices.Backward(newest) {
			list.Handovers = append(list.Handovers, consoleHandover(record))
		}
		return err
	})
	return list, err
}

// newestRecords gives those that were begun last, the oldest of them first. A
// journal lists from its beginning.
func newestRecords(ctx context.Context, r handoverReader, states []string, limit int) ([]handover.Record, error) {
	filter := handover.Filter{Limit: listedAtOnce}
	for _, state := range states {
		filter.States = append(filter.States, handover.State(state))
	}
	var newest []handover.Record
	for {
		records, err := r.List(ctx, filter)
		if err != nil {
			return nil, err
		}
		newest = append(newest, records...)
		newest = slices.Clone(newest[max(0, len(newest)-limit):])
		if len(records) < listedAtOnce {
			return newest, nil
		}
		last := records[len(records)-1]
		filter.After = handover.Cursor{CreatedAt: last.CreatedAt, Key: last.Key}
	}
}

// Show implements [records.Handovers].
func (c *consoleHandovers) Show(ctx context.Context, key string) (records.Handover, error) {
	var found records.Handover
	err := c.read(ctx, func(r handoverReader) error {
		listed, err := r.List(ctx, handover.Filter{KeyPrefix: key, Limit: 1})
		if err != nil {
			return err
		}
		if len(listed) == 0 || listed[0].Key != key {
			return records.ErrNoHandover
		}
		found = consoleHandover(listed[0])
		return nil
	})
	return found, err
}

func consoleHandover(r handover.Record) records.Handover {
	told := records.Handover{
		Key: r.Key, Definition: r.DefinitionID, State: string(r.State), Settled: r.State.Settled(), Trigger: string(r.Trigger),
		From: r.From, To: r.To, Source: r.Source, Receiving: r.Receiving, Recipient: r.Recipient, Reference: reference(r.Source),
		Attempts: r.Attempts, Refusals: r.Refusals, Unclears: r.Unclears, Fills: r.Fills, Delays: r.Delays,
		Fault: r.Reason, SoftDeleted: r.SoftDeleted, Confirmed: r.Confirmed, FormSHA256: r.FormSHA256,
		Begun: r.CreatedAt, Updated: r.UpdatedAt, Version: r.Version,
	}
	if !r.State.Settled() {
		told.NextTry = r.NotBefore
		if told.Fault == "" {
			told.Fault = r.Setback.Cause
		}
	}
	for _, file := range r.Files {
		told.Files = append(told.Files, records.HandoverFile{DataType: file.DataType, Size: file.Size, SHA256: file.SHA256, Verified: file.Receiving != ""})
	}
	for _, duplicate := range r.Duplicates {
		told.Duplicates = append(told.Duplicates, records.HandoverDuplicate{Instance: duplicate.Instance, Fate: string(duplicate.Fate)})
	}
	return told
}
