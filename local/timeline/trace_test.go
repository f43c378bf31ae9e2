package timeline_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/timeline"
)

// A program's trace goes on; what is no trace context is as good as none, and no
// program can claim to be a stand-in.
func TestTraceContexts(t *testing.T) {
	t.Parallel()
	recorder, other := timeline.New(timeline.Config{}), timeline.New(timeline.Config{})
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	for header, want := range map[string]string{
		"00-" + trace + "-00f067aa0ba902b7-01":                  trace,
		"cc-" + trace + "-00f067aa0ba902b7-01-what-will-come":   trace,
		"00-" + trace + "-0000000000000001-00":                  trace,
		"ff-" + trace + "-00f067aa0ba902b7-01":                  "",
		"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-1": "",
		"00-" + strings.ToUpper(trace) + "-00f067aa0ba902b7-01": "",
		"00-" + trace: "",
		"":            "",
		"12345678901": "",
	} {
		for _, r := range []*timeline.Recorder{recorder, other} {
			ask(r.Wrap("x.no", http.NotFoundHandler()), http.MethodPost, "https://x.no/", "", "Traceparent", header)
			e := r.Exchanges(timeline.Filter{Limit: 1})[0]
			if e.Parent != 0 || e.Caller.Kind != timeline.KindNobody || !regexp.MustCompile("^[0-9a-f]{32}$").MatchString(e.Trace) || want != "" && e.Trace != want {
				t.Errorf("%q: %+v", header, e)
			}
		}
	}
}

// Work that goes on after a request was answered is part of it, and what leaves
// the platform is told without its address.
func TestEventsAreChildrenOfWhatCausedThem(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	var received http.Header
	subscriber := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		received = r.Header
		received.Set("Content", string(content))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer subscriber.Close()
	out := recorder.Outward("Altinn Events", subscriber.Client().Transport)
	var cause timeline.Cause
	ask(recorder.Wrap(storageHost, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cause = timeline.CauseOf(r.Context())
	})), http.MethodPost, "https://"+storageHost+"/events/api/v1/app", "{}")

	const event = `{"type":"app.instance.created","subject":"/party/1"}`
	ctx := timeline.Outgoing(cause.Into(t.Context()), decided{"delivered", instance})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, subscriber.URL+"/hook/known-to-two", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/cloudevents+json")
	response, err := out.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()

	all := recorder.Exchanges(timeline.Filter{})
	if len(all) != 2 {
		t.Fatalf("%d exchanges", len(all))
	}
	delivery, publish := all[0], all[1]
	if delivery.Parent != publish.ID || delivery.Trace != publish.Trace || delivery.Status != http.StatusAccepted || delivery.Caller.Name != "Altinn Events" || len(delivery.Facts) != 1 {
		t.Errorf("the delivery: %+v", delivery)
	}
	sent, answered, _ := recorder.Message(delivery.ID)
	if sent.Body != event || !strings.HasSuffix(sent.Line, "/[redacted]") || answered.Line != "202 Accepted" {
		t.Errorf("sent %+v, answered %+v", sent, answered)
	}
	if received.Get("Content") != event || !strings.Contains(received.Get("Traceparent"), publish.Trace) {
		t.Errorf("received %v", received)
	}
	if request.Header.Get("Traceparent") != "" {
		t.Error("the caller's request was changed")
	}

	subscriber.Close()
	if response, err := out.RoundTrip(request); err == nil {
		_ = response.Body.Close()
	}
	if lost := recorder.Exchanges(timeline.Filter{RefusedOnly: true}); len(lost) != 1 || lost[0].Status != 0 {
		t.Errorf("not delivered: %+v", lost)
	}
}
