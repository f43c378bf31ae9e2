package story_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/local/platformtest"
)

const appHost = "fts.apps.tt02.altinn.no"

// What networks and servers do must not show in the outcome: one receiving
// instance, complete. Each of these happens once, on the request that creates
// the receiving instance or on one that follows.
func TestTheStorySurvives(t *testing.T) {
	t.Parallel()
	creates := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/fts/saksmottak/instances")
	}
	storesForm := func(r *http.Request) bool {
		return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/data") && r.URL.Query().Get("dataType") == "vedlegg"
	}
	lists := func(r *http.Request) bool {
		// A search for the receiving instance. Without the list of forms a service
		// does not start: it would not know how many there are.
		q := r.URL.Query()
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/instances") && q.Get("appId") == "fts/saksmottak" && q.Has("lastChanged")
	}
	for name, fault := range map[string]*fault{
		"the answer is lost after the instance was created": {host: appHost, wanted: creates, do: loseAnswer},
		"the connection breaks before anything is created":  {host: appHost, wanted: creates, do: breakOff},
		"500 after the instance was created":                {host: appHost, wanted: creates, do: answer(http.StatusInternalServerError, true)},
		"500 before anything is created":                    {host: appHost, wanted: creates, do: answer(http.StatusInternalServerError, false)},
		"503 from a gateway":                                {host: appHost, wanted: creates, do: answer(http.StatusServiceUnavailable, false)},
		"429 with Retry-After":                              {host: appHost, wanted: creates, do: answer(http.StatusTooManyRequests, false)},
		"401, as when the token has just expired":           {host: appHost, wanted: creates, do: answer(http.StatusUnauthorized, false)},
		"403 from the second decision, an instance is left": {host: appHost, wanted: creates, do: answer(http.StatusForbidden, true)},
		"404, as when the register is out of order":         {host: appHost, wanted: creates, do: answer(http.StatusNotFound, false)},
		"an attachment cannot be stored":                    {host: platformHost, wanted: storesForm, do: breakOff},
		"the list cannot be read":                           {host: platformHost, wanted: lists, do: answer(http.StatusInternalServerError, false)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := story.Run(t.Context(), story.Config{Keys: platformtest.Keys(t), Sabotage: story.Sabotage{Host: on(fault.host, fault.once)}, UnclearWait: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range document.Steps {
				if step.Status != story.StatusOK {
					t.Errorf("step %s is %s: %s", step.ID, step.Status, step.Detail)
				}
			}
			if !fault.happened.Load() {
				t.Error("the fault never happened")
			}
			if document.InstancesInReceiving != 1 {
				t.Errorf("%d receiving instances", document.InstancesInReceiving)
			}
		})
	}
}

// fault happens to the first request to the host for which wanted holds.
type fault struct {
	host     string
	wanted   func(*http.Request) bool
	do       func(next http.Handler, w http.ResponseWriter, r *http.Request)
	happened atomic.Bool
}

func (f *fault) once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.wanted(r) && f.happened.CompareAndSwap(false, true) {
			f.do(next, w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loseAnswer lets the work be done and closes the connection without an answer.
func loseAnswer(next http.Handler, _ http.ResponseWriter, r *http.Request) {
	next.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// breakOff closes the connection before anything is done.
func breakOff(http.Handler, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// answer gives a status and an empty body, after the work was done or without.
func answer(status int, afterwards bool) func(http.Handler, http.ResponseWriter, *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if afterwards {
			next.ServeHTTP(httptest.NewRecorder(), r)
		} else {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
	}
}
