package journaltest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

// due stores a record that has been due for a time; a negative one is still to
// pass.
func (f *fixture) due(t *testing.T, key string, since time.Duration, change ...func(*handover.Record)) {
	t.Helper()
	r := sample(key)
	r.NotBefore = f.clock().Add(-since)
	for _, c := range change {
		c(&r)
	}
	f.begin(t, r)
}

// wake picks records and returns their keys in the order given.
func (f *fixture) wake(t *testing.T, q handover.WakeQuery) []string {
	t.Helper()
	if q.Again == 0 {
		q.Again = time.Minute
	}
	keys, err := f.Wake(f.ctx, q)
	if err != nil {
		t.Errorf("Wake: %v", err)
	}
	return keys
}

func (f *fixture) wants(t *testing.T, what string, q handover.WakeQuery, keys ...string) {
	t.Helper()
	if got := f.wake(t, q); !slices.Equal(got, keys) {
		t.Errorf("%s: Wake picked %v, want %v", what, got, keys)
	}
}

var plenty = handover.WakeQuery{Limit: 100}

func wakeDue(t *testing.T, f *fixture) {
	f.due(t, "new", 0, func(r *handover.Record) { r.CreatedAt, r.NotBefore = f.clock().Add(-2*time.Hour), time.Time{} })
	f.due(t, "longest", 3*time.Hour, func(r *handover.Record) { r.To = "fts/annet" })
	f.due(t, "now", 0)
	f.due(t, "later", -time.Second)
	for _, s := range handover.States() {
		f.due(t, string(s), time.Hour, func(r *handover.Record) {
			r.State = s
			if !s.Settled() {
				r.NotBefore = f.clock().Add(time.Hour)
			}
		})
	}
	f.wants(t, "one wanted", handover.WakeQuery{Limit: 1}, "longest")
	f.wants(t, "none wanted", handover.WakeQuery{})
	f.wants(t, "the longest due first", plenty, "new", "now")
	f.wants(t, "all picked", plenty)
	f.pass(time.Second)
	f.wants(t, "due a second later", plenty, "later")
	f.pass(time.Hour)
	f.wants(t, "an hour later, all again, in the order in which they fell due", plenty,
		"longest", "new", "now", "later", "created", "creating", "filling", "planned", "unclear", "verified")
}

func wakeHeld(t *testing.T, f *fixture) {
	f.due(t, "held", 0)
	f.due(t, "free", 0)
	l, _ := f.acquire(t, "held", 10*time.Minute)
	f.wants(t, "one is held", plenty, "free")
	want(t, "Release", f.Release(f.ctx, l), nil)
	f.wants(t, "released", plenty, "held")
	f.acquire(t, "held", 10*time.Minute)
	f.pass(10 * time.Minute)
	f.wants(t, "the holder is gone", plenty, "free", "held")
}

func wakeAgain(t *testing.T, f *fixture) {
	f.due(t, "k", time.Hour)
	before, err := f.Get(f.ctx, "k")
	want(t, "Get", err, nil)
	f.wants(t, "at first", handover.WakeQuery{Limit: 1, Again: 5 * time.Minute}, "k")
	f.pass(5*time.Minute - time.Nanosecond)
	f.wants(t, "picked within the last again", plenty)
	f.pass(time.Nanosecond)
	f.wants(t, "its worker never came", handover.WakeQuery{Limit: 1, Again: 5 * time.Minute}, "k")
	l, r := f.acquire(t, "k", time.Minute)
	if r.Version != before.Version || !r.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("to be picked made version %d of %d", r.Version, before.Version)
	}
	_, err = f.Update(f.ctx, l, r)
	want(t, "Update", err, nil)
	f.wants(t, "updated and still held", plenty)
	want(t, "Release", f.Release(f.ctx, l), nil)
	f.wants(t, "updated since", plenty, "k")
	want(t, "ForgetWakes", f.ForgetWakes(f.ctx), nil)
	f.wants(t, "forgotten", plenty, "k")
}

func wakePaused(t *testing.T, f *fixture) {
	f.due(t, "a", 2*time.Hour)
	f.due(t, "b", time.Hour, func(r *handover.Record) { r.DefinitionID = "to" })
	for range 2 { // to say it twice changes nothing
		want(t, "Pause", f.Pause(f.ctx, "to", true), nil)
	}
	want(t, "Pause", f.Pause(f.ctx, "not begun yet", true), nil)
	if got, err := f.Paused(f.ctx); err != nil || !slices.Equal(got, []string{"not begun yet", "to"}) {
		t.Errorf("Paused: %q, %v", got, err)
	}
	f.wants(t, "one definition is paused", plenty, "a")
	l, _ := f.acquire(t, "b", time.Minute) // by hand it still goes
	want(t, "Release", f.Release(f.ctx, l), nil)
	for range 2 {
		want(t, "Pause", f.Pause(f.ctx, "to", false), nil)
	}
	f.wants(t, "resumed", plenty, "b")
	if got, err := f.Paused(f.ctx); err != nil || !slices.Equal(got, []string{"not begun yet"}) {
		t.Errorf("Paused after resuming one: %q, %v", got, err)
	}
}

func wakeDefinitions(t *testing.T, f *fixture) {
	for i, id := range []string{"a", "b", "c", "a"} {
		f.due(t, fmt.Sprint(i, id), time.Hour-time.Duration(i), func(r *handover.Record) { r.DefinitionID = id })
	}
	f.wants(t, "those of one that is not there", handover.WakeQuery{Limit: 9, Definitions: []string{"unknown"}})
	f.wants(t, "those of one", handover.WakeQuery{Limit: 1, Definitions: []string{"b"}}, "1b")
	f.wants(t, "those of two", handover.WakeQuery{Limit: 2, Definitions: []string{"c", "a", "unknown"}}, "0a", "2c")
	f.wants(t, "the rest", plenty, "3a")
}

func wakeOnce(t *testing.T, f *fixture) {
	const records = 60
	for i := range records {
		f.due(t, fmt.Sprintf("k%02d", i), time.Hour)
	}
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		times = map[string]int{}
	)
	for range 6 {
		all.Go(func() {
			for range records { // more often than it takes
				keys := f.wake(t, handover.WakeQuery{Limit: 7})
				if len(keys) > 7 {
					t.Errorf("Wake of 7 picked %d", len(keys))
				}
				mu.Lock()
				for _, k := range keys {
					times[k]++
				}
				mu.Unlock()
				if len(keys) == 0 {
					return
				}
			}
		})
	}
	all.Wait()
	// Of pickers at the same moment, one may be given nothing while another still
	// holds what it picks; what is left is for the next.
	for _, k := range f.wake(t, plenty) {
		times[k]++
	}
	if len(times) != records {
		t.Errorf("%d records were picked, want %d", len(times), records)
	}
	for k, n := range times {
		if n != 1 {
			t.Errorf("%s was picked %d times", k, n)
		}
	}
}
