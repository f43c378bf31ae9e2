package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/stafett/stafett/altinn"
)

// Transport returns a transport that sends requests by another one, and tells
// the breakers what came of those to the applications that they watch. It holds
// nothing back itself. Which application a request is to, its path tells:
// "/{org}/{app}/…".
func (b *Breakers) Transport(next http.RoundTripper) http.RoundTripper {
	return watching{b, next}
}

type watching struct {
	breakers *Breakers
	next     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (w watching) RoundTrip(req *http.Request) (*http.Response, error) {
	watched := w.breakers.of(application(req.URL.Path))
	if watched == nil {
		return w.next.RoundTrip(req)
	}
	sent := &body{}
	if req.Body != nil && req.Body != http.NoBody {
		sent.ReadCloser = req.Body
		clone := *req
		clone.Body = sent
		req = &clone
	}
	resp, err := w.next.RoundTrip(req)
	switch {
	case err != nil:
		if !sent.broken.Load() && !errors.Is(req.Context().Err(), context.Canceled) {
			watched.failed("no answer: "+err.Error(), 0)
		}
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		watched.failed(resp.Status, altinn.RetryAfter(resp.Header, w.breakers.cfg.Now()))
	default:
		watched.answered()
	}
	return resp, err
}

// application is "org/app" of a path that begins with them.
func application(path string) string {
	org, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	app, _, _ := strings.Cut(rest, "/")
	return org + "/" + app
}

// body is a request's body that tells whether it broke off by itself: then it
// was not the application that failed, but where the body comes from.
type body struct {
	io.ReadCloser
	closed, broken atomic.Bool
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !b.closed.Load() {
		b.broken.Store(true)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *body) Close() error {
	b.closed.Store(true)
	return b.ReadCloser.Close()
}
