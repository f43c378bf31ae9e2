package journaltest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

func beginMany(t *testing.T, f *fixture) {
	old := f.begin(t, sample("b"))
	given := []handover.Record{sample("c"), sample("b"), sample("a")}
	given[1].Attempts = 99
	stored, fresh, err := f.Begin(f.ctx, given...)
	if err != nil || fresh != 2 || len(stored) != 3 || stored[0].Key != "c" || !reflect.DeepEqual(stored[1], old) || stored[2].Key != "a" {
		t.Errorf("Begin of three, one of them known: %+v, %d new, %v", stored, fresh, err)
	}
	if stored, fresh, err := f.Begin(f.ctx); err != nil || fresh != 0 || len(stored) != 0 {
		t.Errorf("Begin of none: %+v, %d new, %v", stored, fresh, err)
	}
	twice, fresh, err := f.Begin(f.ctx, sample("d"), sample("d"))
	if err != nil || fresh != 1 || len(twice) != 2 || !reflect.DeepEqual(twice[0], twice[1]) {
		t.Errorf("Begin of one twice: %+v, %d new, %v", twice, fresh, err)
	}
}

// beginAllOrNone has several begin the same records in different orders. Each
// record is new to one of them, and whoever returns sees all.
func beginAllOrNone(t *testing.T, f *fixture) {
	const records = 10
	var fresh atomic.Int32
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			given := make([]handover.Record, records)
			for i := range given {
				given[i] = sample(fmt.Sprint((i*(1+2*(caller%2)) + caller) % records)) // 1 and 3 have no factor in common with 10
			}
			stored, n, err := f.Begin(f.ctx, given...)
			if err != nil || len(stored) != records {
				t.Errorf("Begin: %d, %v", len(stored), err)
			}
			fresh.Add(int32(n)) //nolint:gosec // G115: 10 at most
			if there, err := f.List(f.ctx, handover.Filter{}); err != nil || len(there) != records {
				t.Errorf("after Begin there are %d, %v", len(there), err)
			}
		})
	}
	all.Wait()
	if fresh.Load() != records {
		t.Errorf("%d were new, want %d", fresh.Load(), records)
	}
}

func find(t *testing.T, f *fixture) {
	f.begin(t, sample("k"))
	r := sample("to")
	r.Source, r.Receiving = "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a99", "50000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a98"
	f.begin(t, r)
	r = sample("tre") // another recipient's record of the same form
	r.Receiving = ""
	f.begin(t, r)
	for _, c := range []struct {
		name   string
		filter handover.Filter
		want   string
	}{
		{"receiving", handover.Filter{Receiving: r.Receiving}, "[k to tre]"}, // empty: does not restrict
		{"receiving", handover.Filter{Receiving: "50000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a98"}, "[to]"},
		{"unknown receiving", handover.Filter{Receiving: "50000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a97"}, "[]"},
		{"reference", handover.Filter{Reference: "2f6f0d8c7a11"}, "[k tre]"},
		{"half a reference", handover.Filter{Reference: "0d8c7a11"}, "[]"},
		{"prefix", handover.Filter{KeyPrefix: "t"}, "[to tre]"},
		{"key as prefix", handover.Filter{KeyPrefix: "tre"}, "[tre]"},
		{"unknown prefix", handover.Filter{KeyPrefix: "tree"}, "[]"},
		{"source and definition", handover.Filter{Source: "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", DefinitionID: "en"}, "[k tre]"},
		{"source of another definition", handover.Filter{Source: "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", DefinitionID: "to"}, "[]"},
		{"source and state", handover.Filter{Source: "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", States: []handover.State{handover.Unclear, handover.Done}, Limit: 1}, "[k]"},
	} {
		if got := f.keys(t, c.filter); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func (f *fixture) keys(t *testing.T, filter handover.Filter) string {
	t.Helper()
	records, err := f.List(f.ctx, filter)
	if err != nil {
		t.Errorf("List: %v", err)
	}
	var keys []string
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	return fmt.Sprint(keys)
}

// pages reads a list page by page, while it grows at its end.
func pages(t *testing.T, f *fixture) {
	var want []string
	for i := range 25 {
		r := sample(fmt.Sprintf("k%02d", i))
		r.CreatedAt = f.clock().Add(time.Duration(i/4) * time.Second) // some of the same moment
		r.DefinitionID, r.State = fmt.Sprint(i%3), handover.States()[i%4]
		f.begin(t, r)
		want = append(want, r.Key)
	}
	var got []string
	filter := handover.Filter{Limit: 4, States: handover.States()}
	for {
		page, err := f.List(f.ctx, filter)
		if err != nil || len(page) > 4 {
			t.Fatalf("a page of %d, %v", len(page), err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			got = append(got, r.Key)
		}
		last := page[len(page)-1]
		filter.After = handover.Cursor{CreatedAt: last.CreatedAt, Key: last.Key}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages hold %v, want %v", got, want)
	}
}

func lineages(t *testing.T, f *fixture) {
	if got, err := f.Lineages(f.ctx); err != nil || len(got) != 0 {
		t.Errorf("a new journal has lineages %v, %v", got, err)
	}
	at := f.clock()
	to := handover.Lineage{DefinitionID: "to", From: "fts/a", To: "fts/b", Since: at, FirstServed: at.Add(time.Hour)}
	en := handover.Lineage{DefinitionID: "en"}
	want(t, "SaveLineage", f.SaveLineage(f.ctx, to), nil)
	want(t, "SaveLineage", f.SaveLineage(f.ctx, en), nil)
	to = handover.Lineage{DefinitionID: "to", From: "fts/c", To: "fts/d", Since: at.Add(1), FirstServed: at.Add(2), Confirmed: true}
	want(t, "SaveLineage", f.SaveLineage(f.ctx, to), nil)
	if got, err := f.Lineages(f.ctx); err != nil || !reflect.DeepEqual(got, []handover.Lineage{en, to}) {
		t.Errorf("got %+v, %v, want %+v", got, err, []handover.Lineage{en, to})
	}
}

func summary(t *testing.T, f *fixture) {
	if got, err := f.Summary(f.ctx); err != nil || len(got.Counts)+len(got.Oldest) != 0 {
		t.Errorf("a new journal: %+v, %v", got, err)
	}
	at := f.clock()
	add := func(key, definition string, s handover.State, reach time.Time) {
		r := sample(key)
		r.DefinitionID, r.State, r.Reach = definition, s, reach
		f.begin(t, r)
	}
	add("a", "en", handover.Done, at.Add(-9*time.Hour)) // the oldest of all, but settled
	add("b", "en", handover.Planned, at.Add(-2*time.Hour))
	add("c", "en", handover.Unclear, at.Add(-3*time.Hour))
	add("d", "en", handover.Unclear, at)
	add("e", "to", handover.Failed, at)
	add("f", "tre", handover.Planned, time.Time{})
	want := handover.Summary{
		Counts: []handover.Count{
			{DefinitionID: "en", State: handover.Done, Records: 1}, {DefinitionID: "en", State: handover.Planned, Records: 1},
			{DefinitionID: "en", State: handover.Unclear, Records: 2}, {DefinitionID: "to", State: handover.Failed, Records: 1},
			{DefinitionID: "tre", State: handover.Planned, Records: 1},
		},
		Oldest: []handover.Oldest{{DefinitionID: "en", Reach: at.Add(-3 * time.Hour)}, {DefinitionID: "tre"}},
	}
	if got, err := f.Summary(f.ctx); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	// What was unclear longest is done, and what had failed begins anew.
	for key, s := range map[string]handover.State{"c": handover.Done, "e": handover.Planned} {
		l, r := f.acquire(t, key, time.Minute)
		r.State = s
		if _, err := f.Update(f.ctx, l, r); err != nil {
			t.Fatal(err)
		}
	}
	want = handover.Summary{
		Counts: []handover.Count{
			{DefinitionID: "en", State: handover.Done, Records: 2}, {DefinitionID: "en", State: handover.Planned, Records: 1},
			{DefinitionID: "en", State: handover.Unclear, Records: 1}, {DefinitionID: "to", State: handover.Planned, Records: 1},
			{DefinitionID: "tre", State: handover.Planned, Records: 1},
		},
		Oldest: []handover.Oldest{{DefinitionID: "en", Reach: at.Add(-2 * time.Hour)}, {DefinitionID: "to", Reach: at}, {DefinitionID: "tre"}},
	}
	if got, err := f.Summary(f.ctx); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("after two updates: %+v, %v\nwant %+v", got, err, want)
	}
}

func prune(t *testing.T, f *fixture) {
	day := 24 * time.Hour
	for _, s := range handover.States() {
		for age, name := range map[time.Duration]string{100 * day: "old ", 80 * day: "new "} {
			r := sample(name + string(s))
			r.State, r.UpdatedAt = s, f.clock().Add(-age)
			f.begin(t, r)
		}
	}
	var after []handover.Record
	old := 0
	for _, s := range handover.States() {
		r, err := f.Get(f.ctx, "old "+string(s))
		want(t, "Get", err, nil)
		if s.Settled() {
			r.Files, r.Setback, r.Refusal, r.FormSHA256 = nil, handover.Setback{}, "", ""
			old++
		}
		after = append(after, r)
	}
	f.acquire(t, "old failed", time.Minute) // somebody is about to try it again
	before := f.clock().Add(-90 * day)
	total := 0
	for range old {
		n, err := f.Prune(f.ctx, before, 2)
		if err != nil || n > 2 {
			t.Fatalf("Prune of two: %d, %v", n, err)
		}
		total += n
	}
	if total != old-1 {
		t.Errorf("Prune cleared %d, want %d and not the one that is held", total, old-1)
	}
	f.pass(time.Minute)
	if n, err := f.Prune(f.ctx, before, 100); err != nil || n != 1 {
		t.Errorf("Prune after the lease: %d, %v, want 1", n, err)
	}
	if n, err := f.Prune(f.ctx, before, 100); err != nil || n != 0 {
		t.Errorf("Prune again: %d, %v, want 0", n, err)
	}
	for _, r := range after {
		got, err := f.Get(f.ctx, r.Key)
		if r.State.Settled() && got.Version == r.Version {
			t.Errorf("%s was pruned and kept its version", r.Key)
		}
		if !r.State.Settled() && got.Version != r.Version {
			t.Errorf("%s was touched", r.Key)
		}
		if got.Version = r.Version; err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s is %+v, %v\nwant %+v", r.Key, got, err, r)
		}
	}
	for _, s := range handover.States() {
		got, err := f.Get(f.ctx, "new "+string(s))
		r := sample(got.Key)
		r.State, r.UpdatedAt, r.Version = s, f.clock().Add(-80*day-time.Minute), got.Version
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s is %+v, %v\nwant %+v", got.Key, got, err, r)
		}
	}
}
