package handover_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// listing is a Lister that writes down what it is asked.
type listing struct {
	mu        sync.Mutex
	instances []altinn.Instance // by lastChanged
	asked     []altinn.Query
	read      int
	takes     time.Duration
	err       error
}

func (l *listing) add(id, key string, changed time.Time, change ...func(*altinn.Instance)) {
	i := altinn.Instance{ID: id, Created: changed, LastChanged: changed, DataValues: map[string]string{handover.Stamp: key}}
	for _, c := range change {
		c(&i)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.instances = slices.DeleteFunc(l.instances, func(o altinn.Instance) bool { return o.ID == id })
	l.instances = append(l.instances, i)
}

func (l *listing) Instances(_ context.Context, q altinn.Query) iter.Seq2[altinn.Instance, error] {
	return func(yield func(altinn.Instance, error) bool) {
		l.mu.Lock()
		l.asked = append(l.asked, q)
		found := slices.DeleteFunc(slices.Clone(l.instances), func(i altinn.Instance) bool {
			return i.LastChanged.Before(q.LastChanged.From) || !q.LastChanged.Before.IsZero() && !i.LastChanged.Before(q.LastChanged.Before)
		})
		l.read += len(found)
		err := l.err
		l.mu.Unlock()
		time.Sleep(l.takes)
		for _, i := range found {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(altinn.Instance{}, err)
		}
	}
}

var target = handover.Target{AppID: "fts/mottak", Recipient: recipient}

func ids(t *testing.T, x *handover.Index, key string, since time.Time) []string {
	t.Helper()
	found, err := x.Find(t.Context(), handover.Search{Target: target, Key: key, Since: since, Thorough: true})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range found {
		out = append(out, c.ID)
	}
	slices.Sort(out)
	return out
}

func TestIndexReadsOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	l := &listing{}
	x := handover.NewIndex(l, 10*time.Minute)
	l.add("1/old", "k", at(-60))
	for i := range 1000 {
		l.add(fmt.Sprintf("1/%d", i), fmt.Sprint(i), at(i/10))
	}
	if got := ids(t, x, "7", at(0)); !slices.Equal(got, []string{"1/7"}) {
		t.Errorf("got %v", got)
	}
	want := altinn.Query{ // with no owner's number: that list is empty while Register is out of order
		AppID: "fts/mottak", Ascending: true, OmitDataElements: true,
		LastChanged: altinn.TimeRange{From: at(0)},
	}
	if fmt.Sprint(l.asked[0]) != fmt.Sprint(want) {
		t.Errorf("asked %+v\nwant  %+v", l.asked[0], want)
	}
	l.read = 0
	for i := range 100 {
		if got := ids(t, x, fmt.Sprint(i), at(50)); len(got) != 1 {
			t.Errorf("key %d: got %v", i, got)
		}
	}
	if per := l.read / 100; per > 110 {
		t.Errorf("a look reads %d instances, want the overlap of 10 minutes only", per)
	}
	if got := l.asked[len(l.asked)-1].LastChanged.From; !got.Equal(at(99 - 10)) {
		t.Errorf("the last look began at %v, want ten minutes before the newest change", got)
	}
	// What was committed late, within the overlap.
	l.add("1/late", "late", at(92))
	if got := ids(t, x, "late", at(50)); len(got) != 1 {
		t.Errorf("late commit: got %v", got)
	}
	// Further back than before: what lies there once, twice as far, and then no more.
	for range 2 {
		if got := ids(t, x, "k", at(-60)); len(got) != 1 {
			t.Errorf("further back: got %v", got)
		}
	}
	ids(t, x, "k", at(-120))
	var ranges []altinn.TimeRange
	for _, q := range l.asked[len(l.asked)-4:] {
		ranges = append(ranges, q.LastChanged)
	}
	recent := altinn.TimeRange{From: at(89)}
	if want := []altinn.TimeRange{{From: at(-120), Before: at(0)}, recent, recent, recent}; !slices.Equal(ranges, want) {
		t.Errorf("it read %v\nwant    %v", ranges, want)
	}
}

// TestIndexReadsLittleForANewHandover: nothing can have been held back for long of
// which nobody has asked for anything.
func TestIndexReadsLittleForANewHandover(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	l := &listing{}
	x := handover.NewIndex(l, 10*time.Minute)
	for i := range 600 {
		l.add(fmt.Sprintf("1/%d", i), fmt.Sprint(i), start.Add(time.Duration(i)*time.Second))
	}
	newest := start.Add(599 * time.Second)
	for _, c := range []struct {
		thorough bool
		from     time.Time
	}{{false, start}, {false, newest.Add(-10 * time.Second)}, {true, start}, {false, newest.Add(-10 * time.Second)}} {
		if _, err := x.Find(t.Context(), handover.Search{Target: target, Key: "7", Since: start, Thorough: c.thorough}); err != nil {
			t.Fatal(err)
		}
		if got := l.asked[len(l.asked)-1].LastChanged.From; !got.Equal(c.from) {
			t.Errorf("thorough %t: it read from %v, want %v", c.thorough, got, c.from)
		}
	}
}

func TestIndexFollowsChanges(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	l := &listing{}
	x := handover.NewIndex(l, time.Minute)
	l.add("1/A", "k", start)
	l.add("1/b", "k", start)
	l.add("1/c", "other", start)
	l.add("1/d", "", start)
	if got := ids(t, x, "k", start); !slices.Equal(got, []string{"1/a", "1/b"}) {
		t.Errorf("got %v", got)
	}
	stamped := func(since time.Time) []string {
		found, err := x.Stamped(t.Context(), target, since)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range found {
			out = append(out, c.Key+" "+c.ID)
		}
		return out
	}
	if got := stamped(start); !slices.Equal(got, []string{"k 1/a", "k 1/b", "other 1/c"}) {
		t.Errorf("stamped: %v", got)
	}
	l.add("1/A", "k", start.Add(time.Hour), func(i *altinn.Instance) { i.Status.IsHardDeleted, i.Created = true, start })
	found, err := x.Find(t.Context(), handover.Search{Target: target, Key: "k", Since: start, Thorough: true})
	if err != nil || len(found) != 2 {
		t.Fatalf("got %v, %v", found, err)
	}
	for _, c := range found {
		if c.HardDeleted != (c.ID == "1/a") || !c.Created.Equal(start) {
			t.Errorf("got %+v", c)
		}
	}
	l.add("1/b", "k", start.Add(2*time.Hour))
	if got := stamped(start); !slices.Equal(got, []string{"other 1/c", "k 1/b"}) {
		t.Errorf("stamped, by last change and without the deleted one: %v", got)
	}
	if got := stamped(start.Add(time.Nanosecond)); !slices.Equal(got, []string{"k 1/b"}) {
		t.Errorf("stamped and changed since: %v", got)
	}
	party := handover.Target{AppID: "fts/mottak", Recipient: recipient}
	party.Recipient.OrganisationNumber, party.Recipient.PartyID = "", "50000001"
	if _, err := x.Find(t.Context(), handover.Search{Target: party, Key: "k", Since: start, Thorough: true}); err != nil || l.asked[len(l.asked)-1].OwnerPartyID != "50000001" || l.asked[len(l.asked)-1].OwnerIdentifier != "" {
		t.Errorf("by party: %+v, %v", l.asked[len(l.asked)-1], err)
	}
}

// TestIndexSharesReadings lets many look at once: those who came before a
// reading began share it, and those who came while it was under way share the
// next, since the first may have passed what they look for.
func TestIndexSharesReadings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &listing{takes: time.Second}
		x := handover.NewIndex(l, time.Minute)
		since := time.Now()
		ids(t, x, "k", since)
		l.mu.Lock()
		l.asked = nil
		l.mu.Unlock()
		var all sync.WaitGroup
		look := func(key string) {
			all.Go(func() {
				if got := ids(t, x, key, since); key == "new" && len(got) != 1 {
					t.Errorf("got %v; the reading that was under way had passed it", got)
				}
			})
		}
		look("k") // its reading begins at once
		synctest.Wait()
		l.add("1/new", "new", time.Now())
		for range 100 {
			look("new")
		}
		all.Wait()
		if n := len(l.asked); n != 2 {
			t.Errorf("101 looks took %d readings, want 2", n)
		}
	})
}

func TestIndexKeepsNothingOfAFailedReading(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	l := &listing{err: errors.New("the second page could not be read")}
	x := handover.NewIndex(l, time.Minute)
	l.add("1/a", "k", start.Add(time.Hour))
	if _, err := x.Find(t.Context(), handover.Search{Target: target, Key: "k", Since: start, Thorough: true}); !errors.Is(err, l.err) {
		t.Errorf("got %v", err)
	}
	l.err = nil
	ids(t, x, "k", start)
	if got := l.asked[1].LastChanged.From; !got.Equal(start) {
		t.Errorf("after a failed reading it began at %v, want %v", got, start)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Find(stopped, handover.Search{Target: target, Key: "k", Since: start, Thorough: true}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestIndexForgetsWhatNobodyAsksFor, and finds it all the same.
func TestIndexForgetsWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	l := &listing{}
	x := handover.NewIndex(l, 10*time.Minute).Keeping(100)
	for i := range 1000 {
		at := start.Add(time.Duration(i) * time.Minute)
		l.add(fmt.Sprintf("1/%d", i), fmt.Sprint(i), at)
		if got := ids(t, x, fmt.Sprint(i), at.Add(-5*time.Minute)); len(got) != 1 {
			t.Fatalf("instance %d: got %v", i, got)
		}
		if kept := x.Kept(target); kept > 300 {
			t.Fatalf("after %d instances it keeps %d", i, kept)
		}
	}
	for _, i := range []int{1, 500, 999, 0} {
		if got := ids(t, x, fmt.Sprint(i), start.Add(time.Duration(i)*time.Minute)); len(got) != 1 {
			t.Errorf("instance %d: got %v", i, got)
		}
	}
	if found, err := x.Stamped(t.Context(), target, start); err != nil || len(found) != 1000 {
		t.Errorf("%d stamped, %v, want all", len(found), err)
	}
}
