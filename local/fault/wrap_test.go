package fault_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/front"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is one host with faults. Its work is to read the body and to answer with
// it.
type world struct {
	*fault.Set
	network *front.Network
	client  *http.Client
	worked  chan string // what the handler has done
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Set: fault.New([]string{"x.no"}), worked: make(chan string, 10)}
	work := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Context().Err() != nil {
			t.Errorf("the work was disturbed: %v, %v", err, r.Context().Err())
		}
		w.worked <- string(body)
		rw.Header().Set("X-Work", "done")
		rw.WriteHeader(http.StatusCreated)
		_, _ = rw.Write(body)
	})
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: w.Wrap("x.no", work)}}})
	if err != nil {
		t.Fatal(err)
	}
	w.network = network
	w.client = &http.Client{Transport: network.Transport()}
	t.Cleanup(func() {
		w.Set.Close()
		w.client.CloseIdleConnections()
		if err := network.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// proxied is a client that comes by TCP.
func (w *world) proxied(t *testing.T) *http.Client {
	t.Helper()
	proxy, err := w.network.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: w.network.Authority().Pool(), MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func post(ctx context.Context, t *testing.T, client *http.Client, body string) (*http.Response, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://x.no/work", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response, string(content), err
}

// done says whether the work is done, and forgets it.
func (w *world) done() bool {
	select {
	case <-w.worked:
		return true
	default:
		return false
	}
}

func TestFaultsOfTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for way, client := range map[string]*http.Client{"in memory": w.client, "proxy": w.proxied(t)} {
		// A new body each time, of a size that the server cannot have read ahead.
		body := way + strings.Repeat(".", 1<<20)
		add(t, w.Set, fault.Rule{Reset: true, Times: 1})
		if _, _, err := post(t.Context(), t, client, "small"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: a reset shows as %v", way, err)
		}
		if w.done() {
			t.Errorf("%s: work was done before the reset", way)
		}
		add(t, w.Set, fault.Rule{DropResponse: true, Times: 1})
		if _, _, err := post(t.Context(), t, client, body); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: a lost answer shows as %v", way, err)
		}
		if !w.done() {
			t.Errorf("%s: the work behind the lost answer was not done", way)
		}
		if response, content, err := post(t.Context(), t, client, body); err != nil || response.StatusCode != http.StatusCreated || content != body || !w.done() {
			t.Errorf("%s: after the faults: %v", way, err)
		}
	}
}

func TestStatusFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		rule                          fault.Rule
		worked                        bool
		contentType, body, retryAfter string
	}{
		"in place":   {fault.Rule{Status: 503}, false, "text/plain; charset=utf-8", "503 Service Unavailable\n", ""},
		"after":      {fault.Rule{Status: 500, After: true}, true, "text/plain; charset=utf-8", "500 Internal Server Error\n", ""},
		"throttled":  {fault.Rule{Status: 429, RetryAfter: 7, Body: `{"statusCode":429}`}, false, "application/json; charset=utf-8", `{"statusCode":429}`, "7"},
		"of a proxy": {fault.Rule{Status: 502, Body: "<html>Bad gateway</html>"}, false, "text/html; charset=utf-8", "<html>Bad gateway</html>", ""},
	} {
		c.rule.Times = 1
		add(t, w.Set, c.rule)
		response, body, err := post(t.Context(), t, w.client, strings.Repeat("x", 1<<20))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if response.StatusCode != c.rule.Status || body != c.body || response.Header.Get("Content-Type") != c.contentType ||
			response.Header.Get("Retry-After") != c.retryAfter || response.Header.Get("X-Work") != "" {
			t.Errorf("%s: %d %v %q", name, response.StatusCode, response.Header, body)
		}
		if w.done() != c.worked {
			t.Errorf("%s: work done: %v", name, !c.worked)
		}
	}
}

// An answer is held back whole, and the client who waits gets it as it is.
func TestDelayedAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for _, size := range []int{10, 3 << 20} { // kept, and too big to be kept
			add(t, w.Set, fault.Rule{Delay: time.Minute, Times: 1})
			begun := time.Now()
			body := strings.Repeat("x", size)
			response, content, err := post(t.Context(), t, w.client, body)
			if err != nil || response.StatusCode != http.StatusCreated || content != body || response.Header.Get("X-Work") != "done" {
				t.Errorf("%d bytes: %v", size, err)
			}
			if took := time.Since(begun); took != time.Minute || !w.done() {
				t.Errorf("%d bytes: it took %v", size, took)
			}
		}
		// A client that does not wait: the work is done already.
		add(t, w.Set, fault.Rule{Delay: time.Hour, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := post(ctx, t, w.client, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the client sees %v", err)
		}
		if !w.done() {
			t.Error("the work was not done before the delay")
		}
		w.end(t)
	})
}

// A request that is held back is carried out long after its client has given up.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		add(t, w.Set, fault.Rule{Delay: time.Minute, Before: true, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, _, err := post(ctx, t, w.client, "late"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the client sees %v", err)
		}
		if w.done() {
			t.Error("the work was done while the client waited")
		}
		if body := <-w.worked; body != "late" || time.Since(begun) != time.Minute {
			t.Errorf("%q was done after %v", body, time.Since(begun))
		}
		w.end(t)
	})
}

// The end of the platform does not wait for what is held back.
func TestCloseLetsGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begun := time.Now()
		for _, rule := range []fault.Rule{{Delay: time.Hour, Times: 1}, {Delay: time.Hour, Before: true, Times: 1}} {
			add(t, w.Set, rule)
			go func() { _, _, _ = post(context.Background(), t, w.client, "x") }()
			synctest.Wait()
		}
		w.end(t)
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("the end took %v", took)
		}
	})
}

// end closes everything, and waits until it is over: a bubble may leave nothing.
func (w *world) end(t *testing.T) {
	t.Helper()
	w.Set.Close()
	w.client.CloseIdleConnections()
	if err := w.network.Close(); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}
