package frame_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

func TestAPageIsInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 3, 23, 30, 0, 0, time.UTC) // the next day in Norway
	content := `{{t "greet" "<b>"}}|{{when .Data}}|{{day .Data}}|{{size 1572864}} {{size 5242880}}|{{lang}}`
	s := serve(t, config(page("GET /page", content, func(*frame.Call) (frame.Answer, error) { return frame.Show("page", "Prøve", at), nil })))
	want := map[string]string{
		"nb": "nb &lt;b&gt;|4. mars 2026 kl. 00:30|4. mars 2026|1,5 MB 5 MB|nb",
		"nn": "nn &lt;b&gt;|4. mars 2026 kl. 00:30|4. mars 2026|1,5 MB 5 MB|nn",
		"en": "en &lt;b&gt;|4 March 2026 at 00:30|4 March 2026|1.5 MB 5 MB|en",
	}
	for header, language := range map[string]string{"": "nb", "no": "nb", "nn-NO,nb;q=0.8": "nn", "en-GB": "en", "de,en;q=0.5": "en", "sv": "nb"} {
		got := s.do(http.MethodGet, "/page", "", map[string]string{"Accept-Language": header})
		if !strings.Contains(got.body, want[language]) || !strings.Contains(got.body, `<html lang="`+language+`"`) {
			t.Errorf("Accept-Language %q: no %q in\n%s", header, want[language], got.body)
		}
	}
	// What is asked for is remembered, and links to the others keep the query.
	got := s.get("/page?language=en&folder=archived")
	if !strings.Contains(got.body, want["en"]) || !strings.Contains(got.body, `href="/page?folder=archived&amp;language=nn"`) {
		t.Errorf("asked for English:\n%s", got.body)
	}
	if got := s.do(http.MethodGet, "/page", "", map[string]string{"Accept-Language": "nn"}); !strings.Contains(got.body, want["en"]) {
		t.Error("the language is forgotten")
	}
	if got := s.get("/page?language=xx"); !strings.Contains(got.body, want["en"]) {
		t.Error("a language that does not exist is taken")
	}
}

func TestWordsAreTheSameInAllLanguages(t *testing.T) {
	t.Parallel()
	words := func(nb, nn, en string) frame.Area {
		return frame.Area{Name: "words", Files: fstest.MapFS{
			"words.nb.json": {Data: []byte(nb)}, "words.nn.json": {Data: []byte(nn)}, "words.en.json": {Data: []byte(en)},
		}}
	}
	for name, test := range map[string]struct {
		area frame.Area
		want string
	}{
		"one lacks a word":    {words(`{"a":"x"}`, `{}`, `{"a":"x"}`), `words.nn.json lacks the word "a"`},
		"one has a word more": {words(`{}`, `{}`, `{"a":"x"}`), `the word "a" is in words.en.json only`},
		"places differ":       {words(`{"a":"{0} {1}"}`, `{"a":"{1} {0}"}`, `{"a":"{0}"}`), `words.en.json has other places in "a" than words.nb.json`},
		"one is not JSON":     {words(`{`, `{}`, `{}`), "words.nb.json"},
		"one is not there":    {frame.Area{Name: "words", Files: fstest.MapFS{}}, "words.nb.json"},
	} {
		if _, err := frame.New(config(test.area)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestCheckFindsPagesThatAreWrong(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{{define "content"}}fine{{end}}`: "",
		"hello":                           `area words: nb: page.html does not define the template "content"`,
		"{{":                              "area words: nn: template: page.html",
	} {
		area := frame.Area{
			Name: "words", Files: files(map[string]string{"page.html": content}),
			Open: map[string]frame.Handler{"GET /page": show},
		}
		console, err := frame.New(config(area))
		if err != nil {
			t.Fatal(err)
		}
		err = console.Check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
		// Somebody who asks for it gets a page that says that something failed.
		if got := serve(t, config(area)).get("/page"); (got.status == http.StatusOK) != (want == "") {
			t.Errorf("%q: status %d", content, got.status)
		}
	}
}

func TestErrorsBecomePagesThatSayWhatToDo(t *testing.T) {
	t.Parallel()
	var failure error
	area := page("GET /page", "page", func(*frame.Call) (frame.Answer, error) { return frame.Answer{}, failure })
	area.Routes, area.Open = area.Open, nil
	s := serve(t, config(area))
	s.do(http.MethodPost, "/person", "", nil)
	for name, test := range map[string]struct {
		err    error
		status int
		want   []string
	}{
		"refused":              {frame.Refuse(http.StatusConflict, "greet", "there"), 409, []string{"nb there"}},
		"no right":             {&api.Error{Status: 403, Detail: "not permitted"}, 403, []string{"gir ikke Kari Prøve lov", "not permitted", `href="/story?refused=1"`}},
		"a level too low":      {&api.Error{Status: 403, RequiredLevel: "4"}, 403, []string{"sikkerhetsnivå 4", "nivå 3", `name="next" value="/page"`, `name="level" value="4"`}},
		"gone":                 {fmt.Errorf("read: %w", &api.Error{Status: 404}), 404, []string{"finnes ikke lenger"}},
		"the platform is down": {&api.Error{Status: 503, Title: "busy"}, 502, []string{"status 503", "busy"}},
		"something else":       {errors.New("disk <is> full"), 500, []string{"disk &lt;is&gt; full"}},
	} {
		failure = test.err
		got := s.get("/page")
		if got.status != test.status {
			t.Errorf("%s: status %d, want %d", name, got.status, test.status)
		}
		for _, want := range append(test.want, "<h1", "Til forsiden") {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got.body)
			}
		}
	}
	failure = frame.Refuse(http.StatusBadRequest, "greet", 1)
	got := s.do(http.MethodGet, "/page", "", map[string]string{"Accept": "application/json"})
	if got.status != 400 || strings.TrimSpace(got.body) != `{"detail":"","error":"nb 1"}` {
		t.Errorf("for a script: %d %s", got.status, got.body)
	}
}

// Another language of a page that answers a change is one of the page before it:
// the change is not to be made once more, nor is there a page at its address.
func TestTheLanguagesOfAnAnswerToAChange(t *testing.T) {
	t.Parallel()
	area := page("POST /change", "wrong", show)
	s := serve(t, config(area))
	own := strings.TrimSuffix(s.at.String(), "/")
	for referer, want := range map[string]string{
		own + "/page?a=1":          `href="/page?a=1&amp;language=nn"`,
		own + "//evil.example/":    `href="/?language=nn"`,
		"http://evil.example/page": `href="/?language=nn"`,
		"":                         `href="/?language=nn"`,
	} {
		if got := s.do(http.MethodPost, "/change", "", map[string]string{"Referer": referer}); !strings.Contains(got.body, want) {
			t.Errorf("after %q there is no %s: %s", referer, want, got.body)
		}
	}
}

func TestANoticeIsShownOnce(t *testing.T) {
	t.Parallel()
	area := page("GET /page", "page", show)
	area.Open["POST /save"] = func(c *frame.Call) (frame.Answer, error) {
		c.Notice("Lagret <alt>")
		return frame.Redirect("/page"), nil
	}
	s := serve(t, config(area))
	s.do(http.MethodPost, "/person", "", nil)
	s.do(http.MethodPost, "/save", "", nil)
	if got := s.get("/page"); !strings.Contains(got.body, "Lagret &lt;alt&gt;") {
		t.Errorf("the notice is not shown:\n%s", got.body)
	}
	if got := s.get("/page"); strings.Contains(got.body, "Lagret") {
		t.Error("the notice is shown twice")
	}
}

func TestAFragmentIsAPartOfAPage(t *testing.T) {
	t.Parallel()
	area := page("GET /part", `{{end}}{{define "row"}}<tr>{{.Data}}</tr>`, func(*frame.Call) (frame.Answer, error) { return frame.Fragment("page#row", 42), nil })
	s := serve(t, config(area))
	if got := s.get("/part"); got.body != "<tr>42</tr>" {
		t.Errorf("the part is %q", got.body)
	}
}

func TestAStreamEndsWithTheConsoleAndNeverLooksWhole(t *testing.T) {
	t.Parallel()
	stream := func(write func(http.ResponseWriter, *http.Request) error) frame.Handler {
		return func(*frame.Call) (frame.Answer, error) { return frame.Stream(write), nil }
	}
	ended := make(chan error, 1)
	area := page("GET /events", "", stream(func(w http.ResponseWriter, r *http.Request) error {
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		ended <- r.Context().Err()
		return nil
	}))
	area.Open["GET /broken"] = stream(func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = io.WriteString(w, "the first half")
		_ = http.NewResponseController(w).Flush()
		return errors.New("the rest is lost")
	})
	area.Open["GET /download"] = stream(func(w http.ResponseWriter, r *http.Request) error {
		_, _ = io.WriteString(w, "the first half")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return r.Context().Err()
	})
	area.Open["GET /unbegun"] = stream(func(http.ResponseWriter, *http.Request) error { return frame.Refuse(http.StatusGone, "greet", "gone") })
	console, err := frame.New(config(area))
	if err != nil {
		t.Fatal(err)
	}
	address, err := loopback.Serve(t.Context(), "127.0.0.1:0", console)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *http.Response {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address.URL().String()+path, nil)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = got.Body.Close() })
		return got
	}
	if got := get("unbegun"); got.StatusCode != http.StatusGone {
		t.Errorf("a stream that could not begin: %d", got.StatusCode)
	}
	if _, err := io.ReadAll(get("broken").Body); err == nil {
		t.Error("half a download looks whole")
	}
	events := get("events")
	if _, err := io.ReadFull(events.Body, make([]byte, len("data: 1\n\n"))); err != nil {
		t.Fatal(err)
	}
	download := get("download")
	if err := address.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadAll(download.Body); err == nil {
		t.Error("half a download looks whole when the console closes")
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the stream ended with %v", err)
	}
}
