package timeline_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/local/timeline"
)

// nested is an application that asks Storage and does not wait until Storage's
// handler has ended, as an answer comes a little before that.
type nested struct {
	*timeline.Recorder
	clock   *clock
	outer   http.Handler
	begun   chan struct{} // Storage has begun
	release chan struct{} // Storage may end
	storage sync.WaitGroup
}

func newNested() *nested {
	n := &nested{clock: newClock(), begun: make(chan struct{}), release: make(chan struct{})}
	n.Recorder = timeline.New(timeline.Config{Now: n.clock.now})
	inner := n.Wrap(storageHost, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n.begun <- struct{}{}
		<-n.release
	}))
	// What the transport sends goes straight to Storage.
	send := n.Transport(roundTrip(func(r *http.Request) {
		request := httptest.NewRequest(http.MethodGet, r.URL.String(), http.NoBody)
		request.Header = r.Header
		n.storage.Go(func() { inner.ServeHTTP(httptest.NewRecorder(), request) })
		<-n.begun
	}))
	n.outer = n.Wrap(appHost, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "https://"+storageHost+"/storage/api/v1/instances/1", http.NoBody)
		if err == nil {
			_, _ = send.RoundTrip(request)
		}
	}))
	return n
}

type roundTrip func(*http.Request)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return nil, nil
}

// told is what has appeared, children with their parent's id.
func (n *nested) told() string {
	text := ""
	for _, e := range n.Exchanges(timeline.Filter{}) {
		text += fmt.Sprintf("%d<%d ×%d ", e.ID, e.Parent, e.Times)
	}
	return text
}

func TestAnExchangeAppearsWithWhatIsBelowIt(t *testing.T) {
	t.Parallel()
	n := newNested()
	ask(n.outer, http.MethodPost, "https://"+appHost+"/fts/saksmottak/instances", "")
	if got := n.told(); got != "" {
		t.Errorf("before Storage has ended there is %s", got)
	}
	n.release <- struct{}{}
	n.storage.Wait()
	if got := n.told(); got != "2<1 ×1 1<0 ×1 " {
		t.Errorf("there is %s", got)
	}
	// It does not wait for long; what ends later comes later.
	ask(n.outer, http.MethodPost, "https://"+appHost+"/fts/saksmottak/instances", "")
	n.clock.move(time.Second)
	if got := n.told(); got != "3<0 ×1 2<1 ×1 1<0 ×1 " {
		t.Errorf("after a second there is %s", got)
	}
	latest := n.Latest()
	n.release <- struct{}{}
	n.storage.Wait()
	if late := followed(t, n.Recorder, latest, 1); late[0].ID != 4 || late[0].Parent != 3 {
		t.Errorf("late came %+v", late[0])
	}
}

// What is below a repetition belongs to what is told of the first time only.
func TestARepetitionBringsNoChildren(t *testing.T) {
	t.Parallel()
	n := newNested()
	for range 3 {
		ask(n.outer, http.MethodGet, "https://"+appHost+"/fts/saksmottak/instances/1/x", "")
		n.clock.move(time.Second)
		n.told() // somebody looks before Storage has ended
		n.release <- struct{}{}
		n.storage.Wait()
	}
	if got := n.told(); got != "2<1 ×1 1<0 ×3 " {
		t.Errorf("there is %s", got)
	}
}
