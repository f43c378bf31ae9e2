package story_test

import (
	"bufio"
	"context"
	"net/http"
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
	w.ask(http.MethodPost, receiving+"/instances/create", token, w.agency())

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

// quiet is an answer that a test can read while it is written.
type quiet struct {
	header http.Header
	body   chan string
}

func (q *quiet) Header() http.Header { return q.header }
func (*quiet) WriteHeader(int)       {}
func (*quiet) Flush()                {}
func (q *quiet) Write(p []byte) (int, error) {
	q.body <- string(p)
	return len(p), nil
}

// TestAPageHearsThatNothingHappens holds that a connection does not look dead,
// and ends when its reader has gone.
func TestAPageHearsThatNothingHappens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		area, err := story.New(story.Config{Timeline: timeline.New(timeline.Config{}), Policy: func(string) *policy.Policy { return nil }})
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
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/story/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer := &quiet{make(http.Header), make(chan string)}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			console.ServeHTTP(answer, r)
		}()
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
		cancel()
		<-ended
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := story.New(story.Config{}); err == nil {
		t.Error("a timeline of nothing is made")
	}
}
