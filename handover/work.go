package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/project"
)

// work carries out the actions of one handover under one lease.
type work struct {
	*Service
	definition *Definition
	recipient  project.Recipient // whose the receiving instance is
	lease      Lease
	planned    *plan    // once it is known
	lacking    shortage // what the last reading found
}

// do carries out an action. With an error and no observation, nothing was found
// out; with both, the observation holds, and nothing more is to be done now.
func (w *work) do(ctx context.Context, r Record, a action) (observation, error) {
	ctx, cancel := context.WithTimeout(ctx, w.cfg.StepTimeout)
	defer cancel()
	switch a {
	case search:
		return w.search(ctx, r)
	case create:
		return w.create(ctx, r)
	case complete:
		return w.complete(ctx, r)
	case fill:
		return w.fill(ctx, r)
	case cleanUp:
		return w.cleanUp(ctx, r)
	case confirm:
		return w.confirm(ctx, r)
	case inspect:
		return w.inspect(ctx, r)
	}
	panic(fmt.Sprintf("handover: no action %d", a))
}

// search looks for instances with the stamp. When there may be none, it works out
// what to create, so that nothing comes between the record of that and the
// request.
func (w *work) search(ctx context.Context, r Record) (observation, error) {
	found, err := w.cfg.Finder.Find(ctx, Search{Target: w.target(), Key: r.Key, Since: r.Reach, Thorough: r.Attempts > 0})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && r.Receiving == "" && r.Refusal == "" {
		switch _, err := w.load(ctx, r); {
		case permanent(err) || errors.Is(err, ErrNotWanted):
			return impossible{err.Error()}, nil
		case err != nil:
			return nil, err
		}
	}
	return searched{found}, nil
}

// target is where the receiving instance comes into being, whatever recipient the
// definition names by now.
func (w *work) target() Target {
	t := w.definition.target()
	if t.Recipient != (project.Recipient{}) {
		t.Recipient = w.recipient
	}
	return t
}

// load works the plan out, once.
func (w *work) load(ctx context.Context, r Record) (plan, error) {
	if w.planned != nil {
		return *w.planned, nil
	}
	p, kept := w.plans.take(planKey{w.definition.id, r.Source}, w.cfg.Now())
	if !kept {
		source, err := w.cfg.Source.Instance(ctx, r.Source)
		if err != nil {
			return plan{}, err
		}
		if err := w.definition.checkSource(source); err != nil {
			return plan{}, err
		}
		if p, err = w.Service.plan(ctx, w.definition, source); err != nil {
			return plan{}, err
		}
	}
	w.planned = &p
	return p, nil
}

// createRoom is how many bytes of files go along in the request that creates the
// instance. What does not fit is added after that, one file at a time, so that a
// long transfer is not begun anew when it breaks off.
const createRoom = 8 << 20

// create sends the one request that makes an instance.
func (w *work) create(ctx context.Context, r Record) (observation, error) {
	p, err := w.load(ctx, r)
	switch {
	case err == nil:
	case permanent(err) || errors.Is(err, ErrNotWanted):
		return impossible{err.Error()}, nil
	default:
		return answered{verdict: notMade}, err // nothing was sent
	}
	// A process that was frozen until after its lease must not send.
	if err := w.cfg.Journal.Extend(ctx, w.lease, w.cfg.LeaseTime); err != nil {
		return nil, err
	}
	var parts []altinn.Upload
	out := answered{}
	if p.form != nil {
		parts = append(parts, altinn.NewUpload(w.definition.targetForm, w.definition.contentType, "", p.form))
		sum := sha256.Sum256(p.form)
		out.form = hex.EncodeToString(sum[:])
	}
	sums := make([]*sum, len(p.files))
	room := int64(createRoom)
	for i, f := range p.files {
		if sums[i] = (&sum{}); f.size <= room {
			room -= f.size
			parts = append(parts, w.upload(r, f, sums[i]))
		}
	}
	instance, err := w.cfg.Receiver.CreateInstance(ctx, w.definition.to, altinn.Template{
		Owner:        altinn.InstanceOwner{OrganisationNumber: w.recipient.OrganisationNumber, PartyID: w.recipient.PartyID},
		DataValues:   w.definition.stamps(r.Key),
		VisibleAfter: p.visibleAfter, DueBefore: p.dueBefore,
	}, parts)
	for i, f := range p.files {
		out.files = append(out.files, sums[i].of(f)...)
	}
	return w.judge(out, instance, err)
}

// judge tells what the answer to a request to create proves. Only what was
// refused before the application could begin is taken as proof of absence.
func (w *work) judge(out answered, instance altinn.Instance, err error) (observation, error) {
	var (
		status *altinn.StatusError
		body   *altinn.BodyError
	)
	switch {
	case err == nil:
		out.verdict, out.instance = made, strings.ToLower(instance.ID)
		return out, nil
	case errors.Is(err, altinn.ErrNotSent):
		out.verdict = notMade
		return out, err
	case errors.As(err, &body) || !errors.As(err, &status):
		out.verdict = unclear
	case status.Status == http.StatusUnauthorized:
		// The client has tried a second token already.
		out.verdict = notMade
		return out, err
	default:
		out.verdict, out.reason, out.retryAfter = verdictOf(status.Status), reason(err), status.RetryAfter
	}
	out.setback = setbackOf(err)
	w.log.Warn("the request to create got no instance", "key", w.lease.Key, "reason", reason(err))
	return out, nil
}

// reason is what may be kept of an error in journal and log. The detail of a
// problem can quote the form, such as a value that cannot be read; its title
// cannot. Refusals without a title are the application's own words about
// metadata and owner.
func reason(err error) string {
	return withoutDetail(err, func(s *altinn.StatusError) bool { return s.Title != "" })
}

// setbackOf is what a record keeps of an outcome while it waits.
func setbackOf(err error) Setback {
	s := Setback{Cause: withoutDetail(err, func(*altinn.StatusError) bool { return true })}
	var (
		status *altinn.StatusError
		body   *altinn.BodyError
	)
	if !errors.As(err, &body) && errors.As(err, &status) { // the receiving application's own answer
		s.Status, s.UnknownParty = status.Status, status.UnknownParty()
	}
	return s
}

// withoutDetail is the text of an error without the details of the answers in
// it for which drop says so.
func withoutDetail(err error, drop func(*altinn.StatusError) bool) string {
	text := err.Error()
	for _, status := range refusals(err) {
		if drop(status) {
			short := *status
			short.Detail = ""
			text = strings.ReplaceAll(text, status.Error(), short.Error())
		}
	}
	return text
}

// refusals are all the answers in an error's tree that refuse something.
func refusals(err error) []*altinn.StatusError {
	if status, ok := err.(*altinn.StatusError); ok { //nolint:errorlint // the tree is walked here
		return []*altinn.StatusError{status}
	}
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() error }:
		return refusals(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*altinn.StatusError
		for _, part := range e.Unwrap() {
			all = append(all, refusals(part)...)
		}
		return all
	}
	return nil
}

// verdictOf reads a status as the App API's answers have to be read: even a
// refusal may leave an instance behind, since the application's own clean-up
// can be refused.
func verdictOf(status int) verdict {
	switch status {
	case http.StatusNotFound, http.StatusConflict:
		return declined // Register out of order looks like an unknown party
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return unclear
	}
	if status >= 300 && status < 500 && status != 499 {
		return refused
	}
	return unclear
}

// upload streams an attachment from the source and takes its hash on the way.
func (w *work) upload(r Record, f plannedFile, s *sum) altinn.Upload {
	return altinn.Upload{
		DataType: f.dataType, ContentType: f.contentType, Filename: f.name, Size: f.size,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			content, err := w.cfg.Source.Attachment(ctx, r.Source, f.element)
			if err != nil {
				return nil, err
			}
			s.hash, s.size = sha256.New(), 0
			return summed{content, s}, nil
		},
	}
}

// sum is the hash of what was read.
type sum struct {
	hash hash.Hash
	size int64
}

// of returns the file with its hash, or nothing if it has not been read to its
// end.
func (s *sum) of(f plannedFile) []File {
	if s.hash == nil || s.size != f.size {
		return nil
	}
	return []File{{Element: f.element, DataType: f.dataType, Size: f.size, SHA256: hex.EncodeToString(s.hash.Sum(nil))}}
}

type summed struct {
	io.ReadCloser
	sum *sum
}

func (r summed) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.sum.hash.Write(p[:n])
	r.sum.size += int64(n)
	return n, err
}
