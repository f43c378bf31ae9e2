package timeline_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/timeline"
)

// What a hostile request is made of does not stay in the memory.
func TestOfHostileRequestsLittleIsKept(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	handler := recorder.Wrap("x.no", http.NotFoundHandler())
	many := httptest.NewRequest(http.MethodGet, "https://x.no/many", http.NoBody)
	for n := range 1000 {
		many.Header.Set("X-"+strconv.Itoa(n), "")
	}
	long := httptest.NewRequest(http.MethodGet, "https://x.no/long", http.NoBody)
	long.Method = strings.Repeat("A", 1<<20)
	long.Header.Set("X-Long", strings.Repeat("A", 1<<20))
	long.Header.Set("User-Agent", strings.Repeat("A", 1<<20))
	for _, r := range []*http.Request{many, long} {
		handler.ServeHTTP(httptest.NewRecorder(), r)
		e := recorder.Exchanges(timeline.Filter{Limit: 1})[0]
		request, _, _ := recorder.Message(e.ID)
		if size := len(e.Method) + len(e.Caller.Program); size > 10<<10 || len(request.Header) != 0 {
			t.Errorf("%s: %d bytes, %d fields", e.Target, size, len(request.Header))
		}
	}
}

// A receiver outside the platform that sends on what it got is no stand-in.
func TestReceiversOfEventsAreNotStandIns(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	var got http.Header
	subscriber := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer subscriber.Close()
	handler := recorder.Wrap(storageHost, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, subscriber.URL, strings.NewReader("{}"))
		if err != nil {
			t.Error(err)
			return
		}
		answer, err := recorder.Outward("Altinn Events", subscriber.Client().Transport).RoundTrip(request)
		if err != nil {
			t.Error(err)
			return
		}
		_ = answer.Body.Close()
	}))
	ask(handler, http.MethodPost, "https://"+storageHost+"/events/api/v1/app", "{}")

	ask(recorder.Wrap("x.no", http.NotFoundHandler()), http.MethodPost, "https://x.no/", "", "Traceparent", got.Get("Traceparent"))
	e := recorder.Exchanges(timeline.Filter{Limit: 1})[0]
	if e.Host != "x.no" || e.Caller.Kind != timeline.KindNobody || e.Parent != 0 {
		t.Errorf("told: %+v", e)
	}
	if first := recorder.Exchanges(timeline.Filter{Roots: true}); e.Trace != first[len(first)-1].Trace {
		t.Errorf("trace: %s, want %s", e.Trace, first[len(first)-1].Trace)
	}
}

// What is told is what passed, and handlers see what they would without a recorder.
func TestWhatPassedIsTold(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	server := httptest.NewServer(recorder.Wrap("x.no", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/early":
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "done")
		case "/late":
			w.WriteHeader(http.StatusAccepted)
			w.Header().Set("X-Late", "not sent")
		case "/half":
			_, _ = io.ReadFull(r.Body, make([]byte, 4))
			w.WriteHeader(http.StatusBadRequest)
		case "/none":
			if r.Body != http.NoBody {
				w.WriteHeader(http.StatusTeapot)
			}
		}
	})))
	defer server.Close()
	last := func(path, body string) (timeline.Exchange, timeline.Message, timeline.Message) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "text/plain")
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		for e := range recorder.Follow(t.Context(), 0) {
			if e.Target == path {
				request, answer, _ := recorder.Message(e.ID)
				return e, request, answer
			}
		}
		panic("not told")
	}
	if e, _, _ := last("/early", ""); e.Status != http.StatusOK {
		t.Errorf("early hints: %d", e.Status)
	}
	_, _, answer := last("/late", "")
	for _, field := range answer.Header {
		if field.Name == "X-Late" {
			t.Errorf("told of %+v, which was not sent", field)
		}
	}
	if _, request, _ := last("/half", "half of it"); request.Body != "" || request.Note == "" {
		t.Errorf("half a body: %+v", request)
	}
	if e, _, _ := last("/none", ""); e.Status != http.StatusOK {
		t.Errorf("a request without a body has one")
	}
}

// Whoever goes on from another life of the platform is told that something is
// lost, and follows from there.
func TestFollowingFromAnotherLife(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	handler := recorder.Wrap("x.no", http.NotFoundHandler())
	ask(handler, http.MethodPost, "https://x.no/before", "")
	var told []string
	for e := range recorder.Follow(t.Context(), 500) {
		if e.ID == 0 {
			told = append(told, "gap "+strconv.FormatInt(e.Change, 10))
			ask(handler, http.MethodPost, "https://x.no/after", "")
			continue
		}
		told = append(told, e.Target)
		if e.Target == "/after" {
			break
		}
	}
	if got := strings.Join(told, ", "); got != "gap 1, /after" {
		t.Errorf("told: %s", got)
	}
}
