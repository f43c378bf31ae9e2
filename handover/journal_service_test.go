package handover_test

import (
	"cmp"
	"context"
	keysof "maps"
	"slices"
	"time"

	"github.com/stafett/stafett/handover"
)

func (j *memoryJournal) Wake(_ context.Context, q handover.WakeQuery) ([]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	since := func(r handover.Record) time.Time {
		if r.NotBefore.IsZero() {
			return r.CreatedAt
		}
		return r.NotBefore
	}
	var due []*memoryRow
	for _, row := range j.rows {
		r := row.record
		if !r.State.Settled() && !since(r).After(now) && !row.woken.After(now) && !row.until.After(now) &&
			!j.paused[r.DefinitionID] && (len(q.Definitions) == 0 || slices.Contains(q.Definitions, r.DefinitionID)) {
			due = append(due, row)
		}
	}
	slices.SortFunc(due, func(a, b *memoryRow) int {
		return cmp.Or(since(a.record).Compare(since(b.record)), cmp.Compare(a.record.Key, b.record.Key))
	})
	var picked []string
	for _, row := range due[:min(q.Limit, len(due))] {
		row.woken = now.Add(q.Again)
		picked = append(picked, row.record.Key)
	}
	return picked, nil
}

func (j *memoryJournal) ForgetWakes(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, row := range j.rows {
		row.woken = time.Time{}
	}
	return nil
}

func (j *memoryJournal) Pause(_ context.Context, definitionID string, paused bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.paused, definitionID)
	if paused {
		j.paused[definitionID] = true
	}
	return nil
}

func (j *memoryJournal) Paused(context.Context) ([]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Sorted(keysof.Keys(j.paused)), nil
}

func (j *memoryJournal) Lineages(context.Context) ([]handover.Lineage, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []handover.Lineage
	for _, id := range slices.Sorted(keysof.Keys(j.lineages)) {
		all = append(all, j.lineages[id])
	}
	return all, nil
}

func (j *memoryJournal) SaveLineage(_ context.Context, l handover.Lineage) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lineages[l.DefinitionID] = l
	return nil
}

func (j *memoryJournal) Summary(context.Context) (handover.Summary, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var s handover.Summary
	for _, row := range j.rows {
		r := row.record
		i := slices.IndexFunc(s.Counts, func(c handover.Count) bool { return c.DefinitionID == r.DefinitionID && c.State == r.State })
		if i < 0 {
			i = len(s.Counts)
			s.Counts = append(s.Counts, handover.Count{DefinitionID: r.DefinitionID, State: r.State})
		}
		s.Counts[i].Records++
		if r.State.Settled() {
			continue
		}
		i = slices.IndexFunc(s.Oldest, func(o handover.Oldest) bool { return o.DefinitionID == r.DefinitionID })
		switch {
		case i < 0:
			s.Oldest = append(s.Oldest, handover.Oldest{DefinitionID: r.DefinitionID, Reach: r.Reach})
		case r.Reach.Before(s.Oldest[i].Reach):
			s.Oldest[i].Reach = r.Reach
		}
	}
	slices.SortFunc(s.Counts, func(a, b handover.Count) int {
		return cmp.Or(cmp.Compare(a.DefinitionID, b.DefinitionID), cmp.Compare(a.State, b.State))
	})
	slices.SortFunc(s.Oldest, func(a, b handover.Oldest) int { return cmp.Compare(a.DefinitionID, b.DefinitionID) })
	return s, nil
}

func (j *memoryJournal) Prune(_ context.Context, before time.Time, limit int) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, row := range j.rows {
		r := &row.record
		bare := r.Files == nil && r.FormSHA256 == "" && r.Refusal == "" && r.Setback == handover.Setback{}
		if n == limit || !r.State.Settled() || bare || !r.UpdatedAt.Before(before) || row.until.After(j.now()) {
			continue
		}
		r.Files, r.FormSHA256, r.Refusal, r.Setback = nil, "", "", handover.Setback{}
		r.Version++
		n++
	}
	return n, nil
}
