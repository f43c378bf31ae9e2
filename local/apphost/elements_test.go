package apphost_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

// TestTags: labels of an element, which are letters.
func TestTags(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	tags := original + "/instances/" + in.ID + "/data/" + in.of(t, "skjema").ID + "/tags"
	var list struct{ Tags []string }
	listed := func(want ...string) {
		t.Helper()
		if w.json(maret, http.MethodGet, tags, "").want(http.StatusOK).into(&list); list.Tags == nil || !slices.Equal(list.Tags, want) {
			t.Errorf("tags %q, want %q", list.Tags, want)
		}
	}
	listed()
	if r := w.json(maret, http.MethodPost, tags, `"kladd-én_a"`).want(http.StatusCreated); !strings.HasSuffix(r.header.Get("Location"), "/tags") {
		t.Errorf("location %q", r.header.Get("Location"))
	}
	w.json(maret, http.MethodPost, tags, `"kladd-én_a"`).want(http.StatusCreated)
	listed("kladd-én_a")
	for _, tag := range []string{`""`, `"a b"`, `"a1"`, `null`} {
		w.json(maret, http.MethodPost, tags, tag).wantText(http.StatusBadRequest, "The new tag must consist of letters.")
	}
	w.json(maret, http.MethodPost, tags, `{}`).want(http.StatusBadRequest)
	for range 2 {
		w.json(maret, http.MethodDelete, tags+"/kladd-én_a", "").wantEmpty(http.StatusNoContent)
	}
	listed()
	elsewhere := strings.Replace(tags, in.of(t, "skjema").ID, "00000000-0000-4000-8000-000000000000", 1)
	w.json(maret, http.MethodGet, elsewhere, "").wantText(http.StatusNotFound, "Unable to find data element")
	w.json(maret, http.MethodPost, elsewhere, `"a"`).wantText(http.StatusNotFound, "Unable to find data element")
	w.json(maret, http.MethodDelete, elsewhere+"/a", "").wantText(http.StatusNotFound, "Unable to find data element")
	w.json(w.person(ailoUser), http.MethodGet, tags, "").wantEmpty(http.StatusForbidden)
	w.json(w.person(ailoUser), http.MethodPost, tags, `"a"`).wantEmpty(http.StatusForbidden)
	w.json(maret, http.MethodPost, strings.TrimSuffix(tags, "tags")+"nothing", `"a"`).wantEmpty(http.StatusNotFound)
}

// TestOlderFormsOfDataRequests: addresses with a data type, a patch of one form, the
// validation of one element, and the texts with which PUT refuses a file.
func TestOlderFormsOfDataRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	base := original + "/instances/" + in.ID + "/data/"
	form := base + in.of(t, "skjema").ID

	w.json(maret, http.MethodGet, form+"/type/skjema", "").want(http.StatusOK)
	w.json(maret, http.MethodGet, form+"/type/kart", "").wantText(http.StatusBadRequest, "Data type kart does not match")
	w.json(maret, http.MethodPut, form+"/type/kart", "{}").wantText(http.StatusBadRequest, "Data type kart does not match")
	var made struct {
		ID     string                    `json:"newDataElementId"`
		Issues []struct{ Source string } `json:"validationIssues"`
	}
	w.upload(maret, base+"type/kart", "image/png", "a.png", "x").want(http.StatusOK).into(&made)
	if len(made.Issues) != 0 {
		t.Errorf("nobody has asked for issues: %v", made.Issues)
	}
	w.upload(maret, base+"kart?ignoredValidators=DataElement", "image/png", "b.png", "x").want(http.StatusOK).into(&made)
	if len(made.Issues) == 0 || slices.ContainsFunc(made.Issues, func(s struct{ Source string }) bool { return s.Source == "DataElement" }) {
		t.Errorf("issues %v", made.Issues)
	}

	var patched struct {
		Model  map[string]any       `json:"newDataModel"`
		Issues map[string][]finding `json:"validationIssues"`
	}
	w.json(maret, http.MethodPatch, form, `{"patch":[{"op":"replace","path":"/Begrunnelse","value":null}]}`).want(http.StatusOK).into(&patched)
	if patched.Model["Begrunnelse"] != nil || codes(patched.Issues["JsonSchema"]) != "required" || patched.Issues["DataElement"] == nil {
		t.Errorf("patched %+v", patched)
	}
	w.json(maret, http.MethodPatch, form, `{"patch":[{"op":"test","path":"/Begrunnelse","value":1}]}`).wantProblem(http.StatusConflict, "Precondition in patch failed")

	var findings []finding
	if w.json(maret, http.MethodGet, form+"/validate", "").want(http.StatusOK).into(&findings); codes(findings) != "required" {
		t.Errorf("of the form: %+v", findings)
	}
	if w.json(maret, http.MethodGet, base+made.ID+"/validate", "").want(http.StatusOK).into(&findings); len(findings) != 0 {
		t.Errorf("of the file: %+v", findings)
	}
	w.json(maret, http.MethodGet, base+"00000000-0000-4000-8000-000000000000/validate", "").wantEmpty(http.StatusInternalServerError)

	replace := func(contentType, filename, content string) reply {
		return w.send(maret, http.MethodPut, base+made.ID, fileHeader(contentType, `attachment; filename="`+filename+`"`), strings.NewReader(content))
	}
	replace("text/plain", "a.txt", "x").wantText(http.StatusBadRequest, "Data type kart does not allow")
	replace("image/png", "a.png", strings.Repeat("x", 10<<20+1)).wantText(http.StatusBadRequest, "The request body is larger")
	replace("image/png", "c.png", "y").want(http.StatusCreated)

	var deleted struct {
		Instance instance
		Issues   []struct{ Source string } `json:"validationIssues"`
	}
	w.json(maret, http.MethodDelete, base+made.ID+"?ignoredValidators=none", "").want(http.StatusOK).into(&deleted)
	if len(deleted.Instance.Data) != 2 || len(deleted.Issues) == 0 {
		t.Errorf("deleted %+v", deleted)
	}
	w.failing("DELETE /storage/api/v1/instances/", http.StatusConflict, "")
	first := w.get(maret, original, in.ID).of(t, "kart").ID
	w.json(maret, http.MethodDelete, base+first, "").wantProblem(http.StatusConflict, "Conflict")
	w.failing("GET /storage/api/v1/instances/"+in.ID+"/data/", http.StatusBadGateway, "")
	w.json(maret, http.MethodGet, form, "").wantText(http.StatusBadGateway, "502 - Bad Gateway")
	w.failing("POST /storage/api/v1/instances/"+in.ID+"/data", http.StatusForbidden, "")
	w.upload(maret, base+"kart", "image/png", "a.png", "x").wantProblem(http.StatusForbidden, "Platform error")
	w.onPlatform(nil)

	// In the next task the form is another task's.
	w.json(maret, http.MethodPut, form, w.json(maret, http.MethodGet, form, "").body).want(http.StatusCreated)
	w.json(maret, http.MethodPatch, form, `{"patch":[{"op":"replace","path":"/Begrunnelse","value":"Fordi det trengs til reinen, hver vinter."}]}`).want(http.StatusOK)
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	if w.json(maret, http.MethodGet, form+"/validate", "").want(http.StatusOK).into(&findings); codes(findings) != "DataElementValidatedAtWrongTask" {
		t.Errorf("in another task: %+v", findings)
	}
}

// TestDataOfAnotherTask: an application may say that the data of a task are changed
// in that task only; what a task is not left without, and where a text is said.
func TestDataOfAnotherTask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "appsettings.json"), []byte(`{"AppSettings":{"EnforceDataTypeTaskId":true}}`), 0o600))
	w := newWorld(t, withFolder(original, func(f *app.Folder) { f.Dir, f.Root = dir, "." }))
	maret := w.maret()
	in := w.filledIn(maret)
	base := original + "/instances/" + in.ID + "/data/"
	w.upload(maret, base+"kart", "image/png", "a.png", "x").want(http.StatusOK)
	w.next(maret, original, in.ID, "").want(http.StatusOK)
	w.upload(w.agency(), base+"kart", "image/png", "a.png", "x").wantProblem(http.StatusConflict, "Conflict with Current Task")
	w.json(w.agency(), http.MethodPut, base+in.of(t, "skjema").ID, "{}").wantProblem(http.StatusConflict, "Conflict with Current Task")
}

// TestSubstatusOrder: the label is looked at before the caller.
func TestSubstatusOrder(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	path := original + "/instances/" + in.ID + "/substatus"
	w.json(w.maret(), http.MethodPut, path, `{}`).wantText(http.StatusBadRequest, "")
	w.json(w.maret(), http.MethodPut, path, `{"label":"a"}`).wantEmpty(http.StatusForbidden)
	w.json(w.agency(), http.MethodPut, path, `{"label":"a"}`).want(http.StatusOK)
}
