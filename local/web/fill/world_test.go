package fill_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/fill"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/start"
	"github.com/stafett/stafett/secret"
)

const (
	original  = "fts/barmarkskjoring"
	receiving = "fts/saksmottak"
)

// world is the local platform with both example applications, and a console with
// the front page and the pages of forms.
type world struct {
	*testing.T
	seed     *local.Seed
	platform *http.Client
	server   *httptest.Server
	console  string        // address, without a slash at the end
	logins   *atomic.Int64 // tokens asked for
	asked    atomic.Int64  // all requests to the platform
	ahead    *atomic.Int64 // how far the console's clock is ahead, in nanoseconds
	// intercept answers in the platform's stead, if it is set.
	intercept atomic.Pointer[func(*http.Request) *http.Response]
}

// newWorld starts a world; change edits the folder of the examples before.
func newWorld(t *testing.T, change ...func(dir string)) *world {
	t.Helper()
	w := &world{T: t, logins: new(atomic.Int64), ahead: new(atomic.Int64)}
	dir := t.TempDir()
	w.must(examples.WriteTo(dir))
	for _, edit := range change {
		edit(dir)
	}
	var folders []*app.Folder
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(dir, name))
		w.must(err)
		folders = append(folders, folder)
	}
	platform, err := local.Start(t.Context(), local.Config{Apps: folders})
	w.must(err)
	t.Cleanup(func() { w.must(platform.Close()) })
	w.seed, w.platform = platform.Seed(), platform.Client()
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	first, err := start.New(start.Config{Apps: []string{original, receiving}})
	w.must(err)
	forms, err := fill.New(fill.Config{Definitions: &definition.Store{}, Now: func() time.Time { return time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC) }})
	w.must(err)
	console, err := frame.New(frame.Config{
		HTTPClient: &http.Client{Transport: watched{platform.Client().Transport, w}},
		Platform:   "https://" + local.PlatformHost, Login: "https://" + local.LoginHost, AppsDomain: "apps.tt02.altinn.no",
		People: w.people(), Areas: []frame.Area{first, forms}, Now: now,
	})
	w.must(err)
	w.server = httptest.NewServer(console)
	t.Cleanup(w.server.Close)
	w.console = w.server.URL
	return w
}

// people are those of the seed, with whom they act for.
func (w *world) people() []frame.Person {
	var people []frame.Person
	for _, p := range w.seed.Persons {
		person := frame.Person{Name: p.Name, UserID: p.UserID, PartyID: p.PartyID, Parties: []frame.Party{{ID: p.PartyID, Name: p.Name, IsPerson: true}}}
		for _, o := range w.seed.Organisations {
			if o.OrgNumber == p.DailyManagerOf {
				person.Parties = append(person.Parties, frame.Party{ID: o.PartyID, Name: o.Name, OrgNumber: o.OrgNumber})
			}
		}
		people = append(people, person)
	}
	return people
}

// watched lets a test count and replace what the console asks the platform.
type watched struct {
	next  http.RoundTripper
	world *world
}

func (t watched) RoundTrip(r *http.Request) (*http.Response, error) {
	t.world.asked.Add(1)
	if r.URL.Host == local.LoginHost {
		t.world.logins.Add(1)
	}
	if f := t.world.intercept.Load(); f != nil {
		if answer := (*f)(r); answer != nil {
			return answer, nil
		}
	}
	return t.next.RoundTrip(r)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// visitor is one browser without script, with one person chosen.
type visitor struct {
	*world
	client *http.Client
}

// visit chooses the person with a number in the seed.
func (w *world) visit(person int) *visitor {
	w.Helper()
	jar, err := cookiejar.New(nil)
	w.must(err)
	v := &visitor{w, &http.Client{Jar: jar}}
	v.post("/person", url.Values{"person": {strconv.Itoa(w.seed.Persons[person].UserID)}, "level": {"2"}}).status(http.StatusOK)
	return v
}

// begin makes an instance for a party and shows its first page.
func (v *visitor) begin(appID string, party int) page {
	v.Helper()
	return v.post("/fill/start", url.Values{"app": {appID}, "party": {strconv.Itoa(party)}})
}

func (v *visitor) get(path string) page {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), http.MethodGet, v.console+path, nil)
	v.must(err)
	return v.do(r)
}

func (v *visitor) post(path string, values url.Values) page {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, v.console+path, strings.NewReader(values.Encode()))
	v.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// postFiles posts as a browser posts a page that takes files.
func (v *visitor) postFiles(path string, values url.Values, files ...file) page {
	v.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, list := range values {
		for _, value := range list {
			v.must(form.WriteField(name, value))
		}
	}
	for _, f := range files {
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="%s"`, f.control, f.name)},
			"Content-Type":        {cmp.Or(f.contentType, "application/octet-stream")},
		})
		v.must(err)
		_, err = io.WriteString(part, f.content)
		v.must(err)
	}
	v.must(form.Close())
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, v.console+path, &body)
	v.must(err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return v.do(r)
}

type file struct{ control, name, contentType, content string }

func (v *visitor) do(r *http.Request) page {
	v.Helper()
	answer, err := v.client.Do(r)
	v.must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	v.must(err)
	return page{visitor: v, code: answer.StatusCode, path: answer.Request.URL.RequestURI(), header: answer.Header, body: string(body)}
}

// page is what a browser shows.
type page struct {
	*visitor
	code   int
	path   string
	header http.Header
	body   string
}

func (p page) status(want int) page {
	p.Helper()
	if p.code != want {
		p.Fatalf("%s answered %d instead of %d: %s", p.path, p.code, want, p.text())
	}
	return p
}

var (
	tags       = regexp.MustCompile(`(?s)<[^>]*>`)
	headings   = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)
	controls   = regexp.MustCompile(`(?s)<(?:(input)\b([^>]*)>|(textarea)\b([^>]*)>\n?(.*?)</textarea>|(select)\b([^>]*)>(.*?)</select>)`)
	attributes = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	options    = regexp.MustCompile(`<option value="([^"]*)" selected>`)
	mains      = regexp.MustCompile(`(?s)<main.*</main>`)
)

// text is what a person reads.
func (p page) text() string {
	main := cmp.Or(mains.FindString(p.body), p.body)
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(main, " "))), " ")
}

func (p page) heading() string {
	found := headings.FindStringSubmatch(p.body)
	if found == nil {
		return ""
	}
	return html.UnescapeString(tags.ReplaceAllString(found[1], ""))
}

// sees demands texts on the page.
func (p page) sees(texts ...string) page {
	p.Helper()
	for _, text := range texts {
		if !strings.Contains(p.text(), text) {
			p.Fatalf("%s does not say %q: %s", p.path, text, p.text())
		}
	}
	return p
}

// lacks demands that texts are not on the page.
func (p page) lacks(texts ...string) page {
	p.Helper()
	for _, text := range texts {
		if strings.Contains(p.text(), text) {
			p.Errorf("%s says %q: %s", p.path, text, p.text())
		}
	}
	return p
}

// at demands the page's heading.
func (p page) at(heading string) page {
	p.Helper()
	if p.heading() != heading {
		p.Fatalf("%s is the page %q instead of %q: %s", p.path, p.heading(), heading, p.text())
	}
	return p
}

// values are what the form of the page would post.
func (p page) values() url.Values {
	p.Helper()
	_, form, ok := strings.Cut(p.body, `<form class="fill-form"`)
	if !ok {
		p.Fatalf("%s has no form: %s", p.path, p.text())
	}
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, control := range controls.FindAllStringSubmatch(form, -1) {
		kind, inside := control[1]+control[3]+control[6], control[5]+control[8]
		found := map[string]string{}
		for _, a := range attributes.FindAllStringSubmatch(control[2]+control[4]+control[7], -1) {
			found[a[1]] = html.UnescapeString(a[2])
		}
		name, value := found["name"], found["value"]
		_, checked := found["checked"]
		switch {
		case name == "" || found["type"] == "file", (found["type"] == "checkbox" || found["type"] == "radio") && !checked:
			continue
		case kind == "textarea":
			value = html.UnescapeString(inside)
		case kind == "select":
			value = ""
			if chosen := options.FindStringSubmatch(inside); chosen != nil {
				value = html.UnescapeString(chosen[1])
			}
		}
		values.Add(name, strings.ReplaceAll(value, "\n", "\r\n"))
	}
	return values
}

// press posts the page with a button, after typing in fields by their component.
func (p page) press(action string, typed ...string) page {
	p.Helper()
	return p.post(p.path, p.typed(action, typed...))
}

func (p page) typed(action string, typed ...string) url.Values {
	p.Helper()
	values := p.values()
	for n := 0; n < len(typed); n += 2 {
		values.Set("field."+typed[n], typed[n+1])
	}
	values.Set("action", action)
	return values
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// as is a client of the platform's API for a person of the seed.
func (w *world) as(person int) *api.Client {
	return w.with(fmt.Sprintf("GetTestUserToken/%d?authenticationLevel=2", w.seed.Persons[person].UserID))
}

// asOwner is one for the organisation that owns the applications.
func (w *world) asOwner() *api.Client {
	return w.with("GetTestOrgToken/" + w.seed.Org + "?orgNumber=" + w.seed.OrgNumber +
		"&scopes=" + url.QueryEscape("altinn:serviceowner/instances.read altinn:serviceowner/instances.write"))
}

// with is a client with a token of the test login.
func (w *world) with(token string) *api.Client {
	return &api.Client{
		HTTP: w.platform, Platform: "https://" + local.PlatformHost, AppsDomain: "apps.tt02.altinn.no", Language: "nb",
		Token: func(ctx context.Context) (secret.String, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+local.LoginHost+"/Home/"+token, nil)
			if err != nil {
				return secret.String{}, err
			}
			answer, err := w.platform.Do(r)
			if err != nil {
				return secret.String{}, err
			}
			defer answer.Body.Close()
			got, err := io.ReadAll(answer.Body)
			return secret.New(strings.TrimSpace(string(got))), err
		},
	}
}

// filled begins the original form, fills it in with the example's answers by
// the API, and shows its first page.
func (v *visitor) filled(person int) page {
	v.Helper()
	p := v.begin(original, v.seed.Persons[person].PartyID).status(http.StatusOK)
	instance := strings.TrimPrefix(path.Dir(p.path), "/fill/"+original+"/")
	client := v.as(person)
	in, err := client.Instance(v.Context(), original, instance)
	v.must(err)
	content, err := fs.ReadFile(examples.Files(), "data/soknad.json")
	v.must(err)
	var answers map[string]any
	v.must(json.Unmarshal(content, &answers))
	var patch []api.Operation
	for name, value := range answers {
		patch = append(patch, api.Operation{Op: "add", Path: "/" + name, Value: value})
	}
	_, err = client.Patch(v.Context(), original, instance, in.DataOf("skjema")[0].ID, patch)
	v.must(err)
	return v.get(p.path).status(http.StatusOK)
}

func readCloser(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
