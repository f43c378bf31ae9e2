//go:build !race

package soak_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stafett/stafett/handover"
)

// outcome is what became of all forms, as Storage has it.
type outcome struct {
	instances  int // live ones in the receiving application
	duplicates int // that a record knows, deleted ones too
	half       int // hard-deleted ones that no record knows: the application's own clean-up
}

// received is a live instance of the receiving application.
type received struct {
	instance
	source string // which its form data names; empty when it has none
	form   string
	files  map[file]int
}

// verdict holds what Storage has against what was sent in: each form has exactly one
// recorded complete instance, none is lost, every other instance is known to its
// form's record and dealt with, and each file has the bytes that were sent. Storage
// is asked in plain HTTP; of the journal only what it says is taken.
func (w *world) verdict(records []handover.Record) (outcome, error) {
	var out outcome
	all, err := w.wire.instances(receiver)
	if err != nil {
		return out, err
	}
	found, err := w.readAll(all)
	if err != nil {
		return out, err
	}
	bySource := map[string][]handover.Record{}
	byStamp := map[string]string{}
	known := map[string]bool{}
	for _, r := range records {
		bySource[r.Source] = append(bySource[r.Source], r)
		byStamp[r.Key] = r.Source
		out.duplicates += len(r.Duplicates)
		for _, d := range r.Duplicates {
			known[d.Instance] = true
		}
	}
	var errs []error
	ofSource := map[string][]received{}
	for _, i := range found {
		source := byStamp[i.DataValues[handover.Stamp]]
		switch {
		case i.Status.IsHardDeleted:
			if !known[i.ID] {
				out.half++
			}
			continue
		case i.source != "" && source != "" && i.source != source:
			errs = append(errs, fmt.Errorf("%s has the answers of %s and the stamp of %s", i.ID, i.source, source))
		case i.source != "":
			source = i.source
		}
		out.instances++
		ofSource[source] = append(ofSource[source], i)
	}
	for _, f := range w.sent.all() {
		if err := f.arrived(bySource[f.source], ofSource[f.source]); err != nil {
			errs = append(errs, fmt.Errorf("form %s: %w", f.source, err))
		}
		delete(ofSource, f.source)
	}
	for source, rest := range ofSource {
		errs = append(errs, fmt.Errorf("there are %d instances of a form %q that nobody sent", len(rest), source))
	}
	return out, firstOf(errs)
}

// firstOf keeps a failure readable.
func firstOf(errs []error) error {
	const shown = 5
	if len(errs) > shown {
		errs = append(errs[:shown:shown], fmt.Errorf("and %d more", len(errs)-shown))
	}
	return errors.Join(errs...)
}

// arrived checks one form.
func (f form) arrived(records []handover.Record, live []received) error {
	if len(records) != 1 {
		return fmt.Errorf("it has %d records, and should have one", len(records))
	}
	r := records[0]
	if r.State != handover.Done {
		return fmt.Errorf("its record is %s: %s %s", r.State, r.Reason, r.Setback.Cause)
	}
	at := slices.IndexFunc(live, func(i received) bool { return i.ID == r.Receiving })
	if at < 0 {
		return fmt.Errorf("the recorded instance %s is not among the %d live ones", r.Receiving, len(live))
	}
	for n, other := range live {
		if n == at {
			continue
		}
		d := slices.IndexFunc(r.Duplicates, func(d handover.Duplicate) bool { return d.Instance == other.ID })
		switch {
		case d < 0:
			return fmt.Errorf("%s is a duplicate that its record does not know", other.ID)
		case r.Duplicates[d].Fate == handover.Marked && (other.Status.Substatus == nil || other.Status.Substatus.Label == ""):
			return fmt.Errorf("the duplicate %s is said to be marked, and is not", other.ID)
		case r.Duplicates[d].Fate != handover.Marked && r.Duplicates[d].Fate != handover.Kept:
			return fmt.Errorf("the duplicate %s is said to be %s, and is there", other.ID, r.Duplicates[d].Fate)
		}
	}
	i := live[at]
	switch {
	case !strings.Contains(i.form, ">"+f.area+"<"):
		return fmt.Errorf("%s has answers of another form", i.ID)
	case !maps.Equal(i.files, f.files):
		return fmt.Errorf("%s has other files than were sent: %d kinds, not %d", i.ID, len(i.files), len(f.files))
	}
	return nil
}

// readAll reads the data of all live instances.
func (w *world) readAll(all []instance) ([]received, error) {
	const together = 8
	read := make([]received, len(all))
	var (
		group sync.WaitGroup
		errs  [together]error
	)
	for worker := range together {
		group.Go(func() {
			for n := worker; n < len(all); n += together {
				var err error
				if read[n], err = w.read(all[n]); err != nil {
					errs[worker] = err
				}
			}
		})
	}
	group.Wait()
	return read, errors.Join(errs[:]...)
}

var namedSource = regexp.MustCompile(`<KildeInstans>([^<]*)</KildeInstans>`)

func (w *world) read(i instance) (received, error) {
	r := received{instance: i, files: map[file]int{}}
	if i.Status.IsHardDeleted {
		return r, nil
	}
	for _, e := range i.Data {
		var content []byte
		if err := w.wire.call(http.MethodGet, storageURL+"/"+i.ID+"/data/"+e.ID, w.wire.organisation, body{}, &content); err != nil {
			return r, err
		}
		if e.DataType != "sak" {
			r.files[file{e.DataType, e.Filename, int64(len(content)), sha256.Sum256(content)}]++
			continue
		}
		r.form = html.UnescapeString(string(content))
		if named := namedSource.FindStringSubmatch(r.form); named != nil {
			r.source = named[1]
		}
	}
	return r, nil
}
