package handover_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

const (
	unclearWait = 5 * time.Minute
	form        = `{"Soker":{"Navn":"Áile Ærlig","Alder":"41"},"Turer":[{"Omrade":"Kárášjohka"}],"Antall":3,"Godtatt":true}`
)

func pdf() altinn.Upload {
	return altinn.NewUpload("ref-data-as-pdf", "application/pdf", "Søknad.pdf", []byte("%PDF-1.7 the form"))
}

func maps() []altinn.Upload {
	return []altinn.Upload{
		altinn.NewUpload("kart", "image/png", "rute.png", []byte("\x89PNG the first")),
		altinn.NewUpload("kart", "image/png", "rute.png", []byte("\x89PNG another of the same name")),
		altinn.NewUpload("kart", "application/pdf", "", []byte("%PDF-1.7 no name")),
	}
}

func everything() []altinn.Upload { return append(maps(), pdf()) }

// world is a platform, a journal, and processes that come and go. It must be
// made within a synctest bubble: its clock is the bubble's.
type world struct {
	testing.TB
	platform *platform
	journal  handover.Journal
	log      logBuffer // of all processes
	process  *handover.Service

	definitions []*handover.Definition
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, platform: newPlatform(), definitions: []*handover.Definition{compiled(t)}}
	w.journal = newMemoryJournal(time.Now)
	w.restart(w.journal)
	return w
}

// restart starts a new process, which knows nothing but the journal.
func (w *world) restart(journal handover.Journal) {
	w.Helper()
	h, err := handover.New(handover.Config{
		Definitions: w.definitions,
		Source:      sourceSide{w.platform}, Receiver: w.platform, Lister: w.platform,
		Finder:  handover.NewIndex(w.platform, 10*time.Minute),
		Journal: journal, UnclearWait: unclearWait, Owner: "test",
		Logger: slog.New(slog.NewJSONHandler(&w.log, nil)),
	})
	if err != nil {
		w.Fatal(err)
	}
	w.process = h
}

// begin submits a form and begins its handover.
func (w *world) begin() handover.Record {
	w.Helper()
	return w.beginOf(w.platform.submit(form, everything()...))
}

// beginOf begins the handover of a form with one recipient.
func (w *world) beginOf(source string) handover.Record {
	w.Helper()
	records, err := w.process.Begin(w.Context(), "til-mottak", source, handover.ByCommand)
	if err != nil || len(records) != 1 {
		w.Fatalf("Begin gave %v, %v", records, err)
	}
	return records[0]
}

// settle runs a handover to its end, whatever passing errors there are.
func (w *world) settle(key string) handover.Record {
	w.Helper()
	for range 100 {
		r, err := w.process.Settle(w.Context(), key)
		if err == nil {
			return r
		}
		time.Sleep(time.Minute)
	}
	w.Fatal("the handover does not come to an end")
	return handover.Record{}
}

// quiesce sweeps until nothing is left to do, lets late work happen, and sweeps
// once more.
func (w *world) quiesce() {
	w.Helper()
	for range 40 {
		time.Sleep(6 * time.Minute)
		_, err := w.process.Sweep(w.Context())
		open, listErr := w.journal.List(w.Context(), handover.Filter{Due: time.Now().Add(time.Hour)})
		if err == nil && listErr == nil && len(open) == 0 {
			break
		}
	}
	w.platform.late.Wait()
	for range 20 { // what goes wrong here may go wrong a few times
		if _, err := w.process.Sweep(w.Context()); err == nil {
			return
		}
		time.Sleep(time.Minute)
	}
	w.Fatal("the world does not come to rest")
}

// holds checks the promise for one handover: one recorded, complete instance,
// and every other one counted and dealt with.
func (w *world) holds(key string) handover.Record {
	w.Helper()
	r, err := w.process.Get(w.Context(), key)
	if err != nil {
		w.Fatal(err)
	}
	w.keepsSecrets()
	if r.State != handover.Done {
		w.Errorf("the handover is %s: %s", r.State, r.Reason)
		return r
	}
	recorded := false
	for _, i := range w.platform.stamped(key) {
		counted := slices.IndexFunc(r.Duplicates, func(d handover.Duplicate) bool { return d.Instance == i.ID })
		switch {
		case i.ID == r.Receiving:
			recorded = true
			w.complete(r, i)
		case i.Status.IsHardDeleted && counted < 0: // the application's own clean-up
		case counted < 0:
			w.Errorf("the duplicate %s was not counted", i.ID)
		case w.platform.mayDelete && (!i.Status.IsHardDeleted || r.Duplicates[counted].Fate != handover.Deleted):
			w.Errorf("the duplicate %s is there still (%s)", i.ID, r.Duplicates[counted].Fate)
		case !w.platform.mayDelete && (i.Status.Substatus == nil || r.Duplicates[counted].Fate != handover.Marked):
			w.Errorf("the duplicate %s is not marked (%s)", i.ID, r.Duplicates[counted].Fate)
		}
	}
	if !recorded {
		w.Errorf("the recorded instance %q does not exist", r.Receiving)
	}
	return r
}

// keepsSecrets checks that neither the journal nor the log holds anything of a
// form, names of files included.
func (w *world) keepsSecrets() {
	w.Helper()
	records, err := w.journal.List(w.Context(), handover.Filter{})
	if err != nil {
		w.Fatal(err)
	}
	kept := fmt.Sprintf("%+v", records) + w.log.String()
	for _, secret := range []string{"rlig", "Kárášjohka", "rute.png", "Søknad", "%PDF"} {
		if strings.Contains(kept, secret) {
			w.Errorf("the journal or the log holds %q:\n%s", secret, kept)
		}
	}
}

// complete checks a receiving instance against its source, byte by byte.
func (w *world) complete(r handover.Record, i *stored) {
	w.Helper()
	if i.Status.IsHardDeleted || "organisation:"+i.Owner.OrganisationNumber != r.Recipient {
		w.Errorf("the recorded instance is deleted or somebody else's: %+v", i.Instance)
	}
	var got, want []string
	for _, e := range i.Data {
		if e.DataType == "sak" {
			if text := string(i.content[e.ID]); !strings.Contains(text, "<Navn>Áile Ærlig</Navn>") {
				w.Errorf("the form data is %s", text)
			}
			continue
		}
		got = append(got, e.DataType+"|"+e.Filename+"|"+e.ContentType+"|"+string(i.content[e.ID]))
	}
	w.platform.mu.Lock()
	source := w.platform.instances[r.Source]
	w.platform.mu.Unlock()
	for _, e := range source.Data {
		name, to := e.Filename, map[string]string{"ref-data-as-pdf": "kildePdf", "kart": "vedlegg"}[e.DataType]
		if to == "" {
			continue
		}
		if name == "" {
			name = e.DataType + "-" + e.ID[:8] + ".pdf"
		}
		want = append(want, to+"|"+name+"|"+e.ContentType+"|"+string(source.content[e.ID]))
		sum := sha256.Sum256(source.content[e.ID])
		if !slices.ContainsFunc(r.Files, func(f handover.File) bool {
			want := handover.File{Element: e.ID, DataType: to, Size: e.Size, SHA256: hex.EncodeToString(sum[:]), Receiving: f.Receiving}
			return f == want && bytes.Equal(i.content[f.Receiving], source.content[e.ID])
		}) {
			w.Errorf("the record lacks the hash of %s", e.ID)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("the receiving instance has %q\nwant %q", got, want)
	}
	if n := len(i.Data) - len(got); n != 1 {
		w.Errorf("the receiving instance has form data %d times, want once", n)
	}
}

// only checks that there is exactly one instance with the key, deleted ones not
// counted.
func (w *world) only(key string) {
	w.Helper()
	live := slices.DeleteFunc(w.platform.stamped(key), func(i *stored) bool { return i.Status.IsHardDeleted })
	if len(live) != 1 {
		w.Errorf("%d instances carry the key, want 1", len(live))
	}
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
