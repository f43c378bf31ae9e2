package handover_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// platform is a model of Altinn, as far as a handover sees it, that does what
// the real one may do: lose answers, commit late, leave half an instance.
type platform struct {
	mu        sync.Mutex
	instances map[string]*stored
	number    int
	changed   time.Time          // the last time that anything was
	faults    map[string][]fault // by operation, taken in turn
	calls     map[string]int
	mayDelete bool // the receiving application's policy
	twice     bool // lists say everything twice
	anyParty  bool // instances are found by their GUID alone
	late      sync.WaitGroup
}

type stored struct {
	altinn.Instance
	content map[string][]byte // by data element id
}

// fault is what goes wrong with one call.
type fault struct {
	status int           // answered
	lost   bool          // the caller gets no answer
	after  time.Duration // the work is done so much later, by itself
	undone bool          // the work is not done
	half   int           // of a create: so many of the parts are stored, the rest are not
	purge  bool          // of a create: the instance is deleted again
	retry  time.Duration // Retry-After
	slow   time.Duration // the call takes so long
	until  time.Duration // likewise, and the caller's leaving stops it
	party  bool          // the refusal is that Register knows no such party
	panics bool          // the client has a fault
}

var errNoAnswer = errors.New("no answer came")

const (
	orgNumber = "313547264"
	orgParty  = "50000001"
)

func newPlatform() *platform {
	return &platform{instances: map[string]*stored{}, faults: map[string][]fault{}, calls: map[string]int{}, mayDelete: true}
}

func (p *platform) fail(operation string, f ...fault) {
	p.faults[operation] = append(p.faults[operation], f...)
}

func (p *platform) newID(party string) string {
	p.number++
	return fmt.Sprintf("%s/%08x-0000-4000-8000-%012x", party, p.number, p.number)
}

// call does work as the next fault of the operation says.
func call[T any](ctx context.Context, p *platform, operation, method string, work func(fault) (T, error)) (T, error) {
	var none T
	p.mu.Lock()
	p.calls[operation]++
	var f fault
	if list := p.faults[operation]; len(list) > 0 {
		f, p.faults[operation] = list[0], list[1:]
	}
	p.mu.Unlock()
	if f.panics {
		panic("the value Áile Ærlig is not expected")
	}
	time.Sleep(f.slow)
	if f.until > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(f.until):
		}
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	var (
		result T
		err    error
	)
	do := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		result, err = work(f)
	}
	switch {
	case f.undone:
	case f.after > 0:
		p.late.Go(func() { time.Sleep(f.after); do() })
	default:
		do()
	}
	switch {
	case f.lost || f.after > 0:
		return none, errNoAnswer
	case f.party:
		return none, &altinn.StatusError{Status: http.StatusNotFound, Method: method, Path: "/" + operation, Detail: "Cannot lookup party: " + orgNumber}
	case f.status != 0:
		return none, &altinn.StatusError{
			Status: f.status, Method: method, Path: "/" + operation, RetryAfter: f.retry,
			Title: "Failed to deserialize XML", Detail: "the value Áile Ærlig is not valid",
		}
	}
	return result, err
}

func status(code int) error { return &altinn.StatusError{Status: code, Method: "X", Path: "/model"} }

// submit puts a completed source instance on the platform.
func (p *platform) submit(form string, files ...altinn.Upload) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := &stored{content: map[string][]byte{}}
	i.ID = p.newID("51000017")
	i.AppID, i.Org = "fts/soknad", "fts"
	i.Owner.PartyID = "51000017"
	now := time.Now()
	i.Created, i.LastChanged = now, now
	i.Process = &altinn.Process{Started: now, Ended: now, EndEvent: "EndEvent_1"}
	p.put(i, "skjema", "application/xml", "", []byte(form), "1337")
	for _, f := range files {
		content, _ := f.Open(context.Background())
		data, _ := io.ReadAll(content)
		p.put(i, f.DataType, f.ContentType, f.Filename, data, "1337")
	}
	p.instances[i.ID] = i
	return i.ID
}

func (p *platform) put(i *stored, dataType, contentType, name string, data []byte, by string) altinn.DataElement {
	_, guid, _ := strings.Cut(p.newID(""), "/")
	e := altinn.DataElement{ID: guid, DataType: dataType, ContentType: contentType, Filename: name, Size: int64(len(data)), CreatedBy: by, LastChangedBy: by}
	i.Data = append(i.Data, e)
	i.content[e.ID] = data
	i.LastChanged = p.tick()
	return e
}

// tick is the time of a change by Storage's clock, in whose ticks no two changes
// are at the same time. The bubble's clock stands still while anybody works.
func (p *platform) tick() time.Time {
	now := time.Now()
	if !now.After(p.changed) {
		now = p.changed.Add(100 * time.Nanosecond)
	}
	p.changed = now
	return now
}

// view is what a reader gets: a copy.
func (s *stored) view() altinn.Instance {
	i := s.Instance
	i.Data = slices.Clone(i.Data)
	return i
}

// find returns an instance that can be read.
func (p *platform) find(id string) (*stored, error) {
	if i, ok := p.instances[id]; ok {
		return i, nil
	}
	_, guid, _ := strings.Cut(id, "/")
	for known, i := range p.instances {
		if p.anyParty && strings.HasSuffix(known, "/"+guid) {
			return i, nil
		}
	}
	return nil, status(http.StatusNotFound)
}

// The source's side.

type sourceSide struct{ *platform }

func (s sourceSide) Instance(ctx context.Context, id string) (altinn.Instance, error) {
	return call(ctx, s.platform, "source", "GET", func(fault) (altinn.Instance, error) {
		i, err := s.find(id)
		if err != nil {
			return altinn.Instance{}, err
		}
		return i.view(), nil
	})
}

func (s sourceSide) FormData(ctx context.Context, _, id, dataID string) ([]byte, error) {
	return call(ctx, s.platform, "form", "GET", func(fault) ([]byte, error) { return s.platform.bytes(id, dataID) })
}

func (s sourceSide) Attachment(ctx context.Context, id, dataID string) (io.ReadCloser, error) {
	return call(ctx, s.platform, "attachment", "GET", func(fault) (io.ReadCloser, error) {
		data, err := s.platform.bytes(id, dataID)
		return io.NopCloser(bytes.NewReader(data)), err
	})
}

func (s sourceSide) Confirm(ctx context.Context, _, id string) error {
	_, err := call(ctx, s.platform, "confirm", "POST", func(fault) (struct{}, error) {
		i, err := s.find(id)
		if err == nil {
			i.CompleteConfirmations = append(i.CompleteConfirmations, altinn.CompleteConfirmation{StakeholderID: "fts"})
		}
		return struct{}{}, err
	})
	return err
}

func (p *platform) bytes(id, dataID string) ([]byte, error) {
	i, err := p.find(id)
	if err != nil {
		return nil, err
	}
	data, ok := i.content[dataID]
	if !ok {
		return nil, status(http.StatusNotFound)
	}
	return data, nil
}

// The receiver's side.

func (p *platform) CreateInstance(ctx context.Context, appID string, t altinn.Template, parts []altinn.Upload) (altinn.Instance, error) {
	type read struct {
		altinn.Upload
		data []byte
	}
	var body []read
	for _, part := range parts {
		content, err := part.Open(ctx)
		if err == nil {
			var data []byte
			if data, err = io.ReadAll(content); err == nil {
				body = append(body, read{part, data})
				continue
			}
		}
		return altinn.Instance{}, &altinn.BodyError{Method: "POST", Path: "/instances", Err: err}
	}
	return call(ctx, p, "create", "POST", func(f fault) (altinn.Instance, error) {
		i := &stored{content: map[string][]byte{}}
		i.ID, i.AppID, i.Org = p.newID(orgParty), appID, "fts"
		i.Owner = altinn.InstanceOwner{PartyID: cmp.Or(t.Owner.PartyID, orgParty), OrganisationNumber: t.Owner.OrganisationNumber}
		i.DataValues = t.DataValues
		i.Created, i.CreatedBy, i.LastChangedBy = time.Now(), orgNumber, orgNumber
		i.LastChanged = i.Created
		i.Process = &altinn.Process{Started: i.Created, CurrentTask: &altinn.Task{ElementID: "Task_1"}}
		n := len(body)
		if f.half > 0 {
			n = min(n, f.half-1)
		}
		for _, part := range body[:n] {
			p.put(i, part.DataType, part.ContentType, part.Filename, part.data, orgNumber)
		}
		i.Status.IsHardDeleted = f.purge
		p.instances[i.ID] = i
		return i.view(), nil
	})
}

func (p *platform) Instance(ctx context.Context, _, id string) (altinn.Instance, error) {
	return call(ctx, p, "instance", "GET", func(fault) (altinn.Instance, error) {
		i, err := p.find(id)
		if err != nil {
			return altinn.Instance{}, err
		}
		return i.view(), nil
	})
}

func (p *platform) Data(ctx context.Context, _, id, dataID string) (*altinn.Content, error) {
	return call(ctx, p, "data", "GET", func(fault) (*altinn.Content, error) {
		data, err := p.bytes(id, dataID)
		return &altinn.Content{Body: io.NopCloser(bytes.NewReader(data)), Size: int64(len(data))}, err
	})
}

func (p *platform) AddData(ctx context.Context, _, id string, u altinn.Upload) (altinn.DataElement, error) {
	content, err := u.Open(ctx)
	if err != nil {
		return altinn.DataElement{}, fmt.Errorf("%w: %w", altinn.ErrNotSent, err)
	}
	data, err := io.ReadAll(content)
	if err != nil {
		return altinn.DataElement{}, &altinn.BodyError{Err: err}
	}
	return call(ctx, p, "add", "POST", func(f fault) (altinn.DataElement, error) {
		i, err := p.find(id)
		if err != nil {
			return altinn.DataElement{}, err
		}
		if (u.DataType == "kildePdf" || u.DataType == "sak") && slices.ContainsFunc(i.Data, func(e altinn.DataElement) bool { return e.DataType == u.DataType }) {
			return altinn.DataElement{}, status(http.StatusConflict)
		}
		if f.half > 0 && u.DataType != "sak" { // a torn form does not parse
			data = data[:len(data)/2]
		}
		return p.put(i, u.DataType, u.ContentType, u.Filename, data, orgNumber), nil
	})
}

func (p *platform) RemoveData(ctx context.Context, _, id, dataID string) error {
	_, err := call(ctx, p, "remove", "DELETE", func(fault) (struct{}, error) {
		i, err := p.find(id)
		if err != nil {
			return struct{}{}, err
		}
		i.Data = slices.DeleteFunc(i.Data, func(e altinn.DataElement) bool { return e.ID == dataID })
		i.LastChanged = p.tick()
		return struct{}{}, nil
	})
	return err
}

func (p *platform) DeleteInstance(ctx context.Context, _, id string, hard bool) error {
	_, err := call(ctx, p, "delete", "DELETE", func(fault) (struct{}, error) {
		i, err := p.find(id)
		if err == nil && !p.mayDelete {
			err = status(http.StatusForbidden)
		}
		if err == nil {
			i.Status.IsSoftDeleted, i.Status.IsHardDeleted, i.LastChanged = true, hard, p.tick()
		}
		return struct{}{}, err
	})
	return err
}

func (p *platform) SetSubstatus(ctx context.Context, _, id string, s altinn.Substatus) error {
	_, err := call(ctx, p, "substatus", "PUT", func(fault) (struct{}, error) {
		i, err := p.find(id)
		if err == nil {
			i.Status.Substatus, i.LastChanged = &s, p.tick()
		}
		return struct{}{}, err
	})
	return err
}

// Instances lists as Storage does: what is committed now, by lastChanged.
func (p *platform) Instances(ctx context.Context, q altinn.Query) iter.Seq2[altinn.Instance, error] {
	return func(yield func(altinn.Instance, error) bool) {
		found, err := call(ctx, p, "list", "GET", func(fault) ([]altinn.Instance, error) {
			var found []altinn.Instance
			for _, i := range p.instances {
				if i.AppID == q.AppID && !i.LastChanged.Before(q.LastChanged.From) &&
					(q.LastChanged.Before.IsZero() || i.LastChanged.Before(q.LastChanged.Before)) &&
					(q.ProcessIsComplete == nil || *q.ProcessIsComplete == i.Process.IsComplete()) &&
					(q.OwnerIdentifier == "" || q.OwnerIdentifier == "Organisation:"+i.Owner.OrganisationNumber) {
					found = append(found, i.view())
				}
			}
			slices.SortFunc(found, func(a, b altinn.Instance) int {
				return cmp.Or(a.LastChanged.Compare(b.LastChanged), cmp.Compare(a.ID, b.ID))
			})
			return found, nil
		})
		if err != nil {
			yield(altinn.Instance{}, err)
			return
		}
		if p.twice {
			found = append(found, found...)
		}
		for _, i := range found {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// stamped returns the receiving instances with a key, hard-deleted ones too.
func (p *platform) stamped(key string) []*stored {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*stored
	for _, i := range p.instances {
		if i.DataValues[handover.Stamp] == key {
			out = append(out, i)
		}
	}
	return out
}
