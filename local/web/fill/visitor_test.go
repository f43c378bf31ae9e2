package fill_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/web/api"
)

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
