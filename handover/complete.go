package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/stafett/stafett/altinn"
)

// complete reads the receiving instance back and works out what it lacks.
func (w *work) complete(ctx context.Context, r Record) (observation, error) {
	i, err := w.cfg.Receiver.Instance(ctx, w.definition.to, r.Receiving)
	switch {
	case altinn.IsStatus(err, http.StatusNotFound):
		return broken{reason: fmt.Sprintf("the receiving instance %s is not there any more", r.Receiving)}, nil
	case err != nil:
		return nil, fmt.Errorf("read the receiving instance back: %w", err)
	}
	if wrong := w.identify(i); wrong != "" {
		return broken{reason: fmt.Sprintf("the receiving instance %s %s", r.Receiving, wrong)}, nil
	}
	if i.Status.IsSoftDeleted {
		// Somebody has discarded it on purpose; that is not undone.
		return readBack{softDeleted: true}, nil
	}
	p, err := w.load(ctx, r)
	if err != nil {
		if permanent(err) || errors.Is(err, ErrNotWanted) {
			return broken{reason: err.Error()}, nil
		}
		return nil, err
	}
	files, err := w.hashes(ctx, r, p)
	if err != nil {
		return nil, err
	}
	there, err := w.readFiles(ctx, r, i, p)
	if err != nil {
		return nil, err
	}
	diff := compare(expected(p, files), there)
	diff.form = p.form != nil && !slices.ContainsFunc(i.Data, func(e altinn.DataElement) bool { return e.DataType == w.definition.targetForm })
	if len(diff.missing) == 0 && len(diff.surplus) == 0 && !diff.form {
		return readBack{files: files}, nil
	}
	w.lacking = diff
	return lacking{files}, nil
}

// identify tells what is wrong with an instance that should be the recorded one.
func (w *work) identify(i altinn.Instance) string {
	switch {
	case i.Status.IsHardDeleted:
		return "has been deleted for good"
	case i.AppID != w.definition.to:
		return fmt.Sprintf("is of %s, not of %s", i.AppID, w.definition.to)
	case w.recipient.OrganisationNumber != "" && i.Owner.OrganisationNumber != w.recipient.OrganisationNumber,
		w.recipient.PartyID != "" && i.Owner.PartyID != w.recipient.PartyID:
		return "belongs to another than the recipient"
	}
	return ""
}

// hashes returns all attachments of the source with their hashes, reading those
// that are not known yet.
func (w *work) hashes(ctx context.Context, r Record, p plan) ([]File, error) {
	files := make([]File, len(p.files))
	for i, f := range p.files {
		if known, ok := r.file(f.element); ok && known.SHA256 != "" && known.Size == f.size && known.DataType == f.dataType {
			files[i] = known
			continue
		}
		content, err := w.cfg.Source.Attachment(ctx, r.Source, f.element)
		if err != nil {
			return nil, err
		}
		digest, size, err := digest(content)
		if err == nil && size != f.size {
			err = fmt.Errorf("it has %d bytes, Storage says %d", size, f.size)
		}
		if err != nil {
			return nil, fmt.Errorf("read the attachment %s of the source: %w", f.element, err)
		}
		files[i] = File{Element: f.element, DataType: f.dataType, Size: size, SHA256: digest}
	}
	return files, nil
}

func digest(content io.ReadCloser) (string, int64, error) {
	defer content.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, content)
	return hex.EncodeToString(sum.Sum(nil)), size, err
}

// fileKey is by what files are compared.
type fileKey struct {
	dataType, name string
	size           int64
	sha256         string
}

// expectedFile is one that the receiving instance must have.
type expectedFile struct {
	key  fileKey
	plan plannedFile
}

func expected(p plan, files []File) []expectedFile {
	out := make([]expectedFile, len(files))
	for i, f := range files {
		out[i] = expectedFile{fileKey{f.DataType, p.files[i].name, f.Size, f.SHA256}, p.files[i]}
	}
	return out
}

// presentFile is one that the receiving instance has.
type presentFile struct {
	key     fileKey
	element string
	ours    bool // nobody but the creator of the instance has touched it
}

// readFiles reads back what the receiving instance has of the names and data
// types that the plan has. Other files are somebody else's and are left alone.
func (w *work) readFiles(ctx context.Context, r Record, i altinn.Instance, p plan) ([]presentFile, error) {
	var there []presentFile
	for _, e := range i.Data {
		if !slices.ContainsFunc(p.files, func(f plannedFile) bool { return f.dataType == e.DataType && f.name == e.Filename }) ||
			e.DeleteStatus != nil && e.DeleteStatus.IsHardDeleted {
			continue
		}
		content, err := w.cfg.Receiver.Data(ctx, w.definition.to, r.Receiving, e.ID)
		if err != nil {
			return nil, fmt.Errorf("read the attachment %s back: %w", e.ID, err)
		}
		sum, size, err := digest(content.Body)
		if err != nil {
			return nil, fmt.Errorf("read the attachment %s back: %w", e.ID, err)
		}
		there = append(there, presentFile{
			key: fileKey{e.DataType, e.Filename, size, sum}, element: e.ID,
			ours: e.CreatedBy == i.CreatedBy && e.LastChangedBy == e.CreatedBy,
		})
	}
	return there, nil
}

// difference is what has to be done to complete an instance.
type difference struct {
	form    bool // add the form data
	missing []expectedFile
	surplus []string // data elements to remove
}

// compare matches files one to one. What is left over in the instance is
// removed if it is ours: a second copy, or one that broke off.
func compare(want []expectedFile, have []presentFile) difference {
	var d difference
	matched := make([]bool, len(have))
	for _, w := range want {
		i := 0
		for i < len(have) && (matched[i] || have[i].key != w.key) {
			i++
		}
		if i == len(have) {
			d.missing = append(d.missing, w)
			continue
		}
		matched[i] = true
	}
	for i, h := range have {
		if !matched[i] && h.ours {
			d.surplus = append(d.surplus, h.element)
		}
	}
	return d
}

// fill removes and adds what was found lacking: first the removals, since a data
// type may hold only so many.
func (w *work) fill(ctx context.Context, r Record) (observation, error) {
	d, p := w.lacking, *w.planned
	if err := w.cfg.Journal.Extend(ctx, w.lease, w.cfg.LeaseTime); err != nil {
		return nil, err
	}
	var uploads []altinn.Upload
	if d.form {
		uploads = append(uploads, altinn.NewUpload(w.definition.targetForm, w.definition.contentType, "", p.form))
	}
	for _, m := range d.missing {
		uploads = append(uploads, w.upload(r, m.plan, &sum{}))
	}
	for _, element := range d.surplus {
		err := w.cfg.Receiver.RemoveData(ctx, w.definition.to, r.Receiving, element)
		if o, stop := w.filling(err); stop {
			return o, nil
		}
	}
	for _, u := range uploads {
		_, err := w.cfg.Receiver.AddData(ctx, w.definition.to, r.Receiving, u)
		if o, stop := w.filling(err); stop {
			return o, nil
		}
	}
	return filled{}, nil
}

// filling reads the outcome of one removal or addition; true ends the round.
func (w *work) filling(err error) (observation, bool) {
	var (
		status *altinn.StatusError
		body   *altinn.BodyError
	)
	switch {
	case err == nil:
		return nil, false
	case errors.As(err, &body) || !errors.As(err, &status):
	case status.Status == http.StatusNotFound || status.Status == http.StatusConflict:
		// It is gone or there already: reading back will tell.
		return nil, false
	case verdictOf(status.Status) == refused && status.Status != http.StatusUnauthorized:
		return broken{"the receiving instance cannot be completed: " + reason(err), setbackOf(err)}, true
	}
	o := fillUnclear{setback: setbackOf(err)}
	if status != nil {
		o.retryAfter = status.RetryAfter
	}
	w.log.Warn("data was not added to the receiving instance", "key", w.lease.Key, "reason", reason(err))
	return o, true
}
