package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/local/timeline"
)

// Met is noted in the timeline for a request that met a fault, which is on purpose.
type Met struct{ Rule Rule }

// Wrap puts the set's faults around the handler of a host.
func (s *Set) Wrap(host string, next http.Handler) http.Handler {
	host = strings.ToLower(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule, due := s.next(host, r)
		if !due {
			next.ServeHTTP(w, r)
			return
		}
		timeline.Note(r.Context(), Met{rule})
		// What is begun is finished, whether the client waits for it or not.
		detached := r.WithContext(context.WithoutCancel(r.Context()))
		switch {
		case rule.Reset:
			front.Reset(w)
		case rule.DropResponse:
			next.ServeHTTP(newDiscard(), detached)
			panic(http.ErrAbortHandler)
		case rule.Status != 0 && rule.After:
			next.ServeHTTP(newDiscard(), detached)
			rule.answer(w)
		case rule.Status != 0:
			// A client that is still sending would see a reset rather than the status.
			_, _ = io.Copy(io.Discard, r.Body)
			rule.answer(w)
		case rule.Before:
			s.late(rule, w, r, next)
		default:
			held := &heldAnswer{ResponseWriter: w, wait: func() { s.wait(r.Context(), rule.Delay) }}
			next.ServeHTTP(held, detached)
			held.release()
		}
	})
}

// late holds a request back, and then has its work done whoever still waits.
func (s *Set) late(rule Rule, w http.ResponseWriter, r *http.Request, next http.Handler) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxHeld))
	if err != nil {
		http.Error(w, fmt.Sprintf("the local platform can hold a request of at most %d MiB back", MaxHeld>>20), http.StatusRequestEntityTooLarge)
		return
	}
	ctx := context.WithoutCancel(r.Context())
	s.wait(ctx, rule.Delay)
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	next.ServeHTTP(w, r)
}

// wait lets the time pass. The end of the context or of the set ends the request
// without an answer.
func (s *Set) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return
	case <-ctx.Done():
	case <-s.closed:
	}
	panic(http.ErrAbortHandler)
}

// answer writes the rule's status.
func (r Rule) answer(w http.ResponseWriter) {
	body := r.Body
	contentType := http.DetectContentType([]byte(body))
	switch {
	case body == "":
		body = fmt.Sprintf("%d %s\n", r.Status, http.StatusText(r.Status))
		contentType = "text/plain; charset=utf-8"
	case json.Valid([]byte(body)):
		contentType = "application/json; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(r.RetryAfter))
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, body)
}

// discard is where an answer goes that nobody gets.
type discard struct{ header http.Header }

func newDiscard() *discard { return &discard{http.Header{}} }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// maxHeldAnswer is how much of an answer is kept while its handler works, in
// bytes. A handler that answers more than this has done its work and only sends.
const maxHeldAnswer = 1 << 20

// heldAnswer keeps an answer until its handler has ended, and for the rule's
// delay after that.
type heldAnswer struct {
	http.ResponseWriter
	wait     func()
	status   int
	body     bytes.Buffer
	released bool
}

// WriteHeader implements [http.ResponseWriter]. Interim statuses are dropped.
func (h *heldAnswer) WriteHeader(status int) {
	if h.status == 0 && status >= http.StatusOK {
		h.status = status
	}
}

// Write implements [http.ResponseWriter].
func (h *heldAnswer) Write(p []byte) (int, error) {
	if h.released {
		return h.ResponseWriter.Write(p)
	}
	if h.body.Len()+len(p) <= maxHeldAnswer {
		return h.body.Write(p)
	}
	h.release()
	return h.ResponseWriter.Write(p)
}

func (h *heldAnswer) release() {
	if h.released {
		return
	}
	h.released = true
	h.wait()
	if h.status != 0 {
		h.ResponseWriter.WriteHeader(h.status)
	}
	_, _ = h.body.WriteTo(h.ResponseWriter)
}
