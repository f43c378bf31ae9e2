package story_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/story"
)

// event is one server-sent event.
type event struct{ id, name, data string }

// stream reads the events of a page that follows the timeline.
type stream struct {
	t      *testing.T
	cancel context.CancelFunc
	lines  *bufio.Scanner
}

func (w *world) follow(path, last string) *stream {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	w.Cleanup(cancel)
	address, err := w.console.Parse(path)
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		w.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		w.Fatalf("the stream is %s", got)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return &stream{w.T, cancel, lines}
}

// next waits for the next event.
func (s *stream) next() event {
	s.t.Helper()
	var e event
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data += value + "\n"
		case "":
			if e.name != "" {
				return e
			}
		}
	}
	s.t.Fatalf("the stream has ended: %v", s.lines.Err())
	return e
}

func TestAPageHearsWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.person("3")
	all, refused := w.follow("/story/events?language=nb", ""), w.follow("/story/events?refused=1&language=nb", "")
	instance := w.begun(token)

	row := all.next()
	told := lines(row.data)
	if row.name != "row" || len(told) != 1 || !strings.Contains(told[0].text, "opprettet en instans av fts/barmarkskjoring") || told[0].chapter != "filling" {
		t.Fatalf("the first event is %+v", row)
	}
	if !strings.Contains(told[0].rest, "spurte Altinn om instantiate er tillatt") {
		t.Error("what it led to is not told with it")
	}
	overview := all.next()
	if overview.name != "overview" || !strings.Contains(plain(overview.data), "Utfylling 2 steg") {
		t.Errorf("the second event is %+v", overview)
	}
	w.ask(http.MethodPost, receiving+"/instances/create", token, w.agency())
	for name, stream := range map[string]*stream{"all": all, "refused": refused} {
		row := stream.next()
		if told := lines(row.data); row.name != "row" || len(told) != 1 || told[0].kind != "refused" {
			t.Errorf("%s: the next event is %+v", name, row)
		}
	}

	// A page that comes back hears what it has missed, and nothing twice.
	again := w.follow("/story/events?after=0&language=nb", row.id)
	missed := again.next()
	if told := lines(missed.data); len(told) != 1 || told[0].kind != "refused" {
		t.Errorf("after %s comes %+v", row.id, missed)
	}
	about := w.follow("/story/events?after=0&language=nb&instance="+instance, "")
	if told := lines(about.next().data); len(told) != 1 || !strings.Contains(told[0].text, "opprettet en instans") {
		t.Errorf("about the instance comes %+v", told)
	}
	if err := w.platform.Close(); err != nil {
		t.Fatal(err)
	}
	for all.lines.Scan() {
		if strings.HasPrefix(all.lines.Text(), "event: row") {
			t.Error("more is told than has happened")
		}
	}
}

// quiet is an answer that a test can read while it is written. What is written when
// the reader has gone is lost.
type quiet struct {
	header http.Header
	body   chan string
	gone   <-chan struct{}
}

func (q *quiet) Header() http.Header { return q.header }
func (*quiet) WriteHeader(int)       {}
func (*quiet) Flush()                {}
func (q *quiet) Write(p []byte) (int, error) {
	select {
	case q.body <- string(p):
	case <-q.gone:
	}
	return len(p), nil
}

// page follows a timeline until stop is called.
func page(t testing.TB, recorder *timeline.Recorder, query string) (answer *quiet, stop func()) {
	t.Helper()
	area, err := story.New(story.Config{Timeline: recorder, Policy: func(string) *policy.Policy { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	console, err := frame.New(frame.Config{
		HTTPClient: http.DefaultClient, Platform: "https://platform.test", Login: "https://login.test", AppsDomain: "apps.test",
		People: []frame.Person{{Name: "Kari Prøve", UserID: 7, PartyID: 70}}, Areas: []frame.Area{area},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/story/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer = &quiet{make(http.Header), make(chan string), ctx.Done()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		console.ServeHTTP(answer, r)
	}()
	return answer, func() {
		cancel()
		<-ended
	}
}

// TestAPageHearsThatNothingHappens holds that a connection does not look dead,
// and ends when its reader has gone.
func TestAPageHearsThatNothingHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer, stop := page(t, timeline.New(timeline.Config{}), "")
		defer stop()
		started := time.Now()
		if got := <-answer.body; got != ": connected\n\n" {
			t.Errorf("it begins with %q", got)
		}
		for range 2 {
			if got := <-answer.body; got != ": nothing new\n\n" {
				t.Errorf("it goes on with %q", got)
			}
		}
		if passed := time.Since(started); passed != 30*time.Second {
			t.Errorf("two heartbeats take %v", passed)
		}
	})
}

// happen lets n exchanges happen, at a distance.
func happen(recorder *timeline.Recorder, n int, apart time.Duration) {
	handler := recorder.Wrap("x.no", http.NotFoundHandler())
	for range n {
		time.Sleep(apart)
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "https://x.no/", http.NoBody))
	}
}

// TestABusyPlatformIsLookedAtSeldom holds that a page looks at the timeline as often
// as somebody can see, and not for every exchange: a look takes as long as the
// timeline is. Each look ends with an overview.
func TestABusyPlatformIsLookedAtSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		recorder := timeline.New(timeline.Config{})
		happen(recorder, 100, 0)
		answer, stop := page(t, recorder, "?after=0")
		defer stop()
		go happen(recorder, 200, time.Millisecond)
		rows, looks := 0, 0
		for rows < 300 || looks < 3 {
			text := <-answer.body
			rows += strings.Count(text, "event: row\n")
			looks += strings.Count(text, "event: overview\n")
		}
		// The first hundred at once, the next when 100 ms have passed, and those that
		// had not happened then.
		if rows != 300 || looks > 4 {
			t.Errorf("of 300 exchanges, %d rows are told in %d looks", rows, looks)
		}
	})
}

// BenchmarkFollow measures a page that follows until it has told the last of 10,000
// exchanges.
func BenchmarkFollow(b *testing.B) {
	const exchanges = 10_000
	for b.Loop() {
		recorder := timeline.New(timeline.Config{})
		answer, stop := page(b, recorder, "")
		<-answer.body // it is connected
		go happen(recorder, exchanges, 0)
		for last := fmt.Sprintf("id: %d\nevent: overview\n", exchanges); !strings.HasPrefix(<-answer.body, last); {
		}
		stop()
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := story.New(story.Config{}); err == nil {
		t.Error("a timeline of nothing is made")
	}
}
