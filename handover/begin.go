package handover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/altinn"
)

// Begin makes sure that the handovers of a source instance are in the journal,
// and returns their records: one for each recipient. A source that does not meet
// the definition's condition has one record, in the state [Skipped]. Asked again
// it returns the records that are there, without reading the source. It creates
// nothing on the platform; [Service.Run] does.
//
// A source that is not completed gives a [*NotCompletedError], and one that
// cannot be read now, or has a file that has not been scanned, another error that
// passes; then the journal has no record. So it is with a source that can never
// be carried ([*SourceError], [*MissingAttachmentError], [*AttachmentError],
// [*MappingError]) when the trigger is [ByCommand] or [ByAPI], whose caller learns
// of it. With the others it becomes one record in the state [Failed], so that
// somebody sees it.
func (s *Service) Begin(ctx context.Context, definitionID, sourceID string, t Trigger) ([]Record, error) {
	d, ok := s.definitions[definitionID]
	if !ok {
		return nil, fmt.Errorf("begin handover %q: %w", definitionID, ErrUnknownDefinition)
	}
	party, guid, err := altinn.ParseInstanceID(sourceID)
	if err != nil {
		return nil, fmt.Errorf("begin handover %s: %w", definitionID, err)
	}
	source := party + "/" + guid
	records, err := s.known(ctx, d, source)
	if err == nil && len(records) == 0 {
		records, _, err = s.begin(ctx, d, source, t)
	}
	if err != nil {
		return nil, fmt.Errorf("begin handover %s: %w", definitionID, err)
	}
	return records, nil
}

// known returns the records of a source by a definition, under whatever id that
// has had.
func (s *Service) known(ctx context.Context, d *Definition, source string) ([]Record, error) {
	records, err := s.cfg.Journal.List(ctx, Filter{Source: strings.ToLower(source)})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(records, func(r Record) bool { return !d.owns(r) }), nil
}

// owns reports whether a record is of the definition, under whatever id, and was
// begun in the same mode, which its key tells. Where a test and the real thing
// have got into one journal, a form that was tried out is still to be handed over.
func (d *Definition) owns(r Record) bool {
	return slices.Contains(d.ids(), r.DefinitionID) && d.test == isTested(r, d.ids())
}

// isTested reports whether a record of a definition with some ids was begun in
// test mode.
func isTested(r Record, ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return r.Key == keyOf(testKeyID(id), r.Source, r.Recipient) })
}

// begin reads a source that has no record yet and stores what becomes of it. It
// returns also how many records are new.
func (s *Service) begin(ctx context.Context, d *Definition, sourceID string, t Trigger) ([]Record, int, error) {
	source, err := s.cfg.Source.Instance(ctx, sourceID)
	if err != nil {
		return nil, 0, err
	}
	if err := d.checkSource(source); err != nil {
		return nil, 0, err
	}
	if !strings.EqualFold(source.ID, sourceID) { // Storage goes by the GUID, whatever party is asked for
		if records, err := s.known(ctx, d, source.ID); err != nil || len(records) > 0 {
			return records, 0, err
		}
	}
	p, err := s.plan(ctx, d, source)
	switch {
	case err == nil:
		drafts := make([]Record, len(p.recipients))
		for i, recipient := range p.recipients {
			drafts[i] = s.draft(d, source, t)
			drafts[i].Key, drafts[i].Recipient = d.key(source.ID, recipient), recipientID(recipient)
		}
		stored, fresh, err := s.store(ctx, drafts...)
		if err == nil && fresh > 0 {
			s.plans.keep(planKey{d.id, drafts[0].Source}, p, s.cfg.Now())
		}
		return stored, fresh, err
	case errors.Is(err, ErrNotWanted):
		return s.store(ctx, s.without(d, source, t, Skipped, ""))
	case permanent(err) && t != ByCommand && t != ByAPI:
		return s.store(ctx, s.without(d, source, t, Failed, err.Error()))
	}
	return nil, 0, err
}

// replace looks anew at a source whose record is of a form that nobody is to
// receive, or of a recipient who is none any more, and begins what can be carried
// now. It returns the old record as it is to be, and what has taken its place, if
// anything has. The old one stays, as skipped: it is what the handovers began with.
// Its lease must be held, so that nobody carries it out meanwhile.
func (s *Service) replace(ctx context.Context, old Record) (Record, []Record, error) {
	d, ok := s.definitions[old.DefinitionID]
	if !ok {
		return old, nil, fmt.Errorf("definition %q: %w", old.DefinitionID, ErrUnknownDefinition)
	}
	records, err := s.instead(ctx, d, old)
	switch {
	case permanent(err) && old.Recipient == "":
		return old, nil, nil // it says so already
	case err != nil:
		return old, nil, err
	}
	old.State, old.Reason = Skipped, ""
	old.goOn()
	if records[0].Key == old.Key { // it is not wanted, whatever it was before
		return old, nil, nil
	}
	old.Reason = fmt.Sprintf("it was retried and became %d handovers of their own", len(records))
	return old, records, nil
}

// instead returns what takes the place of a record. Of a form that nobody was to
// receive that happens once, however the definition changes after that.
func (s *Service) instead(ctx context.Context, d *Definition, old Record) ([]Record, error) {
	if old.Recipient == "" {
		records, err := s.known(ctx, d, old.Source)
		records = slices.DeleteFunc(records, func(r Record) bool { return r.Recipient == "" })
		if err != nil || len(records) > 0 {
			return records, err
		}
	}
	records, _, err := s.begin(ctx, d, old.Source, ByCommand)
	return records, err
}

// draft is a record without key and recipient.
func (s *Service) draft(d *Definition, source altinn.Instance, t Trigger) Record {
	now := s.cfg.Now()
	return Record{
		DefinitionID: d.id, Source: strings.ToLower(source.ID), From: d.from, To: d.to,
		Trigger: t, State: Planned,
		Reach:     source.Process.Ended.Add(-reachMargin),
		CreatedAt: now, UpdatedAt: now,
	}
}

// without is the one record of a source that nobody is to receive.
func (s *Service) without(d *Definition, source altinn.Instance, t Trigger, state State, reason string) Record {
	r := s.draft(d, source, t)
	r.Key, r.State, r.Reason = d.skippedKey(source.ID), state, reason
	return r
}

// store makes new records durable and tells of them.
func (s *Service) store(ctx context.Context, drafts ...Record) ([]Record, int, error) {
	stored, fresh, err := s.cfg.Journal.Begin(ctx, drafts...)
	if err != nil {
		return nil, 0, err
	}
	if fresh > 0 {
		for _, r := range stored {
			s.report(r)
			s.cfg.Observer.Begun(ctx, r)
		}
	}
	return stored, fresh, nil
}

// plan works out what a source instance becomes.
func (s *Service) plan(ctx context.Context, d *Definition, source altinn.Instance) (plan, error) {
	var data []byte
	if d.sourceForm != "" {
		var err error
		if data, err = s.formData(ctx, d, source); err != nil {
			return plan{}, err
		}
	}
	return d.plan(source, data)
}

func (s *Service) formData(ctx context.Context, d *Definition, source altinn.Instance) ([]byte, error) {
	for _, e := range source.Data {
		if e.DataType == d.sourceForm {
			return s.cfg.Source.FormData(ctx, d.from, source.ID, e.ID)
		}
	}
	return nil, &SourceError{Instance: source.ID, Reason: "it has no form data " + d.sourceForm}
}
