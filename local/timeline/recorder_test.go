package timeline_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/timeline"
)

// ask sends one request through a handler, as from outside the platform.
func ask(handler http.Handler, method, address, body string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, address, strings.NewReader(body))
	for n := 0; n < len(header); n += 2 {
		request.Header.Set(header[n], header[n+1])
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

type decided struct{ Rule, Instance string }

func (d decided) InstanceID() string { return d.Instance }

const (
	storageHost = "platform.tt02.altinn.no"
	appHost     = "fts.apps.tt02.altinn.no"
	instance    = "50900001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"
)

// An application that creates an instance asks Storage, which asks who may.
func TestCallsOfStandInsBelongToWhatTheyServe(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{Know: func(c timeline.Caller) timeline.Caller {
		c.Name = fmt.Sprint("user ", c.UserID)
		return c
	}})
	decide := recorder.Wrap(storageHost, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		timeline.Note(r.Context(), decided{"rule 2", instance})
	}))
	server := httptest.NewServer(decide)
	defer server.Close()
	client := &http.Client{Transport: recorder.Transport(http.DefaultTransport)}
	application := recorder.Wrap(appHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeline.Identify(r.Context(), timeline.Caller{Kind: timeline.KindPerson, UserID: 7})
		request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, server.URL+"/authorization/api/v1/decision", http.NoBody)
		if err != nil {
			t.Error(err)
			return
		}
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		w.WriteHeader(http.StatusCreated)
	}))
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	ask(application, http.MethodPost, "https://"+appHost+"/fts/saksmottak/instances?instanceOwnerPartyId=1", "{}",
		"Traceparent", "00-"+trace+"-00f067aa0ba902b7-01", "User-Agent", "curl/8")

	all := recorder.Exchanges(timeline.Filter{})
	if len(all) != 2 {
		t.Fatalf("%d exchanges, want 2: %+v", len(all), all)
	}
	decision, create := all[0], all[1]
	want := timeline.Caller{Kind: timeline.KindPerson, UserID: 7, Name: "user 7", Program: "curl/8"}
	if create.Caller != want || create.System != "fts/saksmottak" || create.Route != "/instances" || create.Status != http.StatusCreated || create.Parent != 0 {
		t.Errorf("the create is %+v", create)
	}
	if decision.Parent != create.ID || decision.Trace != trace || create.Trace != trace {
		t.Errorf("the decision (parent %d, trace %s) does not belong to the create (%d, trace %s)", decision.Parent, decision.Trace, create.ID, create.Trace)
	}
	if decision.System != "Altinn Authorization" || decision.Caller.Kind != timeline.KindStandIn || len(decision.Facts) != 1 {
		t.Errorf("the decision is %+v", decision)
	}
	if got := recorder.Children(create.ID); len(got) != 1 || got[0].ID != decision.ID {
		t.Errorf("children of the create: %+v", got)
	}
	// The create names no instance itself.
	if got := recorder.Exchanges(timeline.Filter{Instance: instance, Roots: true}); len(got) != 1 || got[0].ID != create.ID {
		t.Errorf("what led to the instance: %+v", got)
	}
	var followed []int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for e := range recorder.Follow(ctx, 0) {
		if followed = append(followed, e.ID); len(followed) == 2 {
			cancel()
		}
	}
	if fmt.Sprint(followed) != fmt.Sprint([]int64{create.ID, decision.ID}) {
		t.Errorf("followed %v, want the create and then the decision", followed)
	}
}
