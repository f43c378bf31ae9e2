package engine_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
)

// moody is a receiving application that can be out of order.
type moody struct {
	*httptest.Server
	mood     atomic.Value // a function of http.Handler's form
	requests atomic.Int64
}

func newMoody(t *testing.T) *moody {
	m := &moody{}
	m.is(http.StatusOK)
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.requests.Add(1)
		m.mood.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *moody) is(status int) {
	m.mood.Store(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// client sends its requests by way of breakers.
func (m *moody) client(b *engine.Breakers) *http.Client {
	return &http.Client{Transport: b.Transport(m.Client().Transport)}
}

// broken is a body that cannot be read to its end.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestTransport(t *testing.T) {
	t.Parallel()
	reset := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	asks := func(status int, wait string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", wait)
			w.WriteHeader(status)
		}
	}
	answers := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	tests := map[string]struct {
		mood     func(http.ResponseWriter, *http.Request)
		path     string
		body     io.Reader
		times    int
		canceled bool
		state    engine.BreakerState
	}{
		"server errors":                {mood: answers(500), times: 5, state: engine.Open},
		"a gateway's":                  {mood: answers(503), times: 5, state: engine.Open},
		"too many requests":            {mood: answers(429), times: 5, state: engine.Open},
		"no answer":                    {mood: reset, times: 5, state: engine.Open},
		"four times":                   {mood: answers(503), times: 4, state: engine.Closed},
		"asks to wait":                 {mood: asks(429, "30"), times: 1, state: engine.Open},
		"asks to wait until":           {mood: asks(503, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), times: 1, state: engine.Open},
		"asks for nonsense":            {mood: asks(503, "soon"), times: 1, state: engine.Closed},
		"another application":          {mood: answers(500), path: "/fts/soknad/instances", times: 9, state: engine.Closed},
		"the platform":                 {mood: answers(500), path: "/storage/api/v1/instances", times: 9, state: engine.Closed},
		"refusals":                     {mood: answers(403), times: 9, state: engine.Closed},
		"the body comes from one down": {mood: answers(200), body: broken{errors.New("the source gave up")}, times: 9, state: engine.Closed},
		"the caller has gone":          {mood: answers(200), times: 9, canceled: true, state: engine.Closed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newMoody(t)
			server.mood.Store(tt.mood)
			breakers := engine.NewBreakers(engine.BreakerConfig{})
			o := newOffice(t, func(_ *clerk, cfg *engine.Config) { cfg.Breakers, cfg.Queue = breakers, newQueue() })
			path := tt.path
			if path == "" {
				path = "/" + application + "/instances"
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.canceled {
				cancel()
			}
			for range tt.times {
				body := tt.body
				if body == nil {
					body = strings.NewReader("form")
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+path, body)
				if err != nil {
					t.Fatal(err)
				}
				if resp, err := server.client(breakers).Do(req); err == nil {
					_ = resp.Body.Close()
				}
			}
			got := o.engine.Status().Applications[0].Breaker
			if got.State != tt.state {
				t.Errorf("the breaker is %s because of %q, should be %s", got.State, got.Cause, tt.state)
			}
			if got.State == engine.Open && got.Cause == "" {
				t.Error("nothing tells why it is open")
			}
		})
	}
}

func TestAnApplicationThatIsDownIsLeftAlone(t *testing.T) {
	t.Parallel()
	const other = "fts/annet"
	down := newMoody(t)
	down.is(http.StatusServiceUnavailable)
	breakers := engine.NewBreakers(engine.BreakerConfig{Open: 200 * time.Millisecond})
	client := down.client(breakers)
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		cfg.Breakers, cfg.PerApplication, cfg.Poll, cfg.PickedFor = breakers, 1, 10*time.Millisecond, 10*time.Millisecond
		cfg.Definitions = append(cfg.Definitions, engine.Definition{ID: "til-annet", To: other})
		c.delay = 0
		c.step = func(ctx context.Context, r *handover.Record) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, down.URL+"/"+r.To+"/instances", nil)
			if err != nil {
				return err
			}
			if r.To == application {
				resp, err := client.Do(req)
				if err != nil {
					return err
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					return errors.New(resp.Status)
				}
			}
			r.State = handover.Done
			return nil
		}
	})
	keys := o.begin(application, 30)
	o.start()
	breaker := func() engine.BreakerStatus { return o.engine.Status().Applications[1].Breaker }
	o.eventually("the breaker is open", func() bool { return breaker().State == engine.Open })
	if n := down.requests.Load(); n > 10 { // it may have been tried again by now
		t.Errorf("%d requests were sent to it", n)
	}
	if cause := breaker().Cause; cause != "503 Service Unavailable" {
		t.Errorf("it is open because of %q", cause)
	}
	// Work for another application goes on.
	theirs := o.begin(other, 1)[0]
	o.eventually("the other application has its own", func() bool { return o.state(theirs) == handover.Done })
	// One request at a time tries it again, and finds it well at last.
	o.eventually("it has been tried again", func() bool { return down.requests.Load() >= 6 })
	down.is(http.StatusOK)
	o.eventually("all is done", func() bool { return o.unsettled() == 0 })
	if s := breaker().State; s != engine.Closed {
		t.Errorf("the breaker is %s", s)
	}
	for _, key := range keys {
		if err := o.cause(key); err != nil && err.Error() != "503 Service Unavailable" {
			t.Errorf("%s was put off because of %v", key, err)
		}
	}
}

// roundTripper is a transport in one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnOpenBreakerPicksNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		breakers, q := engine.NewBreakers(engine.BreakerConfig{}), newQueue()
		var healthy atomic.Bool
		transport := breakers.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
			if healthy.Load() {
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
			}
			return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody}, nil
		}))
		o := newOffice(t, func(c *clerk, cfg *engine.Config) {
			cfg.Breakers, cfg.Queue, c.delay = breakers, q, 0
			c.step = func(ctx context.Context, r *handover.Record) error {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://fts.apps.altinn.no/"+r.To+"/instances", nil)
				if err != nil {
					return err
				}
				resp, err := transport.RoundTrip(req)
				if err != nil {
					return err
				}
				if err := resp.Body.Close(); err != nil {
					return err
				}
				if resp.StatusCode != http.StatusOK {
					return errors.New("it is down")
				}
				r.State = handover.Done
				return nil
			}
		})
		o.begin(application, 100)
		o.start()
		time.Sleep(29 * time.Second)
		before := q.queued()
		if before > 100 {
			t.Errorf("%d jobs were queued before and while the breaker was open", before)
		}
		time.Sleep(2 * time.Second)
		if n := q.queued() - before; n != 1 {
			t.Errorf("%d jobs tried the application again", n)
		}
		time.Sleep(time.Minute) // the next opening lasts longer
		if n := q.queued() - before; n != 2 {
			t.Errorf("%d jobs tried the application again", n)
		}
		healthy.Store(true)
		time.Sleep(2*time.Minute + time.Second)
		if n := o.unsettled(); n != 0 {
			t.Errorf("%d handovers are not done", n)
		}
		o.stop()
	})
}
