package handover_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

const otherOrg = "310000094"

// variant compiles the definition of projectYAML after replacing old by new in
// it. The receiving application lets everybody own instances, and both policies
// grant what a definition may ask for.
func variant(t testing.TB, replace ...string) *handover.Definition {
	t.Helper()
	d, err := handover.Compile(definition(t, replace...), folder(t, originalFiles), folder(t, receivingFiles))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// both sends to two organisations.
func both(t testing.TB, replace ...string) *handover.Definition {
	return variant(t, append(replace, `{organisationNumber: "313547264"}`, `[{organisationNumber: "313547264"}, {organisationNumber: "310000094"}]`)...)
}

// serve starts a process with other definitions.
func (w *world) serve(definitions ...*handover.Definition) {
	w.Helper()
	w.definitions = definitions
	w.restart(w.journal)
}

func keysOf(records []handover.Record) string {
	var keys []string
	for _, r := range records {
		keys = append(keys, r.Key[:min(8, len(r.Key))])
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

func TestShow(t *testing.T) {
	in(t, func(w *world) {
		w.serve(both(w))
		source := w.platform.submit(form, everything()...)
		records, err := w.process.Begin(w.Context(), "til-mottak", source, handover.ByEvent)
		if err != nil || len(records) != 2 {
			w.Fatalf("got %v, %v", records, err)
		}
		first := w.settle(records[0].Key)
		one, all := keysOf(records[:1]), keysOf(records)
		for name, want := range map[string]string{
			first.Key: one, strings.ToUpper(first.Key[:8]): one, first.Key[:12]: one,
			source: all, " " + strings.ToUpper(source) + "\n": all, source[len(source)-12:]: all, first.Receiving: one,
			first.Key[:7]: "", source[len(source)-11:]: "", "": "", "50000001/" + first.Key[:36]: "", "kva som helst": "",
		} {
			found, err := w.process.Show(w.Context(), name)
			if keysOf(found) != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, handover.ErrNoRecord) {
				w.Errorf("%q: got %s, %v, want %s", name, keysOf(found), err, want)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	lost, nothing := fault{lost: true}, fault{lost: true, undone: true}
	cases := []struct {
		name    string
		faults  map[string][]fault
		runs    bool
		waits   time.Duration
		refused handover.State
		left    bool // a receiving instance
	}{
		{name: "not begun with"},
		{name: "unclear", faults: map[string][]fault{"create": {lost}}, runs: true, refused: handover.Unclear},
		{name: "unclear, and there is one", faults: map[string][]fault{"create": {lost}}, runs: true, waits: unclearWait, left: true},
		{name: "unclear, and there is none", faults: map[string][]fault{"create": {nothing}}, runs: true, waits: unclearWait},
		{name: "not complete", faults: map[string][]fault{"create": {{half: 2}}, "add": {lost}}, runs: true, left: true},
		{name: "failed", faults: map[string][]fault{"create": {{status: 403, undone: true}}}, runs: true},
		{name: "done", runs: true, refused: handover.Done, left: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				for operation, faults := range c.faults {
					w.platform.fail(operation, faults...)
				}
				if c.runs {
					if _, err := w.process.Run(w.Context(), r.Key); err != nil {
						w.Fatal(err)
					}
				}
				time.Sleep(c.waits)
				cancelled, err := w.process.Cancel(w.Context(), r.Key, "sent in twice")
				if c.refused != "" {
					refusal, ok := errors.AsType[*handover.NotCancellableError](err)
					if !ok || refusal.State != c.refused || (refusal.Receiving != "") != c.left || refusal.NotBefore.IsZero() == (c.refused == handover.Unclear) {
						w.Errorf("got %v", err)
					}
					w.settle(r.Key)
					w.holds(r.Key)
					return
				}
				if err != nil || cancelled.State != handover.Cancelled || cancelled.Reason != "sent in twice" || (cancelled.Receiving != "") != c.left {
					w.Fatalf("got %+v, %v", cancelled, err)
				}
				time.Sleep(time.Hour)
				w.sweep(handover.SweepResult{Seen: 1})
				again, err := w.process.Cancel(w.Context(), r.Key, "once more")
				if err != nil || again.State != handover.Cancelled || again.Reason != "sent in twice" {
					w.Errorf("cancelled twice: %+v, %v", again, err)
				}
				w.platform.faults = map[string][]fault{}
				if retried, err := w.process.Retry(w.Context(), r.Key); err != nil || retried.State.Settled() {
					w.Fatalf("retried: %+v, %v", retried, err)
				}
				w.settle(r.Key)
				w.holds(r.Key)
				w.only(r.Key)
			})
		})
	}
}

// TestCancelledInstanceThatComesLate is named by the record.
func TestCancelledInstanceThatComesLate(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 20 * time.Minute})
		if _, err := w.process.Run(w.Context(), r.Key); err != nil {
			w.Fatal(err)
		}
		time.Sleep(unclearWait)
		if _, err := w.process.Cancel(w.Context(), r.Key, "sent in twice"); err != nil {
			w.Fatal(err)
		}
		w.platform.late.Wait()
		w.sweep(handover.SweepResult{Seen: 1})
		if r, err := w.process.Get(w.Context(), r.Key); err != nil || r.State != handover.Cancelled || r.Receiving == "" {
			w.Errorf("got %+v, %v", r, err)
		}
	})
}

// TestRetryLooksAnew at a form of which nothing could be made, as the definition
// is by then.
func TestRetryLooksAnew(t *testing.T) {
	in(t, func(w *world) {
		source := w.platform.submit(`{"Soker":{"Navn":"Ola"}}`) // lacks its PDF
		w.sweep(handover.SweepResult{Seen: 1, Dead: 1})
		retry := func(want handover.State, d *handover.Definition) handover.Record {
			w.serve(d)
			r, err := w.process.Retry(w.Context(), w.recordsOf(source, 1)[0].Key)
			if err != nil || r.State != want {
				w.Errorf("got %+v, %v, want %s", r, err, want)
			}
			return r
		}
		retry(handover.Failed, compiled(w))
		retry(handover.Skipped, variant(w, "Ingen", "Ola"))
		r := retry(handover.Planned, variant(w, ", required: true", ""))
		if done := w.settle(r.Key); done.State != handover.Done || done.Receiving == "" {
			w.Errorf("got %+v", done)
		}
		w.serve(variant(w, ", required: true", "", `"313547264"`, `"310000094"`)) // nothing comes of the old record a second time
		for _, r := range w.recordsOf(source, 2) {
			if r.Recipient == "" && (r.State != handover.Skipped || r.Reason == "") {
				w.Errorf("the old record is %+v", r)
			}
			if again, err := w.process.Retry(w.Context(), r.Key); err != nil || again.State != handover.Done {
				w.Errorf("retried again: %+v, %v", again, err)
			}
		}
		w.recordsOf(source, 2)
	})
}

// TestReconcile rebuilds a lost journal from what is in Storage.
func TestReconcile(t *testing.T) {
	in(t, func(w *world) {
		var keys []string
		for range 3 {
			keys = append(keys, w.begin().Key)
		}
		for _, key := range keys {
			w.settle(key)
		}
		w.platform.submit(`{"Soker":{"Navn":"Ingen"}}`, pdf())
		w.platform.submit(form) // lacks its PDF
		w.sweep(handover.SweepResult{Seen: 5, NotWanted: 1, Dead: 1})
		_, err := w.platform.CreateInstance(w.Context(), "fts/mottak", altinn.Template{
			Owner: altinn.InstanceOwner{OrganisationNumber: orgNumber}, DataValues: map[string]string{handover.Stamp: "another journal's"},
		}, nil)
		if err != nil {
			w.Fatal(err)
		}
		time.Sleep(30 * 24 * time.Hour)
		w.journal = newMemoryJournal(time.Now)
		w.restart(w.journal)
		got, err := w.process.Reconcile(w.Context(), "til-mottak")
		if err != nil || len(got.Orphans) != 1 {
			w.Fatalf("got %+v, %v", got, err)
		}
		got.Orphans = nil
		if want := (handover.Reconciliation{Sources: 5, Begun: 3, Skipped: 1, Failed: 1, Stamped: 4}); !equal(got, want) {
			w.Errorf("got %+v\nwant %+v", got, want)
		}
		creates := w.platform.calls["create"]
		for _, key := range keys {
			w.settle(key)
			w.holds(key)
			w.only(key)
		}
		if w.platform.calls["create"] != creates {
			w.Error("a second instance was made")
		}
		got, err = w.process.Reconcile(w.Context(), "til-mottak")
		got.Orphans = nil
		if want := (handover.Reconciliation{Sources: 5, Known: 5, Stamped: 4}); err != nil || !equal(got, want) {
			w.Errorf("again: got %+v, %v\nwant %+v", got, err, want)
		}
	})
}

func equal(a, b handover.Reconciliation) bool {
	return slices.Equal(a.Orphans, b.Orphans) && a.Sources == b.Sources && a.Known == b.Known && a.Begun == b.Begun &&
		a.Skipped == b.Skipped && a.Failed == b.Failed && a.Stamped == b.Stamped && a.Duplicates == b.Duplicates
}

func TestPauseTakesFormerIDsToo(t *testing.T) {
	in(t, func(w *world) {
		w.serve(variant(w, "id: til-mottak", "id: ny\n    adopts: [til-mottak]"))
		for _, paused := range []bool{true, false} {
			if err := w.process.Pause(w.Context(), "ny", paused); err != nil {
				w.Fatal(err)
			}
			status, err := w.process.Summary(w.Context())
			if want := []string{"ny", "til-mottak"}; err != nil || paused != slices.Equal(status.Paused, want) {
				w.Errorf("paused %t: got %v, %v", paused, status.Paused, err)
			}
		}
		if err := w.process.Pause(w.Context(), "ukjend", true); !errors.Is(err, handover.ErrUnknownDefinition) {
			w.Errorf("unknown: got %v", err)
		}
	})
}

// TestCleanTest removes what test mode has made, and nothing else.
func TestCleanTest(t *testing.T) {
	in(t, func(w *world) {
		untested := w.begin()
		w.settle(untested.Key)
		if _, err := w.process.CleanTest(w.Context(), "til-mottak"); err == nil {
			w.Error("a definition that is not in test mode was cleaned up after")
		}
		inTest, err := compiled(w).ForTest(project.Recipient{OrganisationNumber: orgNumber})
		if err != nil {
			w.Fatal(err)
		}
		w.journal = newMemoryJournal(time.Now)
		w.serve(inTest)
		tested := w.settle(w.beginOf(w.platform.submit(form, everything()...)).Key)
		w.journal = newMemoryJournal(time.Now) // somebody else's tests
		w.serve(inTest)
		mine := w.settle(w.beginOf(w.platform.submit(form, everything()...)).Key)
		if n, err := w.process.CleanTest(w.Context(), "til-mottak"); err != nil || n != 1 {
			w.Errorf("got %d, %v", n, err)
		}
		for r, gone := range map[*handover.Record]bool{&untested: false, &tested: false, &mine: true} {
			if i := w.platform.stamped(r.Key)[0]; i.Status.IsHardDeleted != gone {
				w.Errorf("%s: deleted %t, want %t", i.ID, i.Status.IsHardDeleted, gone)
			}
		}
		if n, err := w.process.CleanTest(w.Context(), "til-mottak"); err != nil || n != 0 {
			w.Errorf("again: got %d, %v", n, err)
		}
	})
}

// TestTestModeKeepsApart from the real thing, even if somebody gives both the same
// journal: neither carries the other's handovers, nor takes its forms for known.
func TestTestModeKeepsApart(t *testing.T) {
	in(t, func(w *world) {
		carried := w.begin()
		inTest, err := compiled(w).ForTest(project.Recipient{OrganisationNumber: orgNumber})
		if err != nil {
			w.Fatal(err)
		}
		w.serve(inTest)
		if err := w.process.CheckLineage(w.Context()); !is[*handover.LineageError](err) {
			w.Errorf("a journal of real handovers was taken for tests: %v", err)
		}
		if _, err := w.process.Run(w.Context(), carried.Key); err == nil || len(w.platform.stamped(carried.Key)) != 0 {
			w.Errorf("a real handover was carried out in test mode (%v)", err)
		}
		tried := w.beginOf(w.platform.submit(form, everything()...))
		w.serve(compiled(w))
		if _, err := w.process.Run(w.Context(), tried.Key); err == nil || len(w.platform.stamped(tried.Key)) != 0 {
			w.Errorf("a test was carried out as a real handover (%v)", err)
		}
		if again := w.beginOf(tried.Source); again.Key != handover.Key("til-mottak", tried.Source, recipient) {
			w.Errorf("a form that was tried out counts as handed over: %s", again.Key)
		}
	})
}

// TestRetryOfWhatHasBeenDeleted makes the receiving instance again, or takes the
// other one that there is. The one that is gone stays on record.
func TestRetryOfWhatHasBeenDeleted(t *testing.T) {
	for _, purged := range []bool{false, true} {
		for _, another := range []bool{false, true} {
			t.Run(fmt.Sprintf("purged %t/another %t", purged, another), func(t *testing.T) {
				in(t, func(w *world) {
					r := w.begin()
					w.platform.fail("create", fault{half: 2})
					w.platform.fail("add", fault{status: 403, undone: true})
					r = w.settle(r.Key)
					if r.State != handover.Failed || r.Receiving == "" {
						w.Fatalf("got %+v", r)
					}
					first := w.platform.instances[r.Receiving]
					if another {
						copied := *first
						copied.ID, copied.LastChanged = w.platform.newID(orgParty), time.Now()
						w.platform.instances[copied.ID] = &copied
						w.sweep(handover.SweepResult{Seen: 1, Duplicates: 1})
					}
					first.Status.IsHardDeleted, first.LastChanged = true, time.Now()
					if purged {
						delete(w.platform.instances, first.ID)
					}
					for range 2 {
						if _, err := w.process.Retry(w.Context(), r.Key); err != nil {
							w.Fatal(err)
						}
					}
					done := w.settle(r.Key)
					w.holds(r.Key)
					w.only(r.Key)
					want := []handover.Duplicate{{Instance: first.ID, Fate: handover.Deleted}}
					if !slices.Equal(done.Duplicates, want) || (done.Attempts == 1) != another {
						w.Errorf("got %+v", done)
					}
				})
			})
		}
	}
}
