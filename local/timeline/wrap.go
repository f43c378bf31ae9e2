package timeline

import (
	"context"
	"net/http"
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
				System: System(host, request.URL.Path), Method: redact.Text(request.Method),
				Target: redact.Target(request.URL), Route: Route(host, request.URL.Path),
			},
			plain:   request.TLS == nil,
			request: request.Header.Clone(),
		}
		came := &requestBody{ReadCloser: request.Body}
		came.text = keepable(request.Header, nil)
		request = request.WithContext(context.WithValue(request.Context(), liveKey{}, l))
		request.Body = came
		gave := &answer{ResponseWriter: w, status: http.StatusOK}
		finished := false
		defer func() {
			if finished && !gave.hijacked {
				e.Status, e.answer = gave.status, gave.Header().Clone()
				e.answerBody, e.AnswerBytes = gave.taken()
			}
			e.requestBody, e.RequestBytes = came.taken()
			e.Duration = r.now().Sub(started)
			e.Caller, e.Facts = l.told()
			e.Caller = r.complete(e.Caller, e.request, inside)
			r.end(l, e)
		}()
		next.ServeHTTP(gave, request)
		finished = true
	})
}

// complete finds out what the stand-in has not told of the caller.
func (r *Recorder) complete(c Caller, came http.Header, inside bool) Caller {
	switch {
	case c.Kind != "":
	case inside:
		c.Kind = KindStandIn
	case came.Get("Authorization") != "" || came.Get("Cookie") != "":
		c.Kind = KindUnknown
	default:
		c.Kind = KindNobody
	}
	c.Program = redact.Text(came.Get("User-Agent"))
	if r.cfg.Know != nil {
		c = r.cfg.Know(c)
	}
	return c
}

// now is the clock; its readings order what a person sees, nothing else.
func (r *Recorder) now() time.Time { return r.cfg.Now() }
