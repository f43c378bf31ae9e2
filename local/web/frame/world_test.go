package frame_test

import (
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/web/frame"
)

var people = []frame.Person{{
	Name: "Kari Prøve", UserID: 7, PartyID: 70,
	Parties: []frame.Party{{ID: 70, Name: "Kari Prøve", IsPerson: true}, {ID: 71, Name: "Prøve AS", OrgNumber: "310000016"}},
}}

// files are those of an area: the words are the same in all languages but for
// what is given.
func files(pages map[string]string) fs.FS {
	all := fstest.MapFS{}
	for _, language := range []string{"nb", "nn", "en"} {
		all["words."+language+".json"] = &fstest.MapFile{Data: []byte(`{"greet": "` + language + ` {0}"}`)}
	}
	for name, content := range pages {
		all[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return all
}

func config(areas ...frame.Area) frame.Config {
	choose := frame.Area{
		Name: "choose", Files: files(nil),
		Open: map[string]frame.Handler{
			"POST /person": func(c *frame.Call) (frame.Answer, error) {
				answer, _ := c.Choose(frame.Redirect("/"), 7, 3)
				return answer, nil
			},
			"POST /leave": func(c *frame.Call) (frame.Answer, error) { return c.Leave(frame.Redirect("/")), nil },
		},
	}
	return frame.Config{
		HTTPClient: http.DefaultClient, Platform: "https://platform.test", Login: "https://login.test", AppsDomain: "apps.test",
		People: people, Areas: append(areas, choose),
	}
}

// served is a console at an address, and a browser in front of it.
type served struct {
	*testing.T
	at     *url.URL
	client *http.Client
}

func serve(t *testing.T, cfg frame.Config) *served {
	t.Helper()
	console, err := frame.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	address, err := loopback.Serve(t.Context(), "127.0.0.1:0", console)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := address.Close(); err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &served{t, address.URL(), client}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *served) do(method, path, body string, header map[string]string) answer {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.at.String()+strings.TrimPrefix(path, "/"), strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	for name, value := range maps.All(header) {
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	got, err := s.client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	read, err := io.ReadAll(got.Body)
	if err != nil {
		s.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(read)}
}

func (s *served) get(path string) answer {
	s.Helper()
	return s.do(http.MethodGet, path, "", nil)
}

// page is an area with one page at a path.
func page(pattern, content string, handle frame.Handler) frame.Area {
	return frame.Area{
		Name: "test", Files: files(map[string]string{"page.html": `{{define "content"}}` + content + `{{end}}`}),
		Open: map[string]frame.Handler{pattern: handle},
	}
}

func show(*frame.Call) (frame.Answer, error) { return frame.Show("page", "Prøve", nil), nil }
