//go:build !race

package soak_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/local"
)

const appsHost = "fts.apps.tt02.altinn.no"

// isCreate reports whether a request to a host creates a receiving instance.
func isCreate(host string, r *http.Request) bool {
	return host == appsHost && r.Method == http.MethodPost && r.URL.Path == "/"+receiver+"/instances"
}

// notice is how late a server may notice, on a machine with much else to do, that
// its client has gone.
const notice = unclearWait / 4

// lateness counts the creates that ended later after their client had gone than
// the services wait. Only these can make a duplicate that the services cannot
// prevent; on a machine with much else to do they happen by themselves.
type lateness struct {
	mu    sync.Mutex
	count int
}

func (l *lateness) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isCreate(host, r) {
			next.ServeHTTP(w, r)
			return
		}
		gone := make(chan time.Time, 1)
		stop := context.AfterFunc(r.Context(), func() { gone <- time.Now() })
		defer func() {
			if stop() {
				return // the client waited for the end
			}
			if time.Since(<-gone) > unclearWait-notice {
				l.mu.Lock()
				l.count++
				l.mu.Unlock()
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (l *lateness) beyondTheWait() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}

// asked is how much other programs have asked of some end points.
type asked struct{ maskinporten, exchange, lists, creates, all int }

func (a asked) less(b asked) asked {
	return asked{a.maskinporten - b.maskinporten, a.exchange - b.exchange, a.lists - b.lists, a.creates - b.creates, a.all - b.all}
}

// requests counts them.
type requests struct {
	mu      sync.Mutex
	asked   asked
	serving int
}

func (q *requests) soFar() asked {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.asked
}

func (q *requests) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RemoteAddr == "pipe" { // the platform's own, and this test's
			next.ServeHTTP(w, r)
			return
		}
		q.begin(host, r)
		defer q.end()
		next.ServeHTTP(w, r)
	})
}

func (q *requests) begin(host string, r *http.Request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked.all++
	q.serving++
	switch {
	case host == local.MaskinportenHost && r.URL.Path == "/token":
		q.asked.maskinporten++
	case strings.HasPrefix(r.URL.Path, "/authentication/api/v1/exchange/"):
		q.asked.exchange++
	case r.Method == http.MethodGet && r.URL.Path == "/storage/api/v1/instances":
		q.asked.lists++
	case isCreate(host, r):
		q.asked.creates++
	}
}

func (q *requests) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.serving--
}

// rest waits until none is being served, late ones included.
func (q *requests) rest() {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		q.mu.Lock()
		serving := q.serving
		q.mu.Unlock()
		if serving == 0 {
			return
		}
	}
}

// slowly lets a form's answers come some time after the headers that announce them,
// where a client waits for them without a limit of time.
func (w *world) slowly(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		pause := time.Duration(w.reading.Load())
		if pause == 0 || host != appsHost || !strings.HasPrefix(r.URL.Path, "/"+originalApp+"/") || r.Method != http.MethodGet {
			next.ServeHTTP(rw, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		w.paused.Add(1)
		pass(rw, answer, pause)
	})
}

// pass passes an answer on, with a pause between headers and body.
func pass(w http.ResponseWriter, answer *httptest.ResponseRecorder, pause time.Duration) {
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.Code)
	if pause > 0 {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(pause)
	}
	_, _ = w.Write(answer.Body.Bytes())
}
