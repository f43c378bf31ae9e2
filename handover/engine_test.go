package handover_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

// in runs a test in a bubble, where waiting takes no time.
func in(t *testing.T, test func(*world)) {
	t.Helper()
	t.Parallel()
	bubble(t, test)
}

func bubble(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t)) })
}

var recipient = project.Recipient{OrganisationNumber: orgNumber}

func TestHandover(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		if r.State != handover.Planned || r.Receiving != "" || len(w.platform.stamped(r.Key)) != 0 {
			w.Errorf("Begin did more than begin: %+v", r)
		}
		start := time.Now()
		done, err := w.process.Run(w.Context(), r.Key)
		if err != nil || done.State != handover.Done || time.Since(start) != 0 {
			w.Fatalf("got %+v, %v after %v", done, err, time.Since(start))
		}
		w.holds(r.Key)
		w.only(r.Key)
		if done.Attempts != 1 || done.Fills != 0 || len(done.Duplicates) != 0 || len(done.FormSHA256) != 64 {
			w.Errorf("got %+v", done)
		}

		// Asked again, nothing happens, by this process or another.
		calls := w.platform.calls["create"]
		w.restart(w.journal)
		if again := w.beginOf(strings.ToUpper(r.Source)); again.Key != r.Key || again.State != handover.Done {
			w.Errorf("a second Begin gave %+v", again)
		}
		if _, err := w.process.Run(w.Context(), r.Key); err != nil || w.platform.calls["create"] != calls {
			w.Errorf("a second Run: %v, %d creates", err, w.platform.calls["create"])
		}
		w.only(r.Key)
	})
}

func TestBeginRefusesWhatCannotBeCarried(t *testing.T) {
	in(t, func(w *world) {
		begin := func(form string, change func(*stored), files ...altinn.Upload) error {
			id := w.platform.submit(form, files...)
			if change != nil {
				change(w.platform.instances[id])
			}
			_, err := w.process.Begin(w.Context(), "til-mottak", id, handover.ByCommand)
			return err
		}
		scanned := func(result string) func(*stored) {
			return func(i *stored) { i.Data[1].FileScanResult = result }
		}
		large := altinn.NewUpload("ref-data-as-pdf", "application/pdf", "a.pdf", make([]byte, 5<<20+1))
		cases := []struct {
			name string
			err  error
			ok   func(error) bool
			text string
		}{
			{"not completed", begin(form, func(i *stored) {
				i.Process = &altinn.Process{CurrentTask: &altinn.Task{ElementID: "Task_2"}}
			}, pdf()), is[*handover.NotCompletedError], "its process is at Task_2"},
			{"not begun", begin(form, func(i *stored) { i.Process = nil }, pdf()), is[*handover.NotCompletedError], "has not begun"},
			{"no PDF", begin(form, nil, maps()...), is[*handover.MissingAttachmentError], "no file of the data type ref-data-as-pdf"},
			{"another application's", begin(form, func(i *stored) { i.AppID = "fts/anna" }, pdf()), is[*handover.SourceError], "an instance of fts/anna"},
			{"deleted", begin(form, func(i *stored) { i.Status.IsHardDeleted = true }, pdf()), is[*handover.SourceError], "deleted for good"},
			{"no form", begin(form, func(i *stored) { i.Data = i.Data[1:] }, pdf()), is[*handover.SourceError], "no form data skjema"},
			{"too large", begin(form, nil, large), is[*handover.AttachmentError], "kildePdf takes 5242880 at most"},
			{"too many", begin(form, nil, pdf(), pdf()), is[*handover.AttachmentError], "kildePdf takes 1 at most"},
			{"empty", begin(form, nil, altinn.NewUpload("ref-data-as-pdf", "application/pdf", "a.pdf", nil)), is[*handover.AttachmentError], "it is empty"},
			{"content type", begin(form, nil, pdf(), altinn.NewUpload("kart", "text/html", "a.html", []byte("x"))), is[*handover.AttachmentError], "it is text/html"},
			{"infected", begin(form, scanned("Infected"), pdf()), is[*handover.AttachmentError], "infected"},
			{"not scanned", begin(form, scanned("Pending"), pdf()), func(err error) bool { return errors.Is(err, handover.ErrScanPending) }, "scanned"},
			{"value that does not fit", begin(`{"Soker":{"Navn":"N","Alder":"førtiein"}}`, nil, pdf()), is[*handover.MappingError], "fill Part.Alder: the value does not fit Part.Alder, which is of type integer"},
			{"form that is not JSON", begin(`<Skjema>`, nil, pdf()), func(err error) bool { return err != nil }, "it is not JSON"},
		}
		for _, c := range cases {
			if c.err == nil || !c.ok(c.err) || !strings.Contains(c.err.Error(), c.text) {
				w.Errorf("%s: got %v", c.name, c.err)
			}
			if c.err != nil && strings.Contains(c.err.Error(), "førtiein") {
				w.Errorf("%s: the error holds an answer: %v", c.name, c.err)
			}
		}
		if _, err := w.process.Begin(w.Context(), "ukjend", "1/x", handover.ByCommand); !errors.Is(err, handover.ErrUnknownDefinition) {
			w.Errorf("unknown definition: got %v", err)
		}
		if _, err := w.process.Begin(w.Context(), "til-mottak", "1/x", handover.ByCommand); !errors.Is(err, altinn.ErrInstanceID) {
			w.Errorf("instance id: got %v", err)
		}
		if records, err := w.journal.List(w.Context(), handover.Filter{}); err != nil || len(records) != 0 {
			w.Errorf("the journal has %v, %v", records, err)
		}
	})
}

// TestFaults lets one thing after another go wrong on the way.
func TestFaults(t *testing.T) {
	cases := []struct {
		name       string
		faults     map[string][]fault
		twice      bool
		attempts   int
		duplicates int
		waits      int // how many times of UnclearWait at least
	}{
		{name: "the answer is lost after the instance is there", faults: map[string][]fault{"create": {{lost: true}}}, attempts: 1, waits: 1},
		{name: "the request is lost", faults: map[string][]fault{"create": {{lost: true, undone: true}}}, attempts: 2, waits: 1},
		{name: "the instance comes late", faults: map[string][]fault{"create": {{after: 4 * time.Minute}}}, attempts: 1, waits: 1},
		{name: "the instance comes later than the worst case", faults: map[string][]fault{"create": {{after: 7 * time.Minute}}}, attempts: 2, duplicates: 1, waits: 1},
		{name: "500 and nothing", faults: map[string][]fault{"create": {{status: 500, undone: true}}}, attempts: 2, waits: 1},
		{name: "500 and half an instance", faults: map[string][]fault{"create": {{status: 500, half: 1}}}, attempts: 1, waits: 1},
		{name: "500, form data only", faults: map[string][]fault{"create": {{status: 500, half: 2}}}, attempts: 1, waits: 1},
		{name: "500 and a clean-up", faults: map[string][]fault{"create": {{status: 500, purge: true}}}, attempts: 2, waits: 1},
		{name: "500 again and again", faults: map[string][]fault{"create": slices.Repeat([]fault{{status: 503, undone: true}}, 12)}, attempts: 13, waits: 12},
		{name: "409 and an instance", faults: map[string][]fault{"create": {{status: 409}}}, attempts: 1, waits: 1},
		{name: "403 from the second decision, and half an instance", faults: map[string][]fault{"create": {{status: 403, half: 1}}}, attempts: 1},
		{name: "400 from a part, and an instance", faults: map[string][]fault{"create": {{status: 400, half: 2}}}, attempts: 1},
		{name: "404 from a register out of order", faults: map[string][]fault{"create": {{status: 404, undone: true}, {status: 404, undone: true}}}, attempts: 3, waits: 2},
		{name: "401", faults: map[string][]fault{"create": {{status: 401, undone: true}}}, attempts: 2},
		{name: "429", faults: map[string][]fault{"create": {{status: 429, undone: true, retry: 20 * time.Minute}}}, attempts: 2, waits: 4},
		{name: "201 with half of it", faults: map[string][]fault{"create": {{half: 2}}}, attempts: 1},
		{name: "201 with nothing in it", faults: map[string][]fault{"create": {{half: 1}}}, attempts: 1},
		{name: "lists that say everything twice", twice: true, attempts: 1},
		{name: "lists out of order", faults: map[string][]fault{"create": {{lost: true}}, "list": {{status: 500, undone: true}, {lost: true}, {status: 403, undone: true}}}, attempts: 1},
		{name: "the source out of order", faults: map[string][]fault{"attachment": {{status: 404, undone: true}, {lost: true}}}, attempts: 3, waits: 2},
		{name: "reading back out of order", faults: map[string][]fault{"instance": {{status: 500, undone: true}}, "data": {{lost: true}, {status: 404, undone: true}}}, attempts: 1},
		{name: "files added whose answers are lost", faults: map[string][]fault{"create": {{half: 2}}, "add": {{lost: true}, {status: 500}, {status: 500, undone: true}}}, attempts: 1, waits: 3},
		{name: "a file that comes late", faults: map[string][]fault{"create": {{half: 2}}, "add": {{after: 4 * time.Minute}}}, attempts: 1, waits: 1},
		{name: "a file that comes after a second one was added", faults: map[string][]fault{"create": {{half: 2}}, "add": {{after: 5*time.Minute + time.Nanosecond}}}, attempts: 1, waits: 1},
		{name: "files that break off", faults: map[string][]fault{"create": {{half: 2}}, "add": {{half: 1}, {half: 1, lost: true}, {half: 1}}}, attempts: 1},
		{name: "the form added, the answer lost", faults: map[string][]fault{"create": {{half: 1}}, "add": {{lost: true}}}, attempts: 1, waits: 1},
		{name: "removing does not work at first", faults: map[string][]fault{"create": {{half: 2}}, "add": {{half: 1}}, "remove": {{status: 500, undone: true}, {lost: true}}}, attempts: 1, waits: 2},
		{name: "cleaning up does not work at first", faults: map[string][]fault{"create": {{after: 6 * time.Minute}}, "delete": {{status: 500, undone: true}, {lost: true}}, "substatus": {{status: 500, undone: true}}}, attempts: 2, duplicates: 1},
	}
	for _, mayDelete := range []bool{true, false} {
		for _, c := range cases {
			t.Run(map[bool]string{true: "may delete", false: "may not delete"}[mayDelete]+"/"+c.name, func(t *testing.T) {
				in(t, func(w *world) {
					w.platform.mayDelete, w.platform.twice = mayDelete, c.twice
					r := w.begin()
					for operation, faults := range c.faults {
						w.platform.fail(operation, faults...)
					}
					start := time.Now()
					w.settle(r.Key)
					if took := time.Since(start); took < time.Duration(c.waits)*unclearWait {
						w.Errorf("it took %v, want %d waits at least", took, c.waits)
					}
					w.quiesce()
					done := w.holds(r.Key)
					if done.Attempts != c.attempts || len(done.Duplicates) != c.duplicates {
						w.Errorf("%d attempts and %d duplicates, want %d and %d", done.Attempts, len(done.Duplicates), c.attempts, c.duplicates)
					}
					if c.duplicates == 0 {
						w.only(r.Key)
					}
				})
			})
		}
	}
}

// TestRefusals are failures that a person has to mend. A search must have found
// nothing, and a retry must work when the cause is gone.
func TestRefusals(t *testing.T) {
	forever := func(status int) []fault { return slices.Repeat([]fault{{status: status, undone: true}}, 5) }
	cases := []struct {
		name     string
		faults   map[string][]fault
		attempts int
		reason   string
	}{
		{"400", map[string][]fault{"create": forever(400)}, 1, "POST /create: 400 Bad Request"},
		{"403", map[string][]fault{"create": forever(403)}, 1, "403 Forbidden"},
		{"413", map[string][]fault{"create": forever(413)}, 1, "413"},
		{"415", map[string][]fault{"create": forever(415)}, 1, "415"},
		{"a redirect", map[string][]fault{"create": forever(307)}, 1, "307"},
		{"404 for good", map[string][]fault{"create": forever(404)}, 5, "404 Not Found"},
		{"409 for good", map[string][]fault{"create": forever(409)}, 5, "409 Conflict"},
		{"files refused", map[string][]fault{"create": {{half: 2}}, "add": forever(403)}, 1, "cannot be completed: POST /add: 403"},
		{"files never kept", map[string][]fault{"create": {{half: 2}}, "add": slices.Repeat([]fault{{status: 409, undone: true}}, 40)}, 1, "does not stay, or gets no answer"},
		{"files never answered", map[string][]fault{"create": {{half: 2}}, "add": slices.Repeat([]fault{{status: 500, undone: true}}, 40)}, 1, "does not stay, or gets no answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				for operation, faults := range c.faults {
					w.platform.fail(operation, faults...)
				}
				failed := w.settle(r.Key)
				if failed.Receiving == "" && failed.Setback.Status == 0 {
					w.Errorf("it failed by an answer, and does not tell its status: %+v", failed.Setback)
				}
				if failed.State != handover.Failed || failed.Attempts != c.attempts || !strings.Contains(failed.Reason, c.reason) {
					w.Fatalf("got %+v", failed)
				}
				w.keepsSecrets()
				if failed.Receiving == "" && w.platform.calls["list"] < 2 {
					w.Error("it was given up without a search")
				}
				if again, err := w.process.Run(w.Context(), r.Key); err != nil || again.State != handover.Failed {
					w.Errorf("Run of a failed handover: %s, %v", again.State, err)
				}
				w.platform.faults = map[string][]fault{}
				if _, err := w.process.Retry(w.Context(), r.Key); err != nil {
					w.Fatal(err)
				}
				w.settle(r.Key)
				w.holds(r.Key)
				w.only(r.Key)
			})
		})
	}
}

// TestWaitingRecordsTellWhy looks at a record while it waits, and after. Details
// of answers, which may hold anything, are not in it.
func TestWaitingRecordsTellWhy(t *testing.T) {
	cases := []struct {
		name   string
		faults map[string][]fault
		want   handover.Setback
	}{
		{"a party that Register does not know", map[string][]fault{"create": {{party: true, undone: true}}}, handover.Setback{Cause: "POST /create: 404 Not Found", Status: 404, UnknownParty: true}},
		{"another 404", map[string][]fault{"create": {{status: 404, undone: true}}}, handover.Setback{Cause: "POST /create: 404 Not Found: Failed to deserialize XML", Status: 404}},
		{"503", map[string][]fault{"create": {{status: 503}}}, handover.Setback{Cause: "POST /create: 503 Service Unavailable: Failed to deserialize XML", Status: 503}},
		{"no answer", map[string][]fault{"create": {{lost: true}}}, handover.Setback{Cause: "no answer came"}},
		{"a file without an answer", map[string][]fault{"create": {{half: 2}}, "add": {{lost: true}}}, handover.Setback{Cause: "no answer came"}},
		{"a file and 503", map[string][]fault{"create": {{half: 2}}, "add": {{status: 503}}}, handover.Setback{Cause: "POST /add: 503 Service Unavailable: Failed to deserialize XML", Status: 503}},
		{"the source's refusal is not the receiver's", map[string][]fault{"attachment": {{status: 404, undone: true}}}, handover.Setback{Cause: "POST /instances: GET /attachment: 404 Not Found: Failed to deserialize XML"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				for operation, faults := range c.faults {
					w.platform.fail(operation, faults...)
				}
				got, err := w.process.Run(w.Context(), r.Key)
				if err != nil || got.State.Settled() || got.Setback != c.want {
					w.Errorf("got %s, %+v, %v\nwant %+v", got.State, got.Setback, err, c.want)
				}
				if got := w.settle(r.Key); got.Setback != (handover.Setback{}) {
					w.Errorf("in the end: %+v", got.Setback)
				}
			})
		})
	}
}

func TestReceivingInstanceChangedByOthers(t *testing.T) {
	cases := []struct {
		name   string
		change func(*stored)
		state  handover.State
		soft   bool
	}{
		{"discarded", func(i *stored) { i.Status.IsSoftDeleted = true }, handover.Done, true},
		{"deleted for good", func(i *stored) { i.Status.IsHardDeleted = true }, handover.Failed, false},
		{"given to another", func(i *stored) { i.Owner.OrganisationNumber = "312008459" }, handover.Failed, false},
		{"of another application", func(i *stored) { i.AppID = "fts/anna" }, handover.Failed, false},
		{"a file more", func(i *stored) {
			i.Data = append(i.Data, altinn.DataElement{ID: "x", DataType: "vedlegg", Filename: "notat.pdf", CreatedBy: "1338"})
		}, handover.Done, false},
		{"a file of the same name", func(i *stored) {
			i.Data = append(i.Data, altinn.DataElement{ID: "x", DataType: "vedlegg", Filename: "rute.png", CreatedBy: "1338"})
			i.content["x"] = []byte("a better map")
		}, handover.Done, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				r := w.begin()
				w.platform.fail("instance", fault{status: 500, undone: true})
				if _, err := w.process.Run(w.Context(), r.Key); err == nil {
					w.Fatal("reading back should have failed")
				}
				c.change(w.platform.stamped(r.Key)[0])
				got := w.settle(r.Key)
				if got.State != c.state || got.SoftDeleted != c.soft {
					w.Errorf("got %+v", got)
				}
				if w.platform.calls["create"] != 1 || w.platform.calls["remove"] != 0 {
					w.Error("what somebody else has done was undone")
				}
			})
		})
	}
}

// TestLostJournal starts with an empty journal after everything was done: the
// stamps tell, and no second instance is made.
func TestLostJournal(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.settle(r.Key)
		time.Sleep(90 * 24 * time.Hour)
		w.journal = newMemoryJournal(time.Now)
		w.restart(w.journal)
		w.beginOf(r.Source)
		w.settle(r.Key)
		w.holds(r.Key)
		if w.platform.calls["create"] != 1 {
			w.Errorf("%d creates, want 1", w.platform.calls["create"])
		}
	})
}

func TestDuplicateThatSomebodyWorksOnIsMarked(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		w.platform.fail("create", fault{after: 7 * time.Minute})
		w.settle(r.Key)
		w.platform.late.Wait()
		for _, i := range w.platform.stamped(r.Key) {
			i.LastChangedBy = "1338"
		}
		w.quiesce()
		got, err := w.process.Get(w.Context(), r.Key)
		if err != nil || len(got.Duplicates) != 1 || got.Duplicates[0].Fate != handover.Marked || w.platform.calls["delete"] != 0 {
			w.Errorf("got %+v, %v", got.Duplicates, err)
		}
	})
}

func TestOneProcessAtATime(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		if _, _, err := w.journal.Acquire(w.Context(), r.Key, "another", time.Minute); err != nil {
			w.Fatal(err)
		}
		if _, err := w.process.Run(w.Context(), r.Key); !errors.Is(err, handover.ErrHeld) {
			w.Errorf("got %v, want ErrHeld", err)
		}
		if w.platform.calls["create"]+w.platform.calls["list"] != 0 {
			w.Error("something was done without the lease")
		}
		time.Sleep(time.Minute)
		w.settle(r.Key)
		w.holds(r.Key)
	})
}

func TestStoppedCallerLeavesAClearRecord(t *testing.T) {
	in(t, func(w *world) {
		r := w.begin()
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		if _, err := w.process.Run(ctx, r.Key); err == nil {
			w.Error("a run went on after its context had ended")
		}
		// The lease was given up, so there is nothing to wait for.
		if got := w.settle(r.Key); got.State != handover.Done {
			w.Errorf("got %+v", got)
		}
		w.holds(r.Key)
		w.only(r.Key)
	})
}

// TestAnIDOfAnotherInstance: Storage finds an instance by its GUID whatever party
// stands before it. A form has one name in the journal all the same, also when the
// definition has changed since.
func TestAnIDOfAnotherInstance(t *testing.T) {
	in(t, func(w *world) {
		w.platform.anyParty = true
		r := w.begin()
		_, guid, _ := strings.Cut(r.Source, "/")
		w.serve(variant(w, `"313547264"`, `"310000094"`))
		for _, trigger := range []handover.Trigger{handover.ByAPI, handover.ByEvent} {
			records, err := w.process.Begin(w.Context(), "til-mottak", "51000018/"+guid, trigger)
			if err != nil || len(records) != 1 || records[0].Key != r.Key {
				w.Errorf("got %+v, %v, want the record that there is", records, err)
			}
		}
		w.recordsOf(r.Source, 1)
	})
}
