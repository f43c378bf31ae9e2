package timeline

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/stafett/stafett/local/redact"
)

// Wrap records what next, the handler of a host, is asked and what it answers. It
// belongs outside everything else, so that what is recorded is what passed. Of a
// body that is text, at most 64 KiB are kept; everything streams as it would
// without a recorder. A handler that panics or takes the connection over has
// given no answer.
func (r *Recorder) Wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		started := r.now()
		trace, parent, inside := r.spans.read(request.Header.Get(traceHeader))
		l := r.begin(trace, parent)
		// Handlers may change the request, so what came is noted before.
		e := &entry{
			Exchange: Exchange{
				ID: l.id, Parent: parent, Trace: trace, Started: started, Last: started, Times: 1, Host: host,
				System: cut(System(host, request.URL.Path)), Method: cut(redact.Text(request.Method)),
				Target: cut(redact.Target(request.URL)), Route: cut(Route(host, request.URL.Path)),
			},
			plain:   request.TLS == nil,
			request: bounded(request.Header),
		}
		caller := seen(request, inside)
		sent, announced := &requestBody{ReadCloser: request.Body}, request.ContentLength
		sent.text = keepable(request.Header, nil)
		request = request.WithContext(context.WithValue(request.Context(), liveKey{}, l))
		if request.Body != nil && request.Body != http.NoBody {
			request.Body = sent
		}
		gave := &answer{ResponseWriter: w}
		finished := false
		defer func() {
			if finished && !gave.hijacked {
				gave.decide(http.StatusOK, nil)
				e.Status, e.answer = gave.status, gave.header
				e.answerBody, e.AnswerBytes = gave.taken(-1)
			}
			e.requestBody, e.RequestBytes = sent.taken(announced)
			e.Duration = r.now().Sub(started)
			e.Caller, e.Facts = l.told()
			e.Caller = r.complete(e.Caller, caller)
			r.end(l, e)
		}()
		next.ServeHTTP(gave, request)
		finished = true
	})
}

// What is longer than anybody sends is not worth the memory, in bytes.
const (
	keptOfTarget = 4 << 10
	keptOfHeader = 8 << 10
	ofField      = 32 // what a field takes besides its text
)

func cut(text string) string {
	if len(text) <= keptOfTarget {
		return text
	}
	return strings.ToValidUTF8(text[:keptOfTarget], "") + "…"
}

// bounded returns a copy of a header, or nothing of one that is too long.
func bounded(header http.Header) http.Header {
	size := 0
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value) + ofField
		}
	}
	if size > keptOfHeader {
		return nil
	}
	return header.Clone()
}

// seen is what a request itself tells of its caller.
func seen(request *http.Request, inside bool) Caller {
	c := Caller{Kind: KindNobody, Program: cut(redact.Text(request.UserAgent()))}
	switch {
	case inside:
		c.Kind = KindStandIn
	case request.Header.Get("Authorization") != "" || request.Header.Get("Cookie") != "":
		c.Kind = KindUnknown
	}
	return c
}

// complete adds to what a stand-in has told of a caller, if anything.
func (r *Recorder) complete(told, seen Caller) Caller {
	if told.Kind == "" {
		told = seen
	}
	told.Program = seen.Program
	if r.cfg.Know != nil {
		told = r.cfg.Know(told)
	}
	return told
}

// now is the clock; its readings order what a person sees, nothing else.
func (r *Recorder) now() time.Time { return r.cfg.Now() }
