package handover_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/journaltest"
)

// memoryJournal is a journal for tests that need thousands of them.
type memoryJournal struct {
	now func() time.Time

	mu       sync.Mutex
	rows     map[string]*memoryRow
	marks    map[string]time.Time
	paused   map[string]bool
	lineages map[string]handover.Lineage
}

var _ handover.Journal = (*memoryJournal)(nil)

type memoryRow struct {
	record handover.Record
	token  int64
	until  time.Time // zero: nobody holds it
	woken  time.Time // zero: not picked since its last update
}

func newMemoryJournal(now func() time.Time) *memoryJournal {
	return &memoryJournal{now: now, rows: map[string]*memoryRow{}, marks: map[string]time.Time{}, paused: map[string]bool{}, lineages: map[string]handover.Lineage{}}
}

func TestMemoryJournal(t *testing.T) {
	t.Parallel()
	journaltest.RunTests(t, func(_ *testing.T, now func() time.Time) handover.Journal { return newMemoryJournal(now) })
}

func (j *memoryJournal) Close() error { return nil }

func (j *memoryJournal) Begin(_ context.Context, records ...handover.Record) ([]handover.Record, int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	stored, fresh := make([]handover.Record, len(records)), 0
	for i, r := range records {
		row, ok := j.rows[r.Key]
		if !ok {
			r.Version = 1
			row = &memoryRow{record: r}
			j.rows[r.Key] = row
			fresh++
		}
		stored[i] = row.record
	}
	return stored, fresh, nil
}

func (j *memoryJournal) Get(_ context.Context, key string) (handover.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if row, ok := j.rows[key]; ok {
		return row.record, nil
	}
	return handover.Record{}, handover.ErrNoRecord
}

func (j *memoryJournal) List(_ context.Context, f handover.Filter) ([]handover.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []handover.Record
	for _, row := range j.rows {
		r := row.record
		if (f.DefinitionID == "" || r.DefinitionID == f.DefinitionID) && (f.Source == "" || r.Source == f.Source) &&
			(f.Receiving == "" || r.Receiving == f.Receiving) && (f.Reference == "" || r.Source[max(0, len(r.Source)-12):] == f.Reference) &&
			strings.HasPrefix(r.Key, f.KeyPrefix) &&
			(len(f.States) == 0 || slices.Contains(f.States, r.State)) &&
			(f.Due.IsZero() || !r.State.Settled() && !r.NotBefore.After(f.Due)) &&
			(f.After.Key == "" || cmp.Or(r.CreatedAt.Compare(f.After.CreatedAt), cmp.Compare(r.Key, f.After.Key)) > 0) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b handover.Record) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Key, b.Key))
	})
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func (j *memoryJournal) Acquire(_ context.Context, key, _ string, ttl time.Duration) (handover.Lease, handover.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	row, ok := j.rows[key]
	if !ok {
		return handover.Lease{}, handover.Record{}, handover.ErrNoRecord
	}
	if j.now().Before(row.until) {
		return handover.Lease{}, handover.Record{}, handover.ErrHeld
	}
	row.token++
	row.until = j.now().Add(ttl)
	return handover.Lease{Key: key, Token: row.token}, row.record, nil
}

// held finds the row of a lease that nobody has taken over.
func (j *memoryJournal) held(l handover.Lease) (*memoryRow, error) {
	row, ok := j.rows[l.Key]
	if !ok || row.token != l.Token || row.until.IsZero() {
		return nil, handover.ErrLost
	}
	return row, nil
}

func (j *memoryJournal) Extend(_ context.Context, l handover.Lease, ttl time.Duration) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	row, err := j.held(l)
	if err == nil {
		row.until = j.now().Add(ttl)
	}
	return err
}

func (j *memoryJournal) Release(_ context.Context, l handover.Lease) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if row, err := j.held(l); err == nil {
		row.until = time.Time{}
	}
	return nil
}

func (j *memoryJournal) Update(_ context.Context, l handover.Lease, r handover.Record) (handover.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	row, err := j.held(l)
	if err != nil || row.record.Version != r.Version {
		return r, handover.ErrLost
	}
	r.Version++
	row.record, row.woken = r, time.Time{}
	return r, nil
}

func (j *memoryJournal) Watermark(_ context.Context, name string) (time.Time, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.marks[name], nil
}

func (j *memoryJournal) SetWatermark(_ context.Context, name string, at time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.marks[name] = at
	return nil
}
