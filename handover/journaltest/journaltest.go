// Package journaltest holds the contract of [handover.Journal] as tests, so that
// every journal is held to the same one.
package journaltest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

// RunTests tests a journal. open returns an empty one whose leases go by the
// clock given; it sees to closing it.
func RunTests(t *testing.T, open func(t *testing.T, now func() time.Time) handover.Journal) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *fixture)
	}{
		{"Begin keeps the first record", begin},
		{"every field comes back", everyField},
		{"List", list},
		{"one holder at a time", oneHolder},
		{"an expired lease is taken over and fenced off", takeOver},
		{"Extend", extend},
		{"Release", release},
		{"Update wants the latest version", latestVersion},
		{"many at once", manyAtOnce},
		{"Watermark", watermark},
		{"Begin of many", beginMany},
		{"Begin of the same by many", beginAllOrNone},
		{"List finds an instance and a reference", find},
		{"List in pages", pages},
		{"Wake picks what is due", wakeDue},
		{"Wake passes over what is held", wakeHeld},
		{"Wake picks again", wakeAgain},
		{"Wake passes over paused definitions", wakePaused},
		{"Wake picks those of some definitions", wakeDefinitions},
		{"Wake picks once", wakeOnce},
		{"Lineages", lineages},
		{"Summary", summary},
		{"Prune", prune},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fixture{ctx: t.Context(), now: time.Date(2031, 4, 2, 8, 15, 30, 0, time.UTC)}
			f.Journal = open(t, f.clock)
			test.run(t, f)
		})
	}
}

// fixture is a journal with a clock that stands until it is set on.
type fixture struct {
	handover.Journal
	ctx context.Context
	mu  sync.Mutex
	now time.Time
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fixture) begin(t *testing.T, r handover.Record) handover.Record {
	t.Helper()
	stored, fresh, err := f.Begin(f.ctx, r)
	if err != nil || fresh != 1 {
		t.Fatalf("Begin: %d are new, %v", fresh, err)
	}
	return stored[0]
}

func (f *fixture) acquire(t *testing.T, key string, ttl time.Duration) (handover.Lease, handover.Record) {
	t.Helper()
	l, r, err := f.Acquire(f.ctx, key, "a process", ttl)
	if err != nil {
		t.Fatalf("Acquire: %v", err)
	}
	return l, r
}

func want(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func sample(key string) handover.Record {
	at := time.Date(2031, 4, 2, 8, 15, 30, 123456700, time.UTC)
	return handover.Record{
		Key: key, DefinitionID: "en", Source: "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11",
		From: "fts/barmarkskjoring", To: "fts/saksmottak", Recipient: "organisation:313547264",
		State: handover.Unclear, Reach: at, NotBefore: at.Add(time.Minute), Attempts: 2, Refusals: 1, Fills: 3,
		Refusal: "PUT /x: 404 Not Found", Reason: "æøå", Setback: handover.Setback{Cause: "PUT /x: 404 Not Found", Status: 404, UnknownParty: true}, Receiving: "50000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a12", SoftDeleted: true,
		Files:      []handover.File{{Element: "e1", DataType: "vedlegg", Size: 1 << 40, SHA256: "aa"}, {Element: "e2"}},
		FormSHA256: "bb",
		Duplicates: []handover.Duplicate{{Instance: "50000001/x", Fate: handover.Marked}},
		CreatedAt:  at, UpdatedAt: at.Add(time.Second),
		Trigger: handover.ByEvent, Unclears: 4, Delays: 5, Confirmed: true,
	}
}

func begin(t *testing.T, f *fixture) {
	first := f.begin(t, sample("k"))
	other := sample("k")
	other.State, other.Attempts = handover.Done, 9
	got, fresh, err := f.Begin(f.ctx, other)
	if err != nil || fresh != 0 || !reflect.DeepEqual(got, []handover.Record{first}) {
		t.Errorf("a second Begin gave %+v, %d new, %v", got, fresh, err)
	}
	_, err = f.Get(f.ctx, "unknown")
	want(t, "Get of an unknown key", err, handover.ErrNoRecord)
}

func everyField(t *testing.T, f *fixture) {
	for i, r := range []handover.Record{sample("full"), {Key: "empty", State: handover.Planned}} {
		begun := f.begin(t, r)
		r.Version = begun.Version
		if !reflect.DeepEqual(begun, r) {
			t.Errorf("%d: Begin gave %+v\nwant %+v", i, begun, r)
		}
		l, held := f.acquire(t, r.Key, time.Minute)
		if !reflect.DeepEqual(held, r) {
			t.Errorf("%d: Acquire gave %+v\nwant %+v", i, held, r)
		}
		r = sample(r.Key)
		r.Version, r.Attempts, r.Files = begun.Version, 77, nil
		updated, err := f.Update(f.ctx, l, r)
		if err != nil || updated.Version <= begun.Version {
			t.Fatalf("%d: Update gave version %d after %d, %v", i, updated.Version, begun.Version, err)
		}
		r.Version = updated.Version
		got, err := f.Get(f.ctx, r.Key)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%d: Get gave %+v, %v\nwant %+v", i, got, err, r)
		}
	}
}

func list(t *testing.T, f *fixture) {
	at := f.clock()
	add := func(key string, age time.Duration, change func(*handover.Record)) {
		r := sample(key)
		r.CreatedAt, r.NotBefore = at.Add(-age), time.Time{}
		change(&r)
		f.begin(t, r)
	}
	add("d", 4*time.Hour, func(r *handover.Record) { r.State = handover.Done })
	add("c", 3*time.Hour, func(r *handover.Record) { r.State, r.DefinitionID = handover.Planned, "to" })
	add("b", 2*time.Hour, func(r *handover.Record) { r.NotBefore = at.Add(time.Minute) })
	add("a", 2*time.Hour, func(r *handover.Record) { r.NotBefore, r.Source = at, "1/x" })
	add("e", time.Hour, func(r *handover.Record) { r.State = handover.Failed })
	for _, c := range []struct {
		name   string
		filter handover.Filter
		want   string
	}{
		{"all, oldest first", handover.Filter{}, "[d c a b e]"},
		{"definition", handover.Filter{DefinitionID: "to"}, "[c]"},
		{"source", handover.Filter{Source: "1/x"}, "[a]"},
		{"states", handover.Filter{States: []handover.State{handover.Done, handover.Failed}}, "[d e]"},
		{"due", handover.Filter{Due: at}, "[c a]"},
		{"due later", handover.Filter{Due: at.Add(time.Minute)}, "[c a b]"},
		{"limit", handover.Filter{Limit: 2}, "[d c]"},
		{"together", handover.Filter{Due: at, DefinitionID: "en", States: handover.States(), Limit: 5}, "[a]"},
		{"none", handover.Filter{DefinitionID: "tre"}, "[]"},
	} {
		records, err := f.List(f.ctx, c.filter)
		var keys []string
		for _, r := range records {
			keys = append(keys, r.Key)
		}
		if got := fmt.Sprint(keys); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

func oneHolder(t *testing.T, f *fixture) {
	f.begin(t, sample("k"))
	f.begin(t, sample("other"))
	f.acquire(t, "k", time.Minute)
	f.pass(59 * time.Second)
	_, _, err := f.Acquire(f.ctx, "k", "a process", time.Minute)
	want(t, "a second Acquire, by the same name", err, handover.ErrHeld)
	_, _, err = f.Acquire(f.ctx, "unknown", "a process", time.Minute)
	want(t, "Acquire of an unknown key", err, handover.ErrNoRecord)
	f.acquire(t, "other", time.Minute)
}

func takeOver(t *testing.T, f *fixture) {
	f.begin(t, sample("k"))
	old, r := f.acquire(t, "k", time.Minute)
	f.pass(time.Minute)
	taken, _ := f.acquire(t, "k", time.Minute)
	if taken.Token == old.Token {
		t.Error("two leases have the same token")
	}
	_, err := f.Update(f.ctx, old, r)
	want(t, "Update with the old lease", err, handover.ErrLost)
	want(t, "Extend with the old lease", f.Extend(f.ctx, old, time.Hour), handover.ErrLost)
	want(t, "Release with the old lease", f.Release(f.ctx, old), nil)
	_, _, err = f.Acquire(f.ctx, "k", "a process", time.Minute)
	want(t, "Acquire after the old lease was released", err, handover.ErrHeld)
	if got, err := f.Get(f.ctx, "k"); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("a refused update changed the record: %+v, %v", got, err)
	}
	if _, err := f.Update(f.ctx, taken, r); err != nil {
		t.Errorf("Update with the new lease: %v", err)
	}
}

func extend(t *testing.T, f *fixture) {
	f.begin(t, sample("k"))
	l, r := f.acquire(t, "k", time.Minute)
	for range 3 {
		f.pass(50 * time.Second)
		want(t, "Extend", f.Extend(f.ctx, l, time.Minute), nil)
	}
	_, _, err := f.Acquire(f.ctx, "k", "a process", time.Minute)
	want(t, "Acquire of a prolonged lease", err, handover.ErrHeld)
	f.pass(time.Hour)
	// Expired, but nobody has taken it over: the holder may go on.
	want(t, "Extend after expiry", f.Extend(f.ctx, l, time.Minute), nil)
	_, err = f.Update(f.ctx, l, r)
	want(t, "Update", err, nil)
}

func release(t *testing.T, f *fixture) {
	f.begin(t, sample("k"))
	l, r := f.acquire(t, "k", time.Hour)
	want(t, "Release", f.Release(f.ctx, l), nil)
	want(t, "Release again", f.Release(f.ctx, l), nil)
	want(t, "Extend of a released lease", f.Extend(f.ctx, l, time.Hour), handover.ErrLost)
	_, err := f.Update(f.ctx, l, r)
	want(t, "Update with a released lease", err, handover.ErrLost)
	f.acquire(t, "k", time.Hour)
}

func latestVersion(t *testing.T, f *fixture) {
	f.begin(t, sample("k"))
	l, r := f.acquire(t, "k", time.Hour)
	second, err := f.Update(f.ctx, l, r)
	want(t, "Update", err, nil)
	stale := r
	stale.Attempts = 99
	_, err = f.Update(f.ctx, l, stale)
	want(t, "Update of a stale record", err, handover.ErrLost)
	if got, err := f.Get(f.ctx, "k"); err != nil || !reflect.DeepEqual(got, second) {
		t.Errorf("got %+v, %v, want %+v", got, err, second)
	}
}

func manyAtOnce(t *testing.T, f *fixture) {
	var created, held atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, fresh, err := f.Begin(f.ctx, sample("k"))
			if err != nil {
				t.Errorf("Begin: %v", err)
			}
			created.Add(int32(fresh)) //nolint:gosec // G115: one at most
			l, r, err := f.Acquire(f.ctx, "k", "a process", time.Minute)
			if errors.Is(err, handover.ErrHeld) {
				return
			}
			if err != nil {
				t.Errorf("Acquire: %v", err)
				return
			}
			held.Add(1)
			if _, err := f.Update(f.ctx, l, r); err != nil {
				t.Errorf("Update: %v", err)
			}
		})
	}
	all.Wait()
	if created.Load() != 1 || held.Load() != 1 {
		t.Errorf("of 20 callers %d created the record and %d got the lease, want 1 and 1", created.Load(), held.Load())
	}
}

func watermark(t *testing.T, f *fixture) {
	if at, err := f.Watermark(f.ctx, "en"); err != nil || !at.IsZero() {
		t.Errorf("a new journal has the watermark %v, %v", at, err)
	}
	at := f.clock().Add(100 * time.Nanosecond)
	want(t, "SetWatermark", f.SetWatermark(f.ctx, "en", at.Add(-time.Hour)), nil)
	want(t, "SetWatermark", f.SetWatermark(f.ctx, "en", at), nil)
	want(t, "SetWatermark", f.SetWatermark(f.ctx, "to", at.Add(time.Hour)), nil)
	if got, err := f.Watermark(f.ctx, "en"); err != nil || !got.Equal(at) {
		t.Errorf("got %v, %v, want %v", got, err, at)
	}
}
