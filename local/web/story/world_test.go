package story_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
)

const (
	original  = "https://fts.apps.tt02.altinn.no/fts/barmarkskjoring"
	receiving = "https://fts.apps.tt02.altinn.no/fts/saksmottak"
	platform  = "https://platform.tt02.altinn.no"
)

// world is a local platform that keeps a timeline, and its console.
type world struct {
	*testing.T
	platform *local.Platform
	console  *url.URL
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	var folders []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, folder)
	}
	started, err := local.Start(t.Context(), local.Config{Apps: folders, Dir: t.TempDir(), Keys: platformtest.Keys(t), Timeline: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Close(); err != nil {
			t.Error(err)
		}
	})
	console, err := started.ServeConsole(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, started, console}
}

// ask sends a request to the platform, and returns the status and the body.
func (w *world) ask(method, address, token, body string, header ...string) (int, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for n := 0; n+1 < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	answer, err := w.platform.Client().Do(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return answer.StatusCode, string(read)
}

// person logs a person in, at an authentication level.
func (w *world) person(level string) string {
	w.Helper()
	id := w.platform.Seed().Persons[0].UserID
	_, token := w.ask(http.MethodGet, "https://local.altinn.cloud/Home/GetTestUserToken/"+text(id)+"?authenticationLevel="+level, "", "")
	return token
}

// begun makes an instance of the original for a person, and returns its id.
func (w *world) begun(token string) string {
	w.Helper()
	status, body := w.ask(http.MethodPost, original+"/instances/create", token, w.own())
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != http.StatusCreated {
		w.Fatalf("the instance is not made: %d %v", status, err)
	}
	return made.ID
}

func (w *world) own() string {
	return `{"instanceOwner":{"partyId":"` + text(w.platform.Seed().Persons[0].PartyID) + `"}}`
}

func (w *world) agency() string {
	return `{"instanceOwner":{"organisationNumber":"` + w.platform.Seed().Organisations[0].OrgNumber + `"}}`
}

// page reads a page of the console as text with its tags.
func (w *world) page(path string) string {
	w.Helper()
	status, page := fetch(w.T, http.DefaultClient, w.console, path)
	if status != http.StatusOK {
		w.Fatalf("%s answers %d: %s", path, status, page)
	}
	return page
}

func fetch(t testing.TB, client *http.Client, console *url.URL, path string) (status int, page string) {
	t.Helper()
	address, err := console.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(read)
}

var (
	tag   = regexp.MustCompile(`<[^>]*>`)
	blank = regexp.MustCompile(`\s+`)
)

// plain is what a page says, without its tags and on one line.
func plain(page string) string {
	return strings.TrimSpace(blank.ReplaceAllString(html.UnescapeString(tag.ReplaceAllString(page, " ")), " "))
}

// line is one exchange as a page shows it.
type line struct {
	chapter, id, kind string
	text              string // who did what
	outcome           string
	rest              string // all that it says
}

var (
	sections = regexp.MustCompile(`(?s)<section class="story-section" data-chapter="(\w+)".*?</section>`)
	rows     = regexp.MustCompile(`(?s)<li class="story-row" id="e(\d+)" data-kind="(\w+)">(.*?)\n</li>\n`)
	what     = regexp.MustCompile(`(?s)<p class="ds-paragraph story-what">(.*?)</p>`)
	outcome  = regexp.MustCompile(`(?s)<div class="story-end"><span[^>]*>(.*?)</span>`)
)

// lines are those of a page, the newest first.
func lines(page string) []line {
	var all []line
	for _, section := range sections.FindAllStringSubmatch(page, -1) {
		for _, row := range rows.FindAllStringSubmatch(section[0], -1) {
			one := line{chapter: section[1], id: row[1], kind: row[2], rest: plain(row[3])}
			if found := what.FindStringSubmatch(row[3]); found != nil {
				one.text = plain(found[1])
			}
			if found := outcome.FindStringSubmatch(row[3]); found != nil {
				one.outcome = plain(found[1])
			}
			all = append(all, one)
		}
	}
	return all
}
