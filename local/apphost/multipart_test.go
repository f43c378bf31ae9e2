package apphost_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
)

// part is one part of a multipart body.
type part struct{ name, filename, contentType, content string }

// multipartBody writes parts as a browser or an HTTP client does.
func multipartBody(t testing.TB, parts ...part) (string, *bytes.Buffer) {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		if p.name != "" {
			disposition := fmt.Sprintf("form-data; name=%q", p.name)
			if p.filename != "" {
				disposition += fmt.Sprintf("; filename=%q", p.filename)
			}
			h.Set("Content-Disposition", disposition)
		}
		if p.contentType != "" {
			h.Set("Content-Type", p.contentType)
		}
		part, err := m.CreatePart(h)
		must(t, err)
		_, err = io.WriteString(part, p.content)
		must(t, err)
	}
	must(t, m.Close())
	return m.FormDataContentType(), &body
}

func (w *world) multipart(token, appID string, parts ...part) reply {
	w.t.Helper()
	contentType, body := multipartBody(w.t, parts...)
	return w.send(token, http.MethodPost, appID+"/instances", http.Header{"Content-Type": {contentType}}, body)
}

const caseXML = `<?xml version="1.0"?><Saksmottak><Sak><Tittel>Fra skjema</Tittel><Kilde>test</Kilde><Soker>Máret</Soker></Sak></Saksmottak>`

func template(extra string) part {
	return part{"instance", "", "application/json; charset=utf-8", `{"instanceOwner":{"organisationNumber":"` + agencyNumber + `"}` + extra + `}`}
}

// TestMultipartCreate: the stamp is in the single create request to Storage, the
// form part takes the place of the automatic form, and attachments arrive whole.
func TestMultipartCreate(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	pdf := "%PDF-1.7 " + strings.Repeat("x", 1<<20)
	r := w.multipart(w.agency(), receiving,
		template(`,"dataValues":{"stafett.handoverKey":"k-1","count":7},"id":"1/2","status":{"readStatus":1,"substatus":{"label":"ny"}}`),
		part{"sak", "", "application/xml", caseXML},
		part{"kildePdf", "søknad.pdf", "application/pdf", pdf},
		part{"vedlegg", "kart.png", "image/png", "png"},
		part{"vedlegg", "", "image/png", "png2"},
	).want(http.StatusCreated)
	in := r.instance()
	if in.DataValues["stafett.handoverKey"] != "k-1" || in.DataValues["count"] != "7" {
		t.Errorf("data values %v", in.DataValues)
	}
	if strings.HasPrefix(in.ID, "1/") || in.Status.Substatus == nil || in.Status.Substatus.Label != "ny" {
		t.Errorf("id %s, substatus %v", in.ID, in.Status.Substatus)
	}
	if got := w.form(w.agency(), receiving, in.ID, in.of(t, "sak").ID)["Sak"].(map[string]any)["Tittel"]; got != "Fra skjema" {
		t.Errorf("Tittel %v", got)
	}
	if in.PresentationTexts["tittel"] != "Fra skjema" {
		t.Errorf("presentation texts %v", in.PresentationTexts)
	}
	file := in.of(t, "kildePdf")
	if file.Filename == nil || *file.Filename != "søknad.pdf" || file.Size != int64(len(pdf)) {
		t.Errorf("attachment %+v", file)
	}
	got := w.json(w.agency(), http.MethodGet, receiving+"/instances/"+in.ID+"/data/"+file.ID, "").want(http.StatusOK)
	if got.body != pdf || got.header.Get("Content-Type") != "application/pdf" ||
		got.header.Get("Content-Disposition") != "attachment; filename*=utf-8''s%C3%B8knad.pdf" {
		t.Errorf("attachment came back as %d bytes, %v", len(got.body), got.header)
	}
	if n := len(in.Data); n != 4 {
		t.Errorf("%d elements, want 4", n)
	}
}

// TestStampIsAtomic: the stamp is in Storage even if everything after the
// creation fails.
func TestStampIsAtomic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		after := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/data") || r.Method == http.MethodDelete
		if after {
			rw.WriteHeader(http.StatusBadGateway)
		}
		return after
	})
	w.multipart(w.agency(), receiving, template(`,"dataValues":{"stafett.handoverKey":"k-2"}`)).
		wantText(http.StatusBadGateway, "502 - Bad Gateway - ")
	w.onPlatform(nil)
	r := w.json(w.agency(), http.MethodGet, "https://"+platformHost+storageInstances+"?appId="+receiving, "").want(http.StatusOK)
	if !strings.Contains(r.body, `"stafett.handoverKey":"k-2"`) {
		t.Errorf("the list shows %s", r.body)
	}
}

func TestCreateFromQueryOrJSON(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	byQuery := w.json(w.agency(), http.MethodPost, receiving+"/instances?instanceOwnerPartyId=50000001", "").want(http.StatusCreated).instance()
	byQuery.of(t, "sak")
	byJSON := w.json(w.agency(), http.MethodPost, receiving+"/instances", `{"instanceOwner":{"partyId":50000001},"dataValues":{"a":"b"}}`).
		want(http.StatusCreated).instance()
	if byJSON.DataValues["a"] != "b" {
		t.Errorf("data values %v", byJSON.DataValues)
	}
	both := w.json(w.agency(), http.MethodPost, receiving+"/instances?instanceOwnerPartyId=50000002", ownerNumber(agencyNumber)).
		want(http.StatusCreated).instance()
	if both.InstanceOwner.PartyID != "50000001" {
		t.Errorf("owner %s: the template must win over the query", both.InstanceOwner.PartyID)
	}
}

// TestMultipartRefusals holds each refusal of POST instances to its status and
// its kind of body.
func TestMultipartRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agency := w.agency()
	const compared = "Error when comparing content to application metadata: "
	text := func(prefix string) func(reply) {
		return func(r reply) { r.wantText(http.StatusBadRequest, prefix) }
	}
	reading := func(r reply) { r.wantProblem(http.StatusBadRequest, "Error reading request") }
	for name, c := range map[string]struct {
		parts []part
		check func(reply)
	}{
		"unknown part":           {[]part{template(""), {"ukjent", "", "text/plain", "x"}}, text(compared)},
		"content type":           {[]part{template(""), {"kildePdf", "a.png", "image/png", "x"}}, text(compared)},
		"case of content type":   {[]part{template(""), {"kildePdf", "a.pdf", "Application/PDF", "x"}}, text(compared)},
		"empty part":             {[]part{template(""), {"kildePdf", "a.pdf", "application/pdf", ""}}, text(compared)},
		"too many":               {[]part{template(""), {"kildePdf", "a.pdf", "application/pdf", "x"}, {"kildePdf", "b.pdf", "application/pdf", "x"}}, text(compared)},
		"form of another type":   {[]part{template(""), {"sak", "", "application/json", "{}"}}, text(compared)},
		"template of wrong type": {[]part{{"instance", "", "Application/JSON", "{}"}}, text("The owner of the instance is missing")},
		"empty template":         {[]part{{"instance", "", "application/json", ""}}, text("The owner of the instance is missing")},
		"template without owner": {[]part{{"instance", "", "application/json", `{"dataValues":{"a":"b"}}`}}, text("The owner of the instance is missing")},
		"malformed template": {[]part{{"instance", "", "application/json", `{"instanceOwner":`}}, func(r reply) {
			r.wantEmpty(http.StatusInternalServerError)
		}},
		"no content type":       {[]part{template(""), {"vedlegg", "a.png", "", "x"}}, reading},
		"no disposition":        {[]part{template(""), {"", "", "image/png", "x"}}, reading},
		"protected data type":   {[]part{template(""), {"ref-data-as-pdf", "a.pdf", "application/pdf", "x"}}, func(r reply) { r.wantProblem(http.StatusForbidden, "Forbidden") }},
		"form that is not XML":  {[]part{template(""), {"sak", "", "application/xml", "<Saksmottak>"}}, func(r reply) { r.wantProblem(http.StatusBadRequest, "Failed to deserialize XML") }},
		"form of another model": {[]part{template(""), {"sak", "", "application/xml", "<Skjema/>"}}, func(r reply) { r.wantProblem(http.StatusBadRequest, "Failed to deserialize XML") }},
		"form with wrong value": {[]part{template(""), {"sak", "", "application/xml", "<Saksmottak><Sak><AntallTurer>x</AntallTurer></Sak></Saksmottak>"}}, func(r reply) {
			r.wantProblem(http.StatusBadRequest, "Failed to deserialize XML")
		}},
	} {
		t.Run(name, func(t *testing.T) { c.check(w.multipart(agency, receiving, c.parts...)) })
	}
	t.Run("owner twice", func(t *testing.T) {
		w.json(agency, http.MethodPost, receiving+"/instances?instanceOwnerPartyId=50000001", ownerOf(agencyParty)).wantText(http.StatusBadRequest, "")
	})
	t.Run("owner nowhere", func(t *testing.T) {
		w.json(agency, http.MethodPost, receiving+"/instances", "").wantText(http.StatusBadRequest, "The owner of the instance is missing")
	})
	t.Run("body that is neither", func(t *testing.T) {
		w.send(agency, http.MethodPost, receiving+"/instances?instanceOwnerPartyId=50000001", http.Header{"Content-Type": {"text/plain"}}, strings.NewReader("x")).
			wantText(http.StatusBadRequest, compared)
	})
	t.Run("no boundary", func(t *testing.T) {
		w.send(agency, http.MethodPost, receiving+"/instances", http.Header{"Content-Type": {"multipart/form-data"}}, strings.NewReader("x")).
			wantProblem(http.StatusBadRequest, "Error reading request")
	})
	t.Run("cut off", func(t *testing.T) {
		contentType, body := multipartBody(t, template(""), part{"vedlegg", "a.png", "image/png", "x"})
		body.Truncate(body.Len() - 20)
		w.send(agency, http.MethodPost, receiving+"/instances", http.Header{"Content-Type": {contentType}}, body).
			wantProblem(http.StatusBadRequest, "Error reading request")
	})
	t.Run("private person", func(t *testing.T) { w.multipart(w.maret(), receiving, template("")).wantEmpty(http.StatusForbidden) })
	for _, left := range w.stored(receiving) {
		if !w.fromStorage(left.ID).Status.IsHardDeleted {
			t.Errorf("%s was left behind", left.ID)
		}
	}
}

// TestPartLargerThanDataType needs a data type with a small limit.
func TestPartLargerThanDataType(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	w.multipart(w.agency(), receiving, template(""), part{"vedlegg", "a.png", "image/png", strings.Repeat("x", 10<<20+1)}).
		wantText(http.StatusBadRequest, "Error when comparing content to application metadata: ")
}

// TestBodyLimit: a request that is larger than the application takes is 413, and
// no temporary file is left.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, func(s *settings) { s.host = apphost.Config{MaxBody: 1 << 20}; s.spoolDir = dir })
	w.multipart(w.agency(), receiving, template(""), part{"vedlegg", "a.png", "image/png", strings.Repeat("x", 600<<10)}, part{"vedlegg", "b.png", "image/png", strings.Repeat("x", 600<<10)}).
		wantProblem(http.StatusRequestEntityTooLarge, "Request too large")
	w.multipart(w.agency(), receiving, template(""), part{"vedlegg", "a.png", "image/png", strings.Repeat("x", 600<<10)}).want(http.StatusCreated)
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	// Without room, as with a full disk, it is the application that fails.
	must(t, os.Remove(dir))
	w.multipart(w.agency(), receiving, template(""), part{"vedlegg", "a.png", "image/png", strings.Repeat("x", 600<<10)}).want(http.StatusInternalServerError)
}

// TestContributors: a part of a data type that is for somebody else is refused,
// and the instance is deleted again.
func TestContributors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(receiving, func(f *app.Folder) {
		f.Metadata.DataTypes = append([]app.DataType(nil), f.Metadata.DataTypes...)
		for i, dt := range f.Metadata.DataTypes {
			f.Metadata.DataTypes[i].AllowedContributors = map[string][]string{
				"kildePdf": {"app:owned", "orgno:" + clubNumber, "org:vtl"},
				"vedlegg":  {"app:owned", "orgno:" + agencyNumber},
				"sak":      {"org:FTS"},
			}[dt.ID]
		}
	}))
	w.multipart(w.agency(), receiving, template(""), part{"vedlegg", "a.pdf", "application/pdf", "x"}, part{"sak", "", "application/xml", `<Saksmottak><Sak><Tittel>a</Tittel></Sak></Saksmottak>`}).
		want(http.StatusCreated)
	w.multipart(w.agency(), receiving, template(""), part{"kildePdf", "a.pdf", "application/pdf", "x"}).
		wantProblem(http.StatusForbidden, "Forbidden")
	deleted := 0
	for _, left := range w.stored(receiving) {
		if w.fromStorage(left.ID).Status.IsHardDeleted {
			deleted++
		}
	}
	if left := w.stored(receiving); len(left) != 2 || deleted != 1 {
		t.Errorf("left behind: %v", left)
	}
}
