package timeline

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
)

// traceHeader is W3C's: version 00, trace id, parent id, flags.
const traceHeader = "Traceparent"

// A later version may have more fields at the end.
var traceParent = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)

// spans turns ids of exchanges into the ids of W3C's spans and back. They begin
// with a number of the recorder's own, so that another program's spans are not
// taken for them.
type spans struct{ own uint32 }

func newSpans() spans {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return spans{binary.BigEndian.Uint32(b[:]) | 1}
}

func (s spans) header(trace string, id int64) string {
	return fmt.Sprintf("00-%s-%08x%08x-01", trace, s.own, uint32(id)) //nolint:gosec // a recorder does not live to see 2^32 exchanges
}

// outside is for a receiver that is no stand-in, and stays none if it sends the
// header on as it is.
func (s spans) outside(trace string, id int64) string { return spans{s.own + 1}.header(trace, id) }

// read returns the trace of a header, or a new one, whether a stand-in has made the
// request, and the exchange in which it did, or 0.
func (s spans) read(header string) (trace string, parent int64, inside bool) {
	found := traceParent.FindStringSubmatch(header)
	if found == nil || found[1] == "ff" || found[2] == "00000000000000000000000000000000" {
		return newTrace(), 0, false
	}
	span, _ := hex.DecodeString(found[3]) // it is hexadecimal
	if inside = binary.BigEndian.Uint32(span) == s.own; inside {
		parent = int64(binary.BigEndian.Uint32(span[4:]))
	}
	return found[2], parent, inside
}

func newTrace() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return hex.EncodeToString(b[:])
}

// Transport is for the requests that stand-ins make: next sends them as children
// of the exchange in their context.
func (r *Recorder) Transport(next http.RoundTripper) http.RoundTripper {
	return &transport{spans: r.spans, next: next}
}

type transport struct {
	spans spans
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	l := exchangeOf(r.Context())
	if l == nil {
		l = &live{trace: newTrace()} // nothing that came from outside
	}
	r = r.Clone(r.Context()) // it is not ours to change
	r.Header.Set(traceHeader, t.spans.header(l.trace, l.id))
	return t.next.RoundTrip(r)
}

// CloseIdleConnections is for [http.Client.CloseIdleConnections].
func (t *transport) CloseIdleConnections() {
	if closer, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
