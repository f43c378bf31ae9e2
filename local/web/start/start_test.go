package start_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/web/records"
)

// browser is somebody's browser without script, at a running console.
type browser struct {
	*testing.T
	platform *local.Platform
	at       *url.URL
	client   *http.Client
}

func newBrowser(t *testing.T, options ...local.ConsoleOption) *browser {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	var folders []*app.Folder
	for _, name := range []string{"original-form", "receiving-app"} {
		folder, err := app.Load(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, folder)
	}
	platform, err := local.Start(t.Context(), local.Config{Apps: folders, Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	at, err := platform.ServeConsole(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, platform, at, &http.Client{Jar: jar}}
}

// page is what a browser shows.
type page struct {
	status int
	path   string // with the query, after redirects
	text   string // its HTML
}

func (b *browser) get(path string) page {
	b.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b *browser) post(path string, form url.Values) page {
	b.Helper()
	return b.do(http.MethodPost, path, form)
}

func (b *browser) do(method, path string, form url.Values) page {
	b.Helper()
	target, err := b.at.Parse(path)
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.Context(), method, target.String(), strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL.RequestURI(), string(body)}
}

func (b *browser) choose(person int, next string) page {
	b.Helper()
	user := b.platform.Seed().Persons[person].UserID
	return b.post("/person", url.Values{"person": {strconv.Itoa(user)}, "level": {"2"}, "next": {next}})
}

func (b *browser) shows(p page, wanted ...string) {
	b.Helper()
	for _, want := range wanted {
		if !strings.Contains(p.text, want) {
			b.Errorf("%s (%d) does not show %q:\n%s", p.path, p.status, want, p.text)
		}
	}
}

func TestSomebodyIsChosenBeforeAFormIs(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	people := b.get("/")
	b.shows(people, "Hvem er du?", "Máret Čáhppe Eksempel", "Daglig leder i Ferdselstilsynet")
	if strings.Contains(people.text, "barmarkskjoring") {
		t.Error("the applications are shown to nobody")
	}

	applications := b.choose(0, "/")
	b.shows(applications, "Du er Máret Čáhppe Eksempel", "Søknad om dispensasjon for barmarkskjøring", "fts/saksmottak")
	if strings.Contains(applications.text, "Daglig leder") {
		t.Error("the people are shown to somebody who has chosen")
	}
	b.shows(b.get("/?language=en"), "Choose a form", `<html lang="en"`)
	b.shows(b.get("/"), "Choose a form") // remembered
	b.shows(b.post("/leave", url.Values{"next": {"/inbox"}, "level": {"3"}}), "Who are you?", `name="next" value="/inbox"`, `<option value="3" selected>`)
	b.shows(b.post("/leave", url.Values{}), "Who are you?")
}

// A browser that comes back to a platform that has been started anew is told why
// nothing is there.
func TestASessionThatIsOverIsTold(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.client.Jar.SetCookies(b.at, []*http.Cookie{{Name: "stafett-console-" + b.at.Port(), Value: "of-another-platform"}})
	b.shows(b.get("/inbox"), "Hvem er du?", "Er den lokale plattformen startet på nytt", `name="next" value="/inbox"`)
	b.choose(0, "/")
	if again := b.get("/"); strings.Contains(again.text, "startet på nytt") {
		t.Error("it is told to somebody who has chosen")
	}
}

// unprepared is the journal of a service that does not run yet.
type unprepared struct{ records.Handovers }

func (unprepared) List(context.Context, []string, int) (records.HandoverList, error) {
	return records.HandoverList{}, &records.NoJournalError{Command: "stafett prepare --local -p x"}
}

func TestItIsToldBeforehandThatFormsAreNotCarriedOver(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, local.WithHandovers(unprepared{}))
	b.shows(b.choose(0, "/"), "bæres ikke over ennå", "<code>stafett prepare --local -p x</code>")
	if page := newBrowser(t).choose(0, "/"); strings.Contains(page.text, "bæres ikke over") {
		t.Error("it is told where nobody knows of handovers")
	}
}

func TestGoingOnLeadsOnlyToTheConsole(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	for next, want := range map[string]string{
		"/?language=nn":       "/?language=nn",
		"":                    "/",
		"//other.example/":    "/",
		"https://other.test/": "/",
		`/\other.example/`:    "/",
	} {
		if got := b.choose(1, next); got.path != want || got.status != http.StatusOK {
			t.Errorf("after the choice, %q leads to %s (%d), not to %s", next, got.path, got.status, want)
		}
	}
}

func TestAChoiceOfNobodyIsRefused(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	for name, form := range map[string]url.Values{
		"nobody":        {},
		"unknown":       {"person": {"1"}, "level": {"2"}},
		"level too low": {"person": {strconv.Itoa(b.platform.Seed().Persons[0].UserID)}, "level": {"-1"}},
	} {
		if got := b.post("/person", form); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, got.status)
		} else {
			b.shows(got, "Velg en person", `role="alert"`)
		}
	}
}
