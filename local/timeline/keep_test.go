package timeline_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/local/timeline"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// as identifies the caller by a header of the test's own.
func as(r *http.Request) {
	if who := r.Header.Get("X-Who"); who != "" {
		timeline.Identify(r.Context(), timeline.Caller{Kind: timeline.KindIntegration, ClientID: who})
	}
}

// A service that looks for news every second is one line until there is news.
func TestLookingForNewsIsOneExchange(t *testing.T) {
	t.Parallel()
	clock := newClock()
	recorder := timeline.New(timeline.Config{Now: clock.now})
	var news string
	handler := recorder.Wrap(storageHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		as(r)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"count":0,"self":"?lastChanged=gte:%s"%s}`, clock.now().Format(time.RFC3339Nano), news)
	}))
	look := func(who string) {
		clock.move(time.Second)
		ask(handler, http.MethodGet, "https://"+storageHost+"/storage/api/v1/instances?appId=fts/saksmottak&lastChanged=gte%3A"+clock.now().Format("2006-01-02T15:04:05.000Z"), "", "X-Who", who)
	}
	write := func(who string) {
		ask(handler, http.MethodPut, "https://"+storageHost+"/storage/api/v1/instances/1/x", "", "X-Who", who)
	}
	told := func() string {
		var b strings.Builder
		for _, e := range recorder.Exchanges(timeline.Filter{}) {
			fmt.Fprintf(&b, "%s %s %d\n", e.Method, e.Caller.ClientID, e.Times)
		}
		return b.String()
	}
	for range 5 {
		look("service")
		look("other")
	}
	latest := recorder.Latest()
	if want := "GET other 5\nGET service 5\n"; told() != want {
		t.Errorf("told:\n%swant\n%s", told(), want)
	}
	first := recorder.Exchanges(timeline.Filter{Limit: 1})[0]
	if first.Last.Sub(first.Started) != 8*time.Second || !first.Polling() || first.Change != latest {
		t.Errorf("%s from %s to %s, change %d", first.Method, first.Started, first.Last, first.Change)
	}
	if got := recorder.Exchanges(timeline.Filter{WithoutPolling: true}); len(got) != 0 {
		t.Errorf("without polling: %+v", got)
	}
	news = `,"instances":["a"]`
	look("service")
	news = ""
	look("service")
	write("service")
	look("service")
	look("other")
	clock.move(3 * time.Minute)
	look("other")
	// The look at news stands for itself; then it is as before. After a change of its
	// own, and after a while, a program looks anew.
	if want := "GET other 1\nGET service 1\nPUT service 1\nGET service 1\nGET other 6\nGET service 6\n"; told() != want {
		t.Errorf("told:\n%swant\n%s", told(), want)
	}
	// What was repeated has a new change, and comes again.
	var changes []string
	for _, e := range followed(t, recorder, latest, 5) {
		changes = append(changes, fmt.Sprint(e.Method, e.Times))
	}
	if want := "[GET1 GET6 PUT1 GET1 GET6]"; fmt.Sprint(changes) != want {
		t.Errorf("followed %v, want %s", changes, want)
	}
}

// What a stand-in had something to say of stands for itself, unless it refused.
func TestWhatWasDoneIsNoLooking(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{http.StatusOK: 3, http.StatusUnauthorized: 1} {
		recorder := timeline.New(timeline.Config{})
		handler := recorder.Wrap("kv-fts-tt02.vault.azure.net", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			timeline.Note(r.Context(), decided{"read", ""})
			w.WriteHeader(status)
		}))
		for range 3 {
			ask(handler, http.MethodGet, "https://kv-fts-tt02.vault.azure.net/secrets/a", "")
		}
		if got := len(recorder.Exchanges(timeline.Filter{})); got != want {
			t.Errorf("%d exchanges with status %d, want %d", got, status, want)
		}
	}
}

// What nobody sends is not kept at its length.
func TestLongRequestsAreCut(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	long := strings.Repeat("æ", 100<<10)
	ask(recorder.Wrap("x.no", http.NotFoundHandler()), http.MethodGet, "https://x.no/"+long, "", "User-Agent", long)
	e := recorder.Exchanges(timeline.Filter{})[0]
	request, _, _ := recorder.Message(e.ID)
	if size := len(fmt.Sprintf("%+v %+v", e, request)); size > 32<<10 || !strings.HasSuffix(e.Target, "…") || len(request.Header) != 0 {
		t.Errorf("%d bytes are kept", size)
	}
}

// followed takes the next n exchanges.
func followed(t *testing.T, recorder *timeline.Recorder, after int64, n int) []timeline.Exchange {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all []timeline.Exchange
	for e := range recorder.Follow(ctx, after) {
		if all = append(all, e); len(all) == n {
			return all
		}
	}
	t.Fatalf("%d exchanges have come, want %d", len(all), n)
	return nil
}

func TestTheLatestAreKept(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{Keep: 10, KeepBytes: 3000})
	handler := recorder.Wrap(appHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.Copy(w, r.Body)
	}))
	for n := range 25 {
		ask(handler, http.MethodPost, fmt.Sprintf("https://%s/fts/saksmottak/x?n=%d", appHost, n), strings.Repeat("x", 500), "Content-Type", "text/plain")
	}
	all := recorder.Exchanges(timeline.Filter{})
	if len(all) != 10 || all[0].ID != 25 || all[9].ID != 16 {
		t.Fatalf("%d kept, from %d to %d", len(all), all[len(all)-1].ID, all[0].ID)
	}
	if page := recorder.Exchanges(timeline.Filter{Before: 23, After: 18, Limit: 3}); len(page) != 3 || page[0].ID != 22 || page[2].ID != 20 {
		t.Errorf("a page: %+v", page)
	}
	for n, want := range []string{0: strings.Repeat("x", 500), 2: strings.Repeat("x", 500), 3: "", 9: ""} {
		if want == "" && n != 3 && n != 9 {
			continue
		}
		request, answer, ok := recorder.Message(all[n].ID)
		if !ok || request.Body != want || answer.Body != want || (want == "") != (request.Note == "(text/plain, 500 bytes)") {
			t.Errorf("exchange %d: body of %d bytes, note %q", all[n].ID, len(request.Body), request.Note)
		}
	}
	if _, _, ok := recorder.Message(15); ok {
		t.Error("a message of what is not kept")
	}
	if _, ok := recorder.Exchange(15); ok {
		t.Error("what is not kept is there")
	}
	// Whoever has seen 3 has lost what came up to 15, and is told.
	all = followed(t, recorder, 3, 11)
	if all[0].ID != 0 || all[0].Change != 15 || all[1].ID != 16 {
		t.Errorf("followed %+v", all[:2])
	}
	if all = followed(t, recorder, 20, 5); all[0].ID != 21 {
		t.Errorf("followed %+v", all[0])
	}
	if all = followed(t, recorder, 0, 10); all[0].ID != 16 {
		t.Errorf("from the start: %+v", all[0])
	}
}

// What is no text, is not whole or is packed is told by its size, and whatever
// passes, passes unchanged.
func TestBodiesPassAndAreKeptAsFarAsTheyCanBeShown(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	server := httptest.NewServer(recorder.Wrap("x.no", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusOK)
		_, _ = io.Copy(w, bytes.NewReader(content))
	})))
	defer server.Close()
	large := strings.Repeat("y", 200<<10)
	for name, c := range map[string]struct {
		kind, body, kept, note string
	}{
		"text":            {"text/plain", "Ánde", "Ánde", ""},
		"JSON":            {"application/json; charset=utf-8", `{"name":"Ánde","ssn":"x"}`, `{"name":"Ánde","ssn":"[redacted]"}`, ""},
		"large text":      {"text/plain", large, "", "(text/plain, 204800 bytes)"},
		"a picture":       {"image/png", "\x89PNG", "", "(image/png, 4 bytes)"},
		"a large picture": {"image/png", large, "", "(image/png, 204800 bytes)"},
		"nothing":         {"text/plain", "", "", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/"+strings.ReplaceAll(name, " ", "-"), strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", c.kind)
		before := recorder.Latest()
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(got) != c.body {
			t.Errorf("%s: %d bytes came back, %v", name, len(got), err)
		}
		all := followed(t, recorder, before, 1)
		sent, answered, _ := recorder.Message(all[0].ID)
		if sent.Body != c.kept || answered.Body != c.kept || sent.Note != c.note || answered.Note != c.note {
			t.Errorf("%s: sent %.99q %q, answered %.99q %q", name, sent.Body, sent.Note, answered.Body, answered.Note)
		}
		if all[0].RequestBytes != int64(len(c.body)) || all[0].AnswerBytes != int64(len(c.body)) {
			t.Errorf("%s: %d and %d bytes", name, all[0].RequestBytes, all[0].AnswerBytes)
		}
	}
}

// However an exchange ends, it is told; what was sent on the way came at once.
func TestEndingsAreTold(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{})
	seen := make(chan struct{})
	server := httptest.NewServer(recorder.Wrap("x.no", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		switch r.URL.Path {
		case "/streamed":
			_, _ = io.WriteString(w, "first")
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
			<-seen
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
		case "/aborted":
			panic(http.ErrAbortHandler)
		case "/taken":
			conn, _, err := control.Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		}
	})))
	defer server.Close()
	status := map[string]int{"/streamed": 200, "/early": 404, "/aborted": 0, "/taken": 0, "/silent": 200}
	for path := range status {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(request)
		if (err != nil) != (status[path] == 0) {
			t.Errorf("%s: %v", path, err)
		}
		if err != nil {
			continue
		}
		if path == "/streamed" {
			first := make([]byte, 5)
			if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "first" {
				t.Errorf("streamed %q, %v", first, err)
			}
			close(seen)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	for _, e := range followed(t, recorder, 0, len(status)) {
		if want := status[e.Route]; e.Status != want || e.Refused() != (want == 0 || want >= 400) {
			t.Errorf("%s is told with status %d, want %d", e.Route, e.Status, want)
		}
		if _, answer, _ := recorder.Message(e.ID); (answer.Line == "") != (e.Status == 0) {
			t.Errorf("%s: answer %q", e.Route, answer.Line)
		}
	}
}

// Many ask, look and follow at once; everybody sees the same order.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	recorder := timeline.New(timeline.Config{Keep: 100_000})
	const callers, requests = 8, 50
	handler := recorder.Wrap(appHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeline.Note(r.Context(), decided{"rule", instance})
		_, _ = io.Copy(w, r.Body)
	}))
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			for n := range requests {
				ask(handler, http.MethodPost, fmt.Sprintf("https://%s/fts/saksmottak/%d", appHost, n), "x")
				recorder.Exchanges(timeline.Filter{Limit: 5, Instance: instance})
			}
		})
	}
	var orders [2]bytes.Buffer
	for n := range orders {
		work.Go(func() {
			count := 0
			for e := range recorder.Follow(t.Context(), 0) {
				fmt.Fprintln(&orders[n], e.ID)
				if count++; count == callers*requests {
					return
				}
			}
		})
	}
	work.Wait()
	if orders[0].String() != orders[1].String() {
		t.Error("two who followed have seen two orders")
	}
}

// Programs that look all the time, each time at something else, push each other
// out, and nothing of what was changed or refused.
func TestLooksPushOutLooks(t *testing.T) {
	t.Parallel()
	const keep = 40
	recorder := timeline.New(timeline.Config{Keep: keep})
	handler := recorder.Wrap(appHost, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/secret" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("at"))
	}))
	story := []string{"/first", "/secret", "/second"}
	ask(handler, http.MethodPost, "https://"+appHost+story[0], "")
	ask(handler, http.MethodGet, "https://"+appHost+story[1], "")
	ask(handler, http.MethodPut, "https://"+appHost+story[2], "")
	for n := range 20 * keep {
		ask(handler, http.MethodGet, fmt.Sprintf("https://%s/look/%c%c?at=%c%c", appHost, 'a'+n%26, 'a'+n/26%26, 'a'+n%26, 'a'+n/26%26), "")
	}
	all := recorder.Exchanges(timeline.Filter{})
	var kept []string
	for _, e := range all {
		if !strings.HasPrefix(e.Target, "/look/") {
			kept = append(kept, e.Target)
		}
	}
	slices.Reverse(kept)
	if !slices.Equal(kept, story) || len(all) != len(story)+keep/4 {
		t.Errorf("of the story %v is kept, of all %d", kept, len(all))
	}
	if !recorder.Whole() {
		t.Error("looks count as what was forgotten")
	}
	for range keep {
		ask(handler, http.MethodPost, "https://"+appHost+"/more", "")
	}
	if all := recorder.Exchanges(timeline.Filter{}); len(all) > keep || recorder.Whole() {
		t.Errorf("%d are kept; whole: %t", len(all), recorder.Whole())
	}
}
