package timeline

import (
	"context"
	"net/http"

	"github.com/stafett/stafett/local/redact"
)

// hiddenTarget stands for the address of somebody outside the platform below its
// host: it may be a secret between the two.
const hiddenTarget = "/[redacted]"

type outgoingKey struct{}

// Outgoing attaches a fact to the exchanges that are requests out of the platform
// made with the context that it returns; see [Recorder.Outward].
func Outgoing(ctx context.Context, fact any) context.Context {
	return context.WithValue(ctx, outgoingKey{}, fact)
}

// Outward records the requests that next sends out of the platform for a stand-in,
// by the name of its system: as exchanges whose system is the receiver's host. The
// rest of the address is not told. The trace goes on in what they cause there.
func (r *Recorder) Outward(system string, next http.RoundTripper) http.RoundTripper {
	return &outward{recorder: r, system: system, next: next}
}

type outward struct {
	recorder *Recorder
	system   string
	next     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (o *outward) RoundTrip(request *http.Request) (*http.Response, error) {
	r := o.recorder
	cause := exchangeOf(request.Context())
	if cause == nil {
		cause = &live{trace: newTrace()}
	}
	l := r.begin(cause.trace, cause.id)
	started := r.now()
	e := &entry{
		Exchange: Exchange{
			ID: l.id, Parent: cause.id, Trace: l.trace, Started: started, Last: started, Times: 1,
			Host: redact.Text(request.URL.Host), System: redact.Text(request.URL.Hostname()),
			Method: redact.Text(request.Method), Target: hiddenTarget, Route: hiddenTarget,
			Caller: Caller{Kind: KindStandIn, Name: o.system},
		},
		plain:   request.URL.Scheme == "http",
		request: bounded(request.Header),
	}
	if fact := request.Context().Value(outgoingKey{}); fact != nil {
		e.Facts = []any{fact}
	}
	request = request.Clone(request.Context()) // it is not ours to change
	request.Header.Set(traceHeader, r.spans.outside(l.trace, l.id))
	sent := &requestBody{ReadCloser: request.Body}
	sent.text = keepable(request.Header, nil)
	if request.Body != nil && request.Body != http.NoBody {
		request.Body = sent
	}
	response, err := o.next.RoundTrip(request)
	if err == nil {
		e.Status, e.answer = response.StatusCode, bounded(response.Header)
		e.AnswerBytes = max(0, response.ContentLength)
	}
	e.requestBody, e.RequestBytes = sent.taken(request.ContentLength)
	e.Duration = r.now().Sub(started)
	r.end(l, e)
	return response, err
}
