package inbox_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/secret"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	original  = "fts/barmarkskjoring"
	receiving = "fts/saksmottak"

	maret, jorn = 0, 1 // of the seed: a private person, and the owner's daily manager
)

// world is a local platform with the example applications, and its console.
type world struct {
	testing.TB
	platform *local.Platform
	seed     *local.Seed
	console  *url.URL
	owner    *api.Client // of the organisation that owns the applications
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOf(t, func(string) {})
}

// newWorldOf changes the folder of the example applications before they are
// served.
func newWorldOf(t testing.TB, change func(dir string)) *world {
	t.Helper()
	dir := t.TempDir()
	must(t, examples.WriteTo(dir))
	change(dir)
	var apps []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(dir, name))
		must(t, err)
		apps = append(apps, folder)
	}
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	platform, err := local.Start(t.Context(), local.Config{Apps: apps, Keys: platformtest.Keys(t), Logger: logger})
	must(t, err)
	t.Cleanup(func() { must(t, platform.Close()) })
	w := &world{TB: t, platform: platform, seed: platform.Seed()}
	w.console, err = platform.ServeConsole(t.Context(), "127.0.0.1:0")
	must(t, err)
	w.owner = w.client("GetTestOrgToken/" + w.seed.Org + "?orgNumber=" + w.seed.OrgNumber +
		"&scopes=altinn:serviceowner/instances.read%20altinn:serviceowner/instances.write")
	return w
}

// onlyOwnerDeletes takes the right to delete a case from the case workers, whose
// rule comes first.
func onlyOwnerDeletes(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, examples.ReceivingApp, "config", "authorization", "policy.xml")
	rules, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, bytes.Replace(rules, []byte(">delete<"), []byte(">sign<"), 1), 0o600))
}

// person is somebody's own client of the platform, past the console.
func (w *world) person(i int) *api.Client {
	return w.client(fmt.Sprintf("GetTestUserToken/%d?authenticationLevel=2", w.seed.Persons[i].UserID))
}

func (w *world) client(path string) *api.Client {
	w.Helper()
	status, token := w.call(http.MethodGet, "https://"+local.LoginHost+"/Home/"+path, "", nil, "")
	if status != http.StatusOK {
		w.Fatalf("log in: %d", status)
	}
	bearer := secret.New(token)
	return &api.Client{
		HTTP: w.platform.Client(), Platform: "https://" + local.PlatformHost, AppsDomain: "apps.tt02.altinn.no", Language: "nb",
		Token: func(context.Context) (secret.String, error) { return bearer, nil },
	}
}

// call sends something to the platform itself.
func (w *world) call(method, address, contentType string, body io.Reader, token string) (int, string) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), method, address, body)
	must(w, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.platform.Client().Do(request)
	must(w, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	must(w, err)
	return response.StatusCode, string(read)
}

// asOwner calls the platform as the organisation.
func (w *world) asOwner(method, address, contentType, body string) (int, string) {
	w.Helper()
	token, err := w.owner.Token(w.Context())
	must(w, err)
	return w.call(method, address, contentType, strings.NewReader(body), token.Reveal())
}

// handedOver makes an instance of the receiving application as the handover
// service does: with the organisation's token, a stamp, the case and files. extra
// goes into the template.
func (w *world) handedOver(title, source, extra string) api.Instance {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part := func(name, filename, contentType, content string) {
		header := textproto.MIMEHeader{"Content-Type": {contentType}, "Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, name)}}
		if filename != "" {
			header.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename=%q`, name, filename))
		}
		made, err := form.CreatePart(header)
		must(w, err)
		_, err = io.WriteString(made, content)
		must(w, err)
	}
	part("instance", "", "application/json; charset=utf-8",
		fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q},"dataValues":{"stafett.handoverKey":"0123abcd"}%s}`, w.seed.OrgNumber, extra))
	part("sak", "", "application/xml", fmt.Sprintf(`<?xml version="1.0"?><Saksmottak><Sak><Tittel>%s</Tittel><Kilde>barmarkskjoring</Kilde>`+
		`<KildeInstans>%s</KildeInstans><Soker>Máret Čáhppe Eksempel</Soker><VilkarBekreftet>true</VilkarBekreftet></Sak>`+
		`<Behandling><Status>ny</Status></Behandling></Saksmottak>`, html.EscapeString(title), source))
	part("kildePdf", "søknad.pdf", "application/pdf", "%PDF-1.7 synthetic")
	must(w, form.Close())
	status, answer := w.asOwner(http.MethodPost, "https://fts.apps.tt02.altinn.no/"+receiving+"/instances", form.FormDataContentType(), body.String())
	if status != http.StatusCreated {
		w.Fatalf("create the case: %d %s", status, answer)
	}
	return w.decode(answer)
}

func (w *world) decode(answer string) api.Instance {
	w.Helper()
	var made api.Instance
	must(w, made.UnmarshalJSON([]byte(answer)))
	return made
}

// begun makes a complete original form of the person's own, not sent in.
func (w *world) begun(i int) api.Instance {
	w.Helper()
	client := w.person(i)
	in, err := client.Create(w.Context(), original, w.seed.Persons[i].PartyID)
	must(w, err)
	answers, err := fs.ReadFile(examples.Files(), examples.FormData)
	must(w, err)
	token, err := client.Token(w.Context())
	must(w, err)
	address := "https://fts.apps.tt02.altinn.no/" + original + "/instances/" + in.ID + "/data/" + in.DataOf("skjema")[0].ID
	if status, answer := w.call(http.MethodPut, address, "application/json", bytes.NewReader(answers), token.Reveal()); status/100 != 2 {
		w.Fatalf("fill in: %d %s", status, answer)
	}
	return in
}

// browser is somebody in front of the console.
type browser struct {
	*world
	client *http.Client
}

// as opens the console as a person, in bokmål.
func (w *world) as(i int) *browser {
	w.Helper()
	jar, err := cookiejar.New(nil)
	must(w, err)
	b := &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if got := b.post("/person?language=nb", "person", fmt.Sprint(w.seed.Persons[i].UserID), "level", "2"); got.status != http.StatusSeeOther {
		w.Fatalf("choose a person: %d %s", got.status, got.body)
	}
	return b
}

// page is what came back.
type page struct {
	testing.TB
	status int
	header http.Header
	body   string
}

func (b *browser) get(path string) page {
	b.Helper()
	return b.send(http.MethodGet, path, "")
}

// post sends a form of names and values.
func (b *browser) post(path string, pairs ...string) page {
	b.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, values.Encode())
}

func (b *browser) send(method, path, body string) page {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, strings.TrimSuffix(b.console.String(), "/")+path, strings.NewReader(body))
	must(b, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	must(b, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	must(b, err)
	return page{b.TB, response.StatusCode, response.Header, html.UnescapeString(string(read))}
}

// open demands a page of 200.
func (b *browser) open(path string) page {
	b.Helper()
	got := b.get(path)
	if got.status != http.StatusOK {
		b.Fatalf("GET %s: %d %s", path, got.status, got.body)
	}
	return got
}

// shows demands texts on a page.
func (p page) shows(texts ...string) page {
	p.Helper()
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			p.Errorf("the page lacks %q:\n%s", text, p.body)
		}
	}
	return p
}

// lacks demands that texts are not on a page.
func (p page) lacks(texts ...string) page {
	p.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.Errorf("the page has %q:\n%s", text, p.body)
		}
	}
	return p
}

// leads demands a redirection.
func (p page) leads(to string) page {
	p.Helper()
	if got := p.header.Get("Location"); p.status != http.StatusSeeOther || got != to {
		p.Fatalf("%d to %q, want to be led to %q: %s", p.status, got, to, p.body)
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
