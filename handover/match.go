package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/stafett/stafett/altinn"
)

// shortage is what has to be done to complete an instance.
type shortage struct {
	form    bool     // add the form data
	missing []int    // add these of the planned files
	surplus []string // remove these data elements
}

func (s shortage) none() bool { return !s.form && len(s.missing) == 0 && len(s.surplus) == 0 }

// matching is what a comparison of the planned files with those of an instance
// gives.
type matching struct {
	files []File // as many as are planned, with what is known of each
	shortage
}

// match pairs the planned files one to one with those of the receiving instance:
// first those that it has read back before and nobody has touched since, then by
// data type, name, size and hash. Only what may agree is read, from the instance
// and, if it has never been read, from the source.
//
// What is left over in the instance is surplus if it is ours: a second copy, or
// one that broke off. Files of other names and types are somebody else's.
func (w *work) match(ctx context.Context, r Record, i altinn.Instance, p plan) (matching, error) {
	m := matching{files: make([]File, len(p.files))}
	there := present(i, p)
	taken := make([]bool, len(there))
	for n, f := range p.files {
		m.files[n] = File{Element: f.element, DataType: f.dataType, Size: f.size}
		known, ok := r.file(f.element)
		if !ok || known.Size != f.size || known.DataType != f.dataType {
			continue
		}
		m.files[n] = known
		m.files[n].Receiving = ""
		for k, e := range there {
			if !taken[k] && e.ID == known.Receiving && e.Size == f.size && ours(i, e) {
				m.files[n].Receiving, taken[k] = e.ID, true
			}
		}
	}
	read := map[string]string{} // hashes by data element
	for n, f := range p.files {
		for k, e := range there {
			if m.files[n].Receiving != "" || taken[k] || !f.resembles(e) {
				continue
			}
			same, err := w.same(ctx, r, &m.files[n], e, read)
			if err != nil {
				return m, err
			}
			if same {
				m.files[n].Receiving, taken[k] = e.ID, true
			}
		}
		if m.files[n].Receiving == "" {
			m.missing = append(m.missing, n)
		}
	}
	for k, e := range there {
		if !taken[k] && ours(i, e) {
			m.surplus = append(m.surplus, e.ID)
		}
	}
	return m, nil
}

// present lists the data elements that have the name and type of a planned file.
func present(i altinn.Instance, p plan) []altinn.DataElement {
	var there []altinn.DataElement
	for _, e := range i.Data {
		planned := slices.ContainsFunc(p.files, func(f plannedFile) bool { return f.dataType == e.DataType && f.name == e.Filename })
		if planned && (e.DeleteStatus == nil || !e.DeleteStatus.IsHardDeleted) {
			there = append(there, e)
		}
	}
	return there
}

// ours reports whether nobody but the creator of an instance has touched a data
// element.
func ours(i altinn.Instance, e altinn.DataElement) bool {
	return e.CreatedBy == i.CreatedBy && e.LastChangedBy == e.CreatedBy
}

// resembles reports whether a data element can be the file, as far as is known
// without reading it.
func (f plannedFile) resembles(e altinn.DataElement) bool {
	return f.dataType == e.DataType && f.name == e.Filename && f.size == e.Size
}

// same compares a file of the source with a data element of the receiving
// instance, and notes the hashes that it has read.
func (w *work) same(ctx context.Context, r Record, f *File, e altinn.DataElement, read map[string]string) (bool, error) {
	if f.SHA256 == "" {
		content, err := w.cfg.Source.Attachment(ctx, r.Source, f.Element)
		if err != nil {
			return false, err
		}
		if f.SHA256, err = digest(content, f.Size); err != nil {
			return false, fmt.Errorf("read the attachment %s of the source: %w", f.Element, err)
		}
	}
	if _, known := read[e.ID]; !known {
		content, err := w.cfg.Receiver.Data(ctx, w.definition.to, r.Receiving, e.ID)
		if err != nil {
			return false, fmt.Errorf("read the attachment %s back: %w", e.ID, err)
		}
		if read[e.ID], err = digest(content.Body, e.Size); err != nil {
			return false, fmt.Errorf("read the attachment %s back: %w", e.ID, err)
		}
	}
	return read[e.ID] == f.SHA256, nil
}

// digest reads content to its end. It must have the size that Storage says.
func digest(content io.ReadCloser, size int64) (string, error) {
	defer content.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, content)
	if err == nil && n != size {
		err = fmt.Errorf("it has %d bytes, Storage says %d", n, size)
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}
