package handover

import (
	"context"
	"errors"
	"net/http"

	"github.com/stafett/stafett/altinn"
)

// fill does one thing of what was found lacking: it removes what is too much,
// since a data type may hold only so many, or adds the form, or one file. A long
// row of large files is so resumed at the one where it broke off.
func (w *work) fill(ctx context.Context, r Record) (observation, error) {
	if err := w.cfg.Journal.Extend(ctx, w.lease, w.cfg.LeaseTime); err != nil {
		return nil, err
	}
	for _, element := range w.lacking.surplus {
		err := w.cfg.Receiver.RemoveData(ctx, w.definition.to, r.Receiving, element)
		if o, err := w.filling(err, nil); o != nil {
			return o, err
		}
	}
	p := *w.planned
	switch {
	case len(w.lacking.surplus) > 0:
		return filled{}, nil
	case w.lacking.form:
		_, err := w.cfg.Receiver.AddData(ctx, w.definition.to, r.Receiving, altinn.NewUpload(w.definition.targetForm, w.definition.contentType, "", p.form))
		if o, err := w.filling(err, nil); o != nil {
			return o, err
		}
		return filled{}, nil
	}
	f, s := p.files[w.lacking.missing[0]], &sum{}
	_, err := w.cfg.Receiver.AddData(ctx, w.definition.to, r.Receiving, w.upload(r, f, s))
	files := s.of(f)
	if o, err := w.filling(err, files); o != nil {
		return o, err
	}
	return filled{files}, nil
}

// filling reads the outcome of a removal or addition; nil means that it may be
// taken as done. With an error, nothing was done, and it is to be put off.
func (w *work) filling(err error, files []File) (observation, error) {
	var (
		status *altinn.StatusError
		body   *altinn.BodyError
	)
	switch {
	case err == nil:
		return nil, nil
	case errors.Is(err, altinn.ErrNotSent):
		// A status in it would be another server's, of the source or of a token.
		return unsent{}, err
	case errors.As(err, &body) || !errors.As(err, &status):
	case status.Status == http.StatusUnauthorized:
		return unsent{}, err // the client has tried a second token already
	case status.Status == http.StatusNotFound || status.Status == http.StatusConflict:
		return nil, nil // it is gone or there already: reading back will tell
	case verdictOf(status.Status) == refused:
		return broken{"the receiving instance cannot be completed: " + reason(err), setbackOf(err)}, nil
	}
	o := fillUnclear{files: files, setback: setbackOf(err)}
	if status != nil {
		o.retryAfter = status.RetryAfter
	}
	w.log.Warn("data was not added to the receiving instance", "key", w.lease.Key, "reason", reason(err))
	return o, nil
}

// inspect removes second copies of files, which an upload leaves behind that the
// server finished after its worst case of time, when the handover was done. It
// adds nothing: somebody may have begun to work on the instance.
func (w *work) inspect(ctx context.Context, r Record) (observation, error) {
	i, err := w.cfg.Receiver.Instance(ctx, w.definition.to, r.Receiving)
	switch {
	case altinn.IsStatus(err, http.StatusNotFound) || err == nil && (w.identify(i) != "" || i.Status.IsSoftDeleted):
		return inspected{}, nil
	case err != nil:
		return nil, err
	}
	p, err := w.load(ctx, r)
	switch {
	case permanent(err) || errors.Is(err, ErrNotWanted):
		return inspected{}, nil
	case err != nil:
		return nil, err
	case len(present(i, p)) <= len(p.files):
		return inspected{}, nil
	}
	m, err := w.match(ctx, r, i, p)
	if err != nil || len(m.missing) > 0 {
		return inspected{}, err
	}
	for _, element := range m.surplus {
		err := w.cfg.Receiver.RemoveData(ctx, w.definition.to, r.Receiving, element)
		if err != nil && !altinn.IsStatus(err, http.StatusNotFound) {
			return nil, err
		}
		w.log.Warn("removed a second copy of a file that came late", "key", r.Key, "element", element)
	}
	return inspected{}, nil
}
