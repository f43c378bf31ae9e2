package handover_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// large is a file that does not fit into the request that creates the instance.
func large(n byte) altinn.Upload {
	return altinn.NewUpload("kart", "image/png", "stor.png", bytes.Repeat([]byte{n}, 5<<20))
}

// TestLargeFilesGoOneByOne: what breaks off is sent again, and nothing else.
func TestLargeFilesGoOneByOne(t *testing.T) {
	cases := []struct {
		name           string
		add            []fault
		adds, readBack int
	}{
		// The create carries one large file and the PDF.
		{name: "nothing goes wrong", adds: 2, readBack: 4},
		{name: "an answer is lost", add: []fault{{lost: true}}, adds: 2, readBack: 4},
		{name: "a file is lost", add: []fault{{}, {lost: true, undone: true}}, adds: 3, readBack: 4},
		{name: "a file breaks off", add: []fault{{status: 500, half: 1}}, adds: 3, readBack: 4},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(w *world) {
				w.platform.fail("add", c.add...)
				r := w.beginOf(w.platform.submit(form, large(1), large(2), pdf(), large(3)))
				w.settle(r.Key)
				w.holds(r.Key)
				if got := w.platform.calls["add"]; got != c.adds {
					w.Errorf("%d files were added, want %d", got, c.adds)
				}
				if got := w.platform.calls["data"]; got != c.readBack {
					w.Errorf("%d files were read back, want %d", got, c.readBack)
				}
				// Each is read from the source when it is sent, and not to be hashed.
				if got, want := w.platform.calls["attachment"], c.adds+2; got != want {
					w.Errorf("%d files were read from the source, want %d", got, want)
				}
			})
		})
	}
}

// TestLargeFilesAreResumed by other processes: each file that was found there stays found.
func TestLargeFilesAreResumed(t *testing.T) {
	in(t, func(w *world) {
		var files []altinn.Upload
		for n := range byte(14) { // more than the times that a row of failures may last
			files = append(files, large(n))
		}
		r := w.beginOf(w.platform.submit(form, append(files, pdf())...))
		w.platform.fail("instance", slices.Repeat([]fault{{slow: 3 * time.Second}}, 20)...) // a slice of time is one file
		runs := 0
		for ; !r.State.Settled(); runs++ {
			w.restart(w.journal)
			var err error
			if r, err = w.process.Run(w.Context(), r.Key); err != nil {
				w.Fatal(err)
			}
		}
		if runs < len(files) {
			w.Errorf("%d runs, want one for each file", runs)
		}
		w.holds(r.Key)
		if got := w.platform.calls["add"]; got != len(files)-1 {
			w.Errorf("%d files were added, want %d", got, len(files)-1)
		}
		if got := w.platform.calls["data"]; got != len(files)+1 {
			w.Errorf("%d files were read back, want %d", got, len(files)+1)
		}
	})
}

// TestLateSecondCopy: an upload that the server finishes long after its answer was
// lost leaves a second copy behind, which a sweep removes. What somebody has added
// since stays.
func TestLateSecondCopy(t *testing.T) {
	in(t, func(w *world) {
		w.platform.fail("create", fault{half: 2})
		w.platform.fail("add", fault{}, fault{after: 20 * time.Minute}) // the PDF, then a map
		r := w.settle(w.begin().Key)
		w.holds(r.Key)
		w.sweep(handover.SweepResult{Seen: 1})
		w.platform.mu.Lock()
		i := w.platform.instances[r.Receiving]
		notes := w.platform.put(i, "notat", "text/plain", "notat.txt", []byte("mine"), "1338")
		w.platform.mu.Unlock()
		w.platform.late.Wait()
		reads := w.platform.calls["data"]
		if n := len(i.Data); n != 7 {
			w.Fatalf("the instance has %d data elements, want 7", n)
		}
		w.platform.fail("remove", fault{status: 500, undone: true})
		if _, err := w.process.Sweep(w.Context()); err == nil {
			w.Error("the sweep did not tell that a copy could not be removed")
		}
		w.sweep(handover.SweepResult{Seen: 1})
		if !slices.ContainsFunc(i.Data, func(e altinn.DataElement) bool { return e.ID == notes.ID }) {
			w.Error("somebody else's file was removed")
		}
		i.Data = slices.DeleteFunc(i.Data, func(e altinn.DataElement) bool { return e.ID == notes.ID })
		w.holds(r.Key)
		if got := w.platform.calls["data"]; got != reads {
			w.Errorf("%d files were read for it, want none", got-reads)
		}
		w.sweep(handover.SweepResult{Seen: 1}) // the removal was a change, too
		source := w.platform.calls["source"]
		w.sweep(handover.SweepResult{Seen: 1})
		if w.platform.calls["source"] != source {
			w.Error("it was looked at again, though nothing has changed")
		}
	})
}

// TestWhatWasNotSentIsPutOff: when a file cannot be had, or no token to send it
// with, whatever the status that tells so, nothing is given up, and the receiving
// instance is as it was.
func TestWhatWasNotSentIsPutOff(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 500} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			in(t, func(w *world) {
				w.platform.fail("create", fault{half: 2})
				r := w.begin()
				w.platform.fail("attachment", make([]fault, 4)...) // they go along in the create
				for range 30 {
					w.platform.fail("attachment", fault{status: code, undone: true})
				}
				for range 30 {
					got, err := w.process.Run(w.Context(), r.Key)
					if err == nil || got.State.Settled() {
						w.Fatalf("got %+v, %v", got, err)
					}
					if got, err = w.process.Postpone(w.Context(), r.Key, err); err != nil || !got.NotBefore.After(time.Now()) {
						w.Fatalf("got %+v, %v", got, err)
					}
					time.Sleep(time.Until(got.NotBefore))
				}
				if got := w.settle(r.Key); got.Unclears != 0 {
					w.Errorf("%d outcomes were not clear, though nothing was sent", got.Unclears)
				}
				w.holds(r.Key)
			})
		})
	}
}
