package handover

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	noon   = time.Date(2031, 4, 2, 12, 0, 0, 0, time.UTC)
	limit  = limits{unclearWait: 5 * time.Minute, maxRefusals: 3, maxFills: 2}
	early  = Candidate{ID: "1/b", Created: noon}
	tied   = Candidate{ID: "1/a", Created: noon}
	late   = Candidate{ID: "1/0", Created: noon.Add(time.Second)}
	gone   = Setback{Cause: "POST /x: 503 Service Unavailable", Status: 503}
	killed = Candidate{ID: "1/x", Created: noon.Add(-time.Hour), HardDeleted: true}
)

func TestNext(t *testing.T) {
	t.Parallel()
	wait := noon.Add(5 * time.Minute)
	cases := []struct {
		name   string
		record Record
		seen   observation
		want   Record
		do     action
	}{
		{"a new record is looked for first", Record{State: Planned}, resumed{}, Record{State: Planned}, search},
		{"a record left while creating is unclear", Record{State: Creating, Attempts: 1}, resumed{}, Record{State: Unclear, Attempts: 1, Unclears: 1, NotBefore: wait, Setback: stopped}, stop},
		{"too early", Record{State: Unclear, NotBefore: noon.Add(1)}, resumed{}, Record{State: Unclear, NotBefore: noon.Add(1)}, stop},
		{"the wait is over", Record{State: Unclear, NotBefore: noon}, resumed{}, Record{State: Unclear, NotBefore: noon}, search},
		{"a created one is completed", Record{State: Created}, resumed{}, Record{State: Created}, complete},
		{"a verified one is looked for again", Record{State: Verified}, resumed{}, Record{State: Verified}, search},
		{"pending duplicates", Record{State: Verified, Duplicates: []Duplicate{{"1/c", Found}}}, resumed{}, Record{State: Verified, Duplicates: []Duplicate{{"1/c", Found}}}, cleanUp},
		{"done", Record{State: Done}, resumed{}, Record{State: Done}, stop},
		{"failed", Record{State: Failed, Reason: "r"}, resumed{}, Record{State: Failed, Reason: "r"}, stop},

		{"nothing found", Record{State: Planned}, searched{}, Record{State: Creating, Attempts: 1}, create},
		{"nothing found after an unclear try", Record{State: Unclear, Attempts: 1, NotBefore: noon, Setback: gone}, searched{}, Record{State: Creating, Attempts: 2}, create},
		{"nothing but hard-deleted ones", Record{State: Planned}, searched{[]Candidate{killed}}, Record{State: Creating, Attempts: 1}, create},
		{"nothing found after a refusal", Record{State: Unclear, Attempts: 1, Refusal: "no", Setback: gone}, searched{}, Record{State: Failed, Attempts: 1, Refusal: "no", Reason: "no", Setback: gone}, stop},
		{"the earliest wins, then the smallest id", Record{State: Unclear, Refusal: "no", Setback: gone}, searched{[]Candidate{late, early, killed, tied}},
			Record{State: Created, Receiving: "1/a", Duplicates: []Duplicate{{"1/b", Found}, {"1/0", Found}}}, complete},
		{"a recorded winner stays", Record{State: Verified, Receiving: "1/0"}, searched{[]Candidate{late, early}}, Record{State: Verified, Receiving: "1/0", Duplicates: []Duplicate{{"1/b", Found}}}, cleanUp},
		{"no duplicates", Record{State: Verified, Receiving: "1/a"}, searched{[]Candidate{tied}}, Record{State: Done, Receiving: "1/a"}, stop},
		{"a late duplicate opens what was done", Record{State: Done, Receiving: "1/a"}, searched{[]Candidate{tied, late}}, Record{State: Verified, Receiving: "1/a", Duplicates: []Duplicate{{"1/0", Found}}}, cleanUp},
		{"a known duplicate does not", Record{State: Done, Receiving: "1/a", Duplicates: []Duplicate{{"1/0", Marked}}}, searched{[]Candidate{tied, late}},
			Record{State: Done, Receiving: "1/a", Duplicates: []Duplicate{{"1/0", Marked}}}, stop},

		{"made", Record{State: Creating, Attempts: 1}, answered{verdict: made, instance: "1/a", form: "h"}, Record{State: Created, Attempts: 1, Receiving: "1/a", FormSHA256: "h"}, complete},
		{"not made", Record{State: Creating, Attempts: 1}, answered{verdict: notMade}, Record{State: Planned, Attempts: 1}, search},
		{"not made, wait", Record{State: Creating}, answered{verdict: notMade, retryAfter: time.Minute}, Record{State: Planned, NotBefore: noon.Add(time.Minute)}, stop},
		{"refused for good is searched at once", Record{State: Creating}, answered{verdict: refused, reason: "403", setback: gone}, Record{State: Unclear, Refusal: "403", Setback: gone}, search},
		{"declined waits", Record{State: Creating}, answered{verdict: declined, reason: "404", setback: gone}, Record{State: Unclear, Refusals: 1, NotBefore: wait, Setback: gone}, stop},
		{"declined too often, waits longer each time", Record{State: Creating, Refusals: 2}, answered{verdict: declined, reason: "404"}, Record{State: Unclear, Refusals: 3, Refusal: "404", NotBefore: noon.Add(20 * time.Minute)}, stop},
		{"unclear waits", Record{State: Creating}, answered{verdict: unclear, setback: gone}, Record{State: Unclear, Unclears: 1, NotBefore: wait, Setback: gone}, stop},
		{"unclear waits as long as it is told", Record{State: Creating}, answered{verdict: unclear, retryAfter: time.Hour}, Record{State: Unclear, Unclears: 1, NotBefore: noon.Add(time.Hour)}, stop},
		{"unclear waits the worst case at least", Record{State: Creating}, answered{verdict: unclear, retryAfter: time.Second}, Record{State: Unclear, Unclears: 1, NotBefore: wait}, stop},
		{"impossible", Record{State: Creating}, impossible{"no PDF"}, Record{State: Failed, Reason: "no PDF"}, stop},

		{"read back", Record{State: Created, Setback: gone, Delays: 3}, readBack{files: []File{{Element: "e"}}}, Record{State: Verified, Files: []File{{Element: "e"}}}, search},
		{"read back after the only request", Record{State: Created, Attempts: 1, Setback: gone}, readBack{}, Record{State: Done, Attempts: 1}, stop},
		{"read back after an unclear one", Record{State: Created, Attempts: 1, Unclears: 1}, readBack{}, Record{State: Verified, Attempts: 1, Unclears: 1}, search},
		{"read back, to be confirmed", Record{State: Created, Attempts: 1, From: "confirm"}, readBack{}, Record{State: Verified, Attempts: 1, From: "confirm"}, confirm},
		{"nothing else found, to be confirmed", Record{State: Verified, Receiving: "1/a", From: "confirm"}, searched{[]Candidate{tied}}, Record{State: Verified, Receiving: "1/a", From: "confirm"}, confirm},
		{"duplicates come before the confirmation", Record{State: Verified, Receiving: "1/a", From: "confirm"}, searched{[]Candidate{tied, late}}, Record{State: Verified, Receiving: "1/a", From: "confirm", Duplicates: []Duplicate{{"1/0", Found}}}, cleanUp},
		{"confirmed", Record{State: Verified, From: "confirm", Setback: gone}, confirmed{byThis: true}, Record{State: Done, From: "confirm", Confirmed: true}, stop},
		{"confirmed by another", Record{State: Verified, From: "confirm"}, confirmed{}, Record{State: Done, From: "confirm"}, stop},
		{"confirmed before, cleaned now", Record{State: Verified, From: "confirm", Confirmed: true, Duplicates: []Duplicate{{"1/b", Found}}}, cleaned{[]Duplicate{{"1/b", Deleted}}},
			Record{State: Done, From: "confirm", Confirmed: true, Duplicates: []Duplicate{{"1/b", Deleted}}}, stop},
		{"a file may have come late", Record{State: Done, Receiving: "1/a"}, suspected{}, Record{State: Done, Receiving: "1/a"}, inspect},
		{"a file may have come late to one that is not done", Record{State: Failed, Reason: "r"}, suspected{}, Record{State: Failed, Reason: "r"}, stop},
		{"a file came late", Record{State: Done, Receiving: "1/a"}, inspected{}, Record{State: Done, Receiving: "1/a"}, stop},
		{"an instance of a cancelled handover", Record{State: Cancelled, Reason: "w"}, searched{[]Candidate{late}}, Record{State: Cancelled, Reason: "w", Receiving: "1/0"}, stop},
		{"discarded", Record{State: Created}, readBack{softDeleted: true}, Record{State: Verified, SoftDeleted: true}, search},
		{"lacking", Record{State: Created, Fills: 1, Setback: gone}, lacking{[]File{{Element: "e"}}}, Record{State: Filling, Fills: 2, Files: []File{{Element: "e"}}}, fill},
		{"lacking too often", Record{State: Created, Fills: 2, Setback: gone}, lacking{}, Record{State: Failed, Fills: 3, Setback: gone, Reason: "the receiving instance cannot be completed: what is added to it does not stay, or gets no answer"}, stop},
		{"filled", Record{State: Filling, Delays: 2}, filled{[]File{{Element: "e", SHA256: "h"}}}, Record{State: Created, Files: []File{{Element: "e", SHA256: "h"}}}, complete},
		{"as often as there are files, and some", Record{State: Created, Fills: 2}, lacking{[]File{{Element: "e"}}}, Record{State: Filling, Fills: 3, Files: []File{{Element: "e"}}}, fill},
		{"nothing could be sent", Record{State: Filling, Fills: 3}, unsent{}, Record{State: Created, Fills: 2}, complete},
		{"filling unclear", Record{State: Filling}, fillUnclear{setback: gone}, Record{State: Created, Unclears: 1, NotBefore: wait, Setback: gone}, stop},
		{"a record left while filling is unclear", Record{State: Filling, Fills: 1}, resumed{}, Record{State: Created, Fills: 1, Unclears: 1, NotBefore: wait, Setback: stopped}, stop},
		{"broken", Record{State: Created, Receiving: "1/a"}, broken{"gone", gone}, Record{State: Failed, Receiving: "1/a", Reason: "gone", Setback: gone}, stop},
		{"some cleaned", Record{State: Verified, Duplicates: []Duplicate{{"1/b", Found}, {"1/c", Found}}}, cleaned{[]Duplicate{{"1/b", Deleted}}},
			Record{State: Verified, Duplicates: []Duplicate{{"1/b", Deleted}, {"1/c", Found}}}, cleanUp},
		{"all cleaned", Record{State: Verified, Duplicates: []Duplicate{{"1/b", Found}}}, cleaned{[]Duplicate{{"1/b", Kept}}}, Record{State: Done, Duplicates: []Duplicate{{"1/b", Kept}}}, stop},

		{"retry before anything was sent", Record{State: Failed, Reason: "no PDF"}, retried{}, Record{State: Planned}, search},
		{"retry after a try", Record{State: Failed, Reason: "403", Setback: gone, Refusal: "403", Attempts: 1, Refusals: 3}, retried{}, Record{State: Unclear, Attempts: 1}, search},
		{"retry of a broken one", Record{State: Failed, Reason: "gone", Receiving: "1/a", Attempts: 1, Fills: 9}, retried{}, Record{State: Created, Receiving: "1/a", Attempts: 1}, complete},
		{"retry of one that is gone", Record{State: Failed, Reason: "gone", Receiving: "1/a", Attempts: 1}, retried{gone: true}, Record{State: Unclear, Attempts: 1, Duplicates: []Duplicate{{"1/a", Deleted}}}, search},
		{"retry of one that goes on", Record{State: Creating}, retried{}, Record{State: Unclear, Unclears: 1, NotBefore: wait, Setback: stopped}, stop},
		{"retry of a cancelled one", Record{State: Cancelled, Reason: "w", Attempts: 1}, retried{}, Record{State: Unclear, Attempts: 1}, search},
		{"retry of a skipped one", Record{State: Skipped}, retried{}, Record{State: Skipped}, stop},
		{"retry of a done one", Record{State: Done}, retried{}, Record{State: Done}, stop},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := c.record.clone()
			l := limit
			l.confirm = c.record.From == "confirm" // as if that application's definition said so
			got, do := l.next(c.record, c.seen, noon)
			if !reflect.DeepEqual(got, c.want) || do != c.do {
				t.Errorf("got  %+v, %d\nwant %+v, %d", got, do, c.want, c.do)
			}
			if !reflect.DeepEqual(c.record, before) {
				t.Error("the record that was given has changed")
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for v, statuses := range map[verdict][]int{
		refused:  {301, 307, 400, 402, 403, 410, 413, 415, 422},
		declined: {404, 409},
		unclear:  {408, 429, 499, 500, 502, 503, 504, 100},
	} {
		for _, status := range statuses {
			if got := verdictOf(status); got != v {
				t.Errorf("%d gives verdict %d, want %d", status, got, v)
			}
		}
	}
}

// TestNextNeverForgets gives the protocol whatever may come of the action that
// it asked for, stops of the process and late duplicates among it.
func TestNextNeverForgets(t *testing.T) {
	t.Parallel()
	candidates := []Candidate{early, tied, late, killed}
	searches := []observation{searched{}, searched{candidates}, searched{candidates[2:]}, searched{candidates[3:]}}
	outcomes := map[action][]observation{
		stop:   append(searches, retried{}, retried{gone: true}, suspected{}),
		search: searches,
		create: {
			answered{verdict: unclear, setback: gone}, answered{verdict: declined, reason: "d", setback: gone}, answered{verdict: refused, reason: "r", setback: gone},
			answered{verdict: notMade}, answered{verdict: made, instance: "1/b"}, impossible{"x"},
		},
		complete: {readBack{}, readBack{softDeleted: true}, lacking{}, broken{reason: "x"}},
		fill:     {filled{}, unsent{}, fillUnclear{setback: gone}, broken{reason: "x"}},
		confirm:  {confirmed{}, confirmed{byThis: true}},
		inspect:  {inspected{}},
		cleanUp:  {cleaned{}, cleaned{[]Duplicate{{"1/b", Deleted}, {"1/0", Marked}, {"1/a", Kept}}}},
	}
	rapid.Check(t, func(t *rapid.T) {
		r, do, now := Record{State: Planned}, stop, noon
		limit := limit
		limit.confirm = rapid.Bool().Draw(t, "to be confirmed")
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			o := observation(resumed{})
			if rapid.IntRange(0, 4).Draw(t, "go on") > 0 {
				o = rapid.SampledFrom(outcomes[do]).Draw(t, "seen")
			}
			after, next := limit.next(r, o, now)
			_, looked := o.(searched)
			switch {
			case r.Receiving != "" && after.Receiving != r.Receiving && (o != retried{gone: true} || !slices.Contains(after.Duplicates, Duplicate{r.Receiving, Deleted})):
				t.Fatalf("%#v: the recorded instance %s became %q", o, r.Receiving, after.Receiving)
			case slices.ContainsFunc(r.Duplicates, func(d Duplicate) bool { return d.Instance != after.Receiving && !counts(after, d.Instance) }) || counts(after, after.Receiving):
				t.Fatalf("%#v: a duplicate was forgotten, or is the recorded instance: %+v, then %+v", o, r, after)
			case len(after.Files) < len(r.Files) || after.Attempts < r.Attempts:
				t.Fatalf("%#v: something was forgotten: %+v, then %+v", o, r, after)
			case next == create && (!looked || after.State != Creating || after.Attempts != r.Attempts+1):
				t.Fatalf("%#v: a create without a search, a record or a count: %+v", o, after)
			case next == create && (now.Before(r.NotBefore) || r.State == Creating):
				t.Fatalf("%#v: a create while another may be under way: %+v", o, r)
			case next == fill && after.State != Filling:
				t.Fatalf("%#v: data is added without a record of it: %+v", o, after)
			case next == confirm && len(after.pending()) > 0, r.Confirmed && !after.Confirmed:
				t.Fatalf("%#v: confirmed too early, or no more: %+v", o, after)
			case after.State == Done && (len(after.pending()) > 0 || after.Receiving == ""):
				t.Fatalf("%#v: done, but not quite: %+v", o, after)
			case after.State == Failed && after.Reason == "":
				t.Fatalf("%#v: failed without a reason: %+v", o, after)
			case now.Before(after.NotBefore) && after.Setback == (Setback{}):
				t.Fatalf("%#v: it waits, and does not tell why: %+v", o, after)
			case (after.State == Done || after.State == Verified || after.State == Creating) && after.Setback != (Setback{}):
				t.Fatalf("%#v: it goes on, and still tells of a setback: %+v", o, after)
			case next != stop && next != inspect && after.State.Settled():
				t.Fatalf("%#v: settled, but asks for action %d", o, next)
			case next == stop && !after.State.Settled() && after.State != Creating && after.State != Filling && !now.Before(after.NotBefore):
				t.Fatalf("%#v: stopped, but nothing is to be waited for: %+v", o, after)
			}
			if r, do = after, next; rapid.Bool().Draw(t, "time passes") {
				now = now.Add(4 * time.Minute)
			}
		}
	})
}

func counts(r Record, instance string) bool {
	return slices.ContainsFunc(r.Duplicates, func(d Duplicate) bool { return d.Instance == instance })
}
