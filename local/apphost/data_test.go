package apphost_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

func fileHeader(contentType, disposition string) http.Header {
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	if disposition != "" {
		h.Set("Content-Disposition", disposition)
	}
	return h
}

func (w *world) upload(token, path, contentType, filename, content string) reply {
	w.t.Helper()
	return w.send(token, http.MethodPost, path, fileHeader(contentType, `attachment; filename="`+filename+`"`), strings.NewReader(content))
}

func TestUpload(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	base := original + "/instances/" + in.ID + "/data"

	r := w.send(w.maret(), http.MethodPost, base+"?dataType=kart",
		fileHeader("image/png", `attachment; filename="kart.png"; filename*=UTF-8''k%C3%A1rta.png`), strings.NewReader("one")).want(http.StatusCreated)
	var first element
	r.into(&first)
	if first.Filename == nil || *first.Filename != "kárta.png" || first.Size != 3 {
		t.Errorf("element %+v", first)
	}
	if got := r.header.Get("Location"); got != "https://"+appsHost+"/"+base+"/"+first.ID {
		t.Errorf("Location %q", got)
	}

	var second struct {
		NewDataElementID string   `json:"newDataElementId"`
		Instance         instance `json:"instance"`
		Models           []any    `json:"newDataModels"`
		Issues           []any    `json:"validationIssues"`
	}
	w.upload(w.maret(), base+"/kart", "image/jpeg", "b.jpg", "two").want(http.StatusOK).into(&second)
	if len(second.Instance.Data) != 3 || second.NewDataElementID == "" || second.Models == nil || second.Issues == nil {
		t.Errorf("answer %+v", second)
	}
	w.upload(w.maret(), base+"/type/kart", "application/octet-stream", "c.pdf", "three").want(http.StatusOK)
	w.upload(w.maret(), base+"/type/kart", "application/pdf", "d.pdf", "four").wantProblem(http.StatusConflict, "Max Count Exceeded")

	changed := w.send(w.maret(), http.MethodPut, base+"/"+first.ID, fileHeader("image/png", `attachment; filename="ny.png"`), strings.NewReader("three")).want(http.StatusCreated)
	changed.into(&first)
	if *first.Filename != "ny.png" || first.Size != 5 {
		t.Errorf("after PUT %+v", first)
	}
	w.json(w.maret(), http.MethodDelete, base+"/"+first.ID, "").want(http.StatusOK)
	w.json(w.maret(), http.MethodGet, base+"/"+first.ID, "").wantProblem(http.StatusNotFound, "Data Element Not Found")
}

// TestUploadRefusals goes through the checks of an upload; the older form of the
// request writes the issues of a file as one text.
func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	base := original + "/instances/" + in.ID + "/data"
	const name = `attachment; filename="a.png"`
	for title, c := range map[string]struct {
		contentType, disposition, content, code string
	}{
		"no disposition":       {"image/png", "", "x", "MissingFileName"},
		"no name":              {"image/png", "attachment", "x", "MissingFileName"},
		"spaces unquoted":      {"image/png", "attachment; filename=a b.png", "x", "InvalidFileNameFormat"},
		"no extension":         {"image/png", `attachment; filename="a"`, "x", "InvalidFileNameFormat"},
		"no content type":      {"", name, "x", "MissingContentType"},
		"another file":         {"application/pdf", name, "x", "InvalidFileNameFormat"},
		"type not allowed":     {"text/plain", `attachment; filename="a.txt"`, "x", "ContentTypeNotAllowed"},
		"hidden behind octets": {"application/octet-stream", `attachment; filename="a.exe"`, "x", "ContentTypeNotAllowed"},
		"too large":            {"image/png", name, strings.Repeat("x", 10<<20+1), "DataElementTooLarge"},
	} {
		t.Run(title, func(t *testing.T) {
			p := w.send(w.maret(), http.MethodPost, base+"/kart", fileHeader(c.contentType, c.disposition), strings.NewReader(c.content)).
				wantProblem(http.StatusBadRequest, "File validation failed")
			issues, _ := p["uploadValidationIssues"].([]any)
			if len(issues) != 1 || issues[0].(map[string]any)["code"] != c.code {
				t.Errorf("issues %v, want %s", issues, c.code)
			}
			w.send(w.maret(), http.MethodPost, base+"?datatype=kart", fileHeader(c.contentType, c.disposition), strings.NewReader(c.content)).
				wantText(http.StatusBadRequest, "")
		})
	}
	t.Run("longer than it said", func(t *testing.T) {
		// A body of unknown length is measured while it comes.
		w.send(w.maret(), http.MethodPost, base+"/kart", fileHeader("image/png", name), struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", 10<<20+1))}).
			wantProblem(http.StatusRequestEntityTooLarge, "Request too large")
	})
	t.Run("empty", func(t *testing.T) {
		w.upload(w.maret(), base+"/kart", "image/png", "a.png", "").wantProblem(http.StatusBadRequest, "Invalid data")
		w.upload(w.maret(), base+"?dataType=kart", "image/png", "a.png", "").wantText(http.StatusBadRequest, "The file is zero bytes")
	})
	t.Run("unknown data type", func(t *testing.T) {
		w.upload(w.maret(), base+"/ukjent", "image/png", "a.png", "x").wantProblem(http.StatusBadRequest, "Data Type Not Found")
	})
	t.Run("protected", func(t *testing.T) {
		w.upload(w.maret(), base+"/ref-data-as-pdf", "application/pdf", "a.pdf", "x").wantProblem(http.StatusForbidden, "Forbidden")
		w.upload(w.agency(), base+"?dataType=ref-data-as-pdf", "application/pdf", "a.pdf", "x").wantProblem(http.StatusForbidden, "Forbidden")
	})
	t.Run("somebody else", func(t *testing.T) {
		w.upload(w.person(ailoUser), base+"/kart", "image/png", "a.png", "x").wantEmpty(http.StatusForbidden)
	})
	t.Run("second form", func(t *testing.T) {
		w.json(w.maret(), http.MethodPost, base+"/skjema", `{}`).wantProblem(http.StatusConflict, "Max Count Exceeded")
	})
	t.Run("the form cannot be deleted", func(t *testing.T) {
		w.json(w.maret(), http.MethodDelete, base+"/"+in.of(t, "skjema").ID, "").want(http.StatusBadRequest)
	})
	t.Run("no such instance", func(t *testing.T) {
		r := w.upload(w.agency(), original+"/instances/50100001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11/data/kart", "image/png", "a.png", "x")
		if r.status != http.StatusForbidden && r.status != http.StatusNotFound {
			t.Errorf("status %d", r.status)
		}
	})
	t.Run("not an id", func(t *testing.T) {
		w.json(w.agency(), http.MethodGet, original+"/instances/50100001/x", "").wantEmpty(http.StatusNotFound)
		w.json(w.agency(), http.MethodGet, original+"/instances/x/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", "").wantEmpty(http.StatusNotFound)
	})
}

func TestWriteToArchivedInstance(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.filledIn(w.maret())
	w.json(w.maret(), http.MethodPut, original+"/instances/"+in.ID+"/process/completeProcess", "").want(http.StatusOK)
	// The owner of the application may still write, as far as the policy goes.
	w.upload(w.agency(), original+"/instances/"+in.ID+"/data/kart", "image/png", "a.png", "x").wantProblem(http.StatusConflict, "Instance Not Active")
}

func TestFormData(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.filledIn(w.maret())
	path := original + "/instances/" + in.ID + "/data/" + in.of(t, "skjema").ID
	if in.PresentationTexts["omrade"] != "Čohkolaš" || in.DataValues["kommune"] != "5610" {
		t.Errorf("presentation texts %v, data values %v", in.PresentationTexts, in.DataValues)
	}

	asXML := w.send(w.maret(), http.MethodGet, path, http.Header{"Accept": {"application/xml"}}, nil).want(http.StatusOK)
	if !strings.Contains(asXML.body, "<Omrade>Čohkolaš</Omrade>") || !strings.HasPrefix(asXML.header.Get("Content-Type"), "application/xml") {
		t.Errorf("XML %.200s", asXML.body)
	}
	for _, accept := range []string{"", "*/*", "application/json", "application/xml;q=0.1, application/json"} {
		asJSON := w.send(w.maret(), http.MethodGet, path, http.Header{"Accept": {accept}}, nil).want(http.StatusOK)
		if !strings.HasPrefix(asJSON.body, `{"Soker":{"Navn":"Máret`) || !strings.Contains(asJSON.body, `"FormaalAnnet":null`) {
			t.Errorf("%q: JSON %.200s", accept, asJSON.body)
		}
	}
	element := in.of(t, "skjema")
	stored := w.send(w.maret(), http.MethodGet, "https://"+platformHost+storageInstances+"/"+in.ID+"/data/"+element.ID, nil, nil).want(http.StatusOK)
	if stored.header.Get("Content-Type") != "application/xml" || stored.body != asXML.body {
		t.Errorf("stored as %s", stored.header.Get("Content-Type"))
	}

	w.send(w.maret(), http.MethodPut, path, http.Header{"Content-Type": {"application/xml"}}, strings.NewReader(asXML.body)).want(http.StatusCreated)
	w.send(w.maret(), http.MethodPut, path, http.Header{"Content-Type": {"text/plain"}}, strings.NewReader("x")).
		wantProblem(http.StatusUnsupportedMediaType, "Unsupported Media Type")
	w.json(w.maret(), http.MethodPut, path, `{"Kjoring":{"AntallTurer":"mange"}}`).wantProblem(http.StatusBadRequest, "Failed to deserialize JSON")
	w.send(w.maret(), http.MethodPut, path, http.Header{"Content-Type": {"application/xml"}}, strings.NewReader("<Annet/>")).
		wantProblem(http.StatusBadRequest, "Failed to deserialize XML")

	w.next(w.maret(), original, in.ID, "").want(http.StatusOK)
	w.json(w.maret(), http.MethodPut, path, `{}`).want(http.StatusConflict)
}

// TestFieldsOfAnotherDataType: the first configured field of another data type
// ends the search, as in library generation 8.
func TestFieldsOfAnotherDataType(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(receiving, func(f *app.Folder) {
		f.Metadata.DataFields = []app.Field{
			{ID: "first", Path: "Sak.Tittel", DataTypeID: "sak"},
			{ID: "other", Path: "X", DataTypeID: "vedlegg"},
			{ID: "last", Path: "Sak.Kilde", DataTypeID: "sak"},
		}
	}))
	in := w.create(w.agency(), receiving, `{"instanceOwner":{"partyId":"50000001"},"prefill":{"Sak.Tittel":"a","Sak.Kilde":"b"}}`)
	if len(in.DataValues) != 1 || in.DataValues["first"] != "a" {
		t.Errorf("data values %v", in.DataValues)
	}
}

// TestActions: a data type may demand an action of its own.
func TestActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(receiving, func(f *app.Folder) {
		f.Metadata.DataTypes = append([]app.DataType(nil), f.Metadata.DataTypes...)
		for i, dt := range f.Metadata.DataTypes {
			if dt.ID == "vedlegg" {
				f.Metadata.DataTypes[i].ActionRequiredToWrite, f.Metadata.DataTypes[i].ActionRequiredToRead = "complete", "nothing"
			}
		}
	}))
	in := w.create(w.agency(), receiving, ownerNumber(agencyNumber))
	base := receiving + "/instances/" + in.ID + "/data"
	var made element
	w.upload(w.agency(), base+"?dataType=vedlegg", "image/png", "a.png", "x").want(http.StatusCreated).into(&made)
	w.json(w.agency(), http.MethodGet, base+"/"+made.ID, "").wantProblem(http.StatusForbidden, "Unauthorized")
}

func TestPatch(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.filledIn(w.maret())
	id := in.of(t, "skjema").ID
	patch := func(dataID, operations string) reply {
		t.Helper()
		return w.json(w.maret(), http.MethodPatch, original+"/instances/"+in.ID+"/data",
			`{"patches":[{"dataElementId":"`+dataID+`","patch":`+operations+`}],"ignoredValidators":["DataElement"]}`)
	}
	var answer struct {
		Instance instance `json:"instance"`
		Models   []struct {
			DataElementID string         `json:"dataElementId"`
			Data          map[string]any `json:"data"`
		} `json:"newDataModels"`
		Issues []struct {
			Source string    `json:"source"`
			Issues []finding `json:"issues"`
		} `json:"validationIssues"`
	}
	patch(id, `[{"op":"test","path":"/Kjoring/AntallTurer","value":4},{"op":"replace","path":"/Kjoring/Omrade","value":"Guovžajávri"},{"op":"replace","path":"/Begrunnelse","value":null}]`).
		want(http.StatusOK).into(&answer)
	if answer.Instance.PresentationTexts["omrade"] != "Guovžajávri" {
		t.Errorf("presentation texts %v", answer.Instance.PresentationTexts)
	}
	if len(answer.Models) != 1 || answer.Models[0].DataElementID != id || answer.Models[0].Data["Begrunnelse"] != nil {
		t.Errorf("models %v", answer.Models)
	}
	if len(answer.Issues) != 2 || answer.Issues[1].Source != "JsonSchema" || codes(answer.Issues[1].Issues) != "required" || len(answer.Issues[0].Issues) != 0 {
		t.Errorf("issues %+v", answer.Issues)
	}
	patch(id, `[{"op":"test","path":"/Kjoring/AntallTurer","value":5}]`).wantProblem(http.StatusConflict, "Precondition in patch failed")
	patch(id, `[{"op":"replace","path":"/Nowhere","value":5}]`).wantProblem(http.StatusUnprocessableEntity, "Patch Operation Failed")
	patch(id, `[{"op":"replace","path":"/Kjoring/AntallTurer","value":"mange"}]`).wantProblem(http.StatusUnprocessableEntity, "Patch Operation Failed")
	patch("0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", `[]`).wantProblem(http.StatusNotFound, "Data Element Not Found")
	w.json(w.maret(), http.MethodPatch, original+"/instances/"+in.ID+"/data", `{`).want(http.StatusBadRequest)
}

// TestFormUpload: a data type may have several forms, which callers add.
func TestFormUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(receiving, func(f *app.Folder) {
		f.Metadata.DataTypes = slices.Clone(f.Metadata.DataTypes)
		for i, dt := range f.Metadata.DataTypes {
			if dt.ID == "sak" {
				f.Metadata.DataTypes[i].MaxCount, f.Metadata.DataTypes[i].MinCount = 0, 0
				f.Metadata.DataTypes[i].AllowedContentTypes = []string{"application/json"}
			}
		}
	}))
	in := w.create(w.agency(), receiving, ownerNumber(agencyNumber))
	base := receiving + "/instances/" + in.ID + "/data"
	if first := in.of(t, "sak"); first.ContentType != "application/json" {
		t.Errorf("stored as %s", first.ContentType)
	}
	var second struct {
		NewDataElementID string `json:"newDataElementId"`
		Models           []struct {
			DataElementID string         `json:"dataElementId"`
			Data          map[string]any `json:"data"`
		} `json:"newDataModels"`
	}
	w.json(w.agency(), http.MethodPost, base+"/sak", `{"Sak":{"Tittel":"a"}}`).want(http.StatusOK).into(&second)
	if len(second.Models) != 1 || second.Models[0].DataElementID != second.NewDataElementID || second.Models[0].Data["Behandling"] != nil {
		t.Errorf("models %v", second.Models)
	}
	w.json(w.agency(), http.MethodPost, base+"?dataType=sak", "").want(http.StatusCreated)
	w.json(w.agency(), http.MethodPost, base+"?dataType=sak", "[]").wantText(http.StatusBadRequest, "")
	w.json(w.agency(), http.MethodPost, base+"/sak", "[]").wantProblem(http.StatusBadRequest, "Failed to deserialize JSON")
	w.json(w.agency(), http.MethodDelete, base+"/"+second.NewDataElementID, "").want(http.StatusOK)
	if got := len(w.get(w.agency(), receiving, in.ID).Data); got != 2 {
		t.Errorf("%d elements, want 2", got)
	}
}

// TestUserRestrictions: some data types are for the owner of the application.
func TestUserRestrictions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(original, func(f *app.Folder) {
		f.Metadata.DataTypes = slices.Clone(f.Metadata.DataTypes)
		for i, dt := range f.Metadata.DataTypes {
			if dt.ID == "kart" {
				f.Metadata.DataTypes[i].AppLogic = &app.AppLogic{DisallowUserCreate: true, DisallowUserDelete: true}
			}
		}
	}))
	in := w.create(w.maret(), original, ownerOf(maretParty))
	base := original + "/instances/" + in.ID + "/data"
	w.upload(w.maret(), base+"/kart", "image/png", "a.png", "x").wantProblem(http.StatusBadRequest, "User Create Disallowed")
	var made element
	w.upload(w.agency(), base+"?dataType=kart", "image/png", "a.png", "x").want(http.StatusCreated).into(&made)
	w.json(w.maret(), http.MethodDelete, base+"/"+made.ID, "").wantProblem(http.StatusBadRequest, "User Delete Disallowed")
	w.json(w.agency(), http.MethodDelete, base+"/"+made.ID, "").want(http.StatusOK)
}
