package handover_test

import (
	"context"
	"io"
	"net/http"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

const (
	huge  = 256 << 20
	bound = 16 << 20 // of memory, for whatever size
)

// endless is a model of Altinn that has one file too large for any memory. The
// content is made as it is read, and measured as it comes.
type endless struct {
	sourceSide
	element string // of the source
	there   string // of the receiving instance, once it has it
	peak    uint64
}

// stream yields the file and notes how much memory is in use meanwhile.
func (e *endless) stream() io.ReadCloser {
	return io.NopCloser(io.LimitReader(&measured{e: e}, huge))
}

type measured struct {
	e    *endless
	read int64
}

func (m *measured) Read(p []byte) (int, error) {
	clear(p)
	if before := m.read >> 24; (m.read+int64(len(p)))>>24 > before { // each 16 MiB
		m.e.peak = max(m.e.peak, inUse())
	}
	m.read += int64(len(p))
	return len(p), nil
}

// inUse is how many bytes of the heap objects occupy, dead ones not yet swept
// among them.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func (e *endless) Attachment(ctx context.Context, id, dataID string) (io.ReadCloser, error) {
	if dataID == e.element {
		return e.stream(), nil
	}
	return e.sourceSide.Attachment(ctx, id, dataID)
}

// receiving is the other side of the same.
type receiving struct {
	*platform
	e *endless
}

func (r receiving) AddData(ctx context.Context, appID, id string, u altinn.Upload) (altinn.DataElement, error) {
	content, err := u.Open(ctx)
	if err != nil {
		return altinn.DataElement{}, err
	}
	defer content.Close()
	if n, err := io.Copy(io.Discard, content); err != nil || n != u.Size {
		return altinn.DataElement{}, status(http.StatusBadRequest)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.instances[id]
	stored := r.put(i, u.DataType, u.ContentType, u.Filename, nil, orgNumber)
	i.Data[len(i.Data)-1].Size = u.Size
	r.e.there = stored.ID
	return stored, nil
}

func (r receiving) Data(ctx context.Context, appID, id, dataID string) (*altinn.Content, error) {
	if dataID == r.e.there {
		return &altinn.Content{Body: r.e.stream(), Size: huge}, nil
	}
	return r.platform.Data(ctx, appID, id, dataID)
}

// TestMemoryIsFlat carries a file much larger than what memory may be used. It is not parallel, so that
// nothing else uses memory meanwhile.
func TestMemoryIsFlat(t *testing.T) {
	d, err := handover.Compile(definition(t), folder(t, originalFiles), folder(t, receivingFiles, `"maxSize":10}`, `"maxSize":2000}`))
	if err != nil {
		t.Fatal(err)
	}
	p := newPlatform()
	e := &endless{sourceSide: sourceSide{p}}
	source := p.submit(form, pdf(), altinn.NewUpload("kart", "image/png", "stor.png", []byte("x")))
	file := &p.instances[source].Data[2]
	file.Size, e.element = huge, file.ID
	h, err := handover.New(handover.Config{
		Definitions: []*handover.Definition{d}, Source: e, Receiver: receiving{p, e}, Lister: p,
		Finder: handover.NewIndex(p, 10*time.Minute), Journal: newMemoryJournal(time.Now),
	})
	if err != nil {
		t.Fatal(err)
	}
	records, err := h.Begin(t.Context(), "til-mottak", source, handover.ByCommand)
	if err != nil {
		t.Fatal(err)
	}
	before := inUse()
	r, err := h.Settle(t.Context(), records[0].Key)
	if err != nil || r.State != handover.Done || len(r.Files) != 2 || r.Files[1].Size != huge || r.Files[1].Receiving != e.there {
		t.Fatalf("got %+v, %v", r, err)
	}
	if e.peak == 0 || e.peak > before+bound {
		t.Errorf("it took %d MiB, want %d at most", (e.peak-before)>>20, bound>>20)
	}
}
