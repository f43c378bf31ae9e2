package apphost_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

// finding is an issue as a client reads it.
type finding struct {
	Severity      int     `json:"severity"`
	DataElementID *string `json:"dataElementId"`
	Field         *string `json:"field"`
	Code          string  `json:"code"`
	Source        string  `json:"source"`
}

func (w *world) findings(token, appID, id, query string) []finding {
	w.t.Helper()
	r := w.json(token, http.MethodGet, appID+"/instances/"+id+"/validate"+query, "").want(http.StatusOK)
	if r.body == "null" {
		w.t.Error("no issues must be an empty list")
	}
	var found []finding
	r.into(&found)
	return found
}

func codes(found []finding) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withFolder(original, func(f *app.Folder) {
		f.Metadata.DataTypes = slices.Clone(f.Metadata.DataTypes)
		for i, dt := range f.Metadata.DataTypes {
			if dt.ID == "kart" {
				f.Metadata.DataTypes[i].MinCount = 1
				f.Metadata.DataTypes[i].EnableFileScan, f.Metadata.DataTypes[i].BlockOnPendingScan = true, true
			}
		}
	}))
	maret := w.maret()
	in := w.create(maret, original, ownerOf(maretParty))
	found := w.findings(maret, original, in.ID, "")
	if got := codes(found); got != "TooFewDataElementsOfType required" {
		t.Errorf("of an empty form: %s", got)
	}
	for _, f := range found {
		if f.Severity != 1 || f.Code == "required" && (f.DataElementID == nil || *f.DataElementID != in.of(t, "skjema").ID) {
			t.Errorf("issue %+v", f)
		}
	}
	if got := codes(w.findings(maret, original, in.ID, "?ignoredValidators=JsonSchema,X")); got != "TooFewDataElementsOfType" {
		t.Errorf("without the schema: %s", got)
	}

	in = w.filledIn(maret)
	var file element
	w.upload(maret, original+"/instances/"+in.ID+"/data?dataType=kart", "image/png", "a.png", "x").want(http.StatusCreated).into(&file)
	scanned := func(result string) {
		t.Helper()
		w.send(maret, http.MethodPut, "https://"+platformHost+storageInstances+"/"+in.ID+"/dataelements/"+file.ID+"/filescanstatus",
			http.Header{"Content-Type": {"application/json"}, "Platformaccesstoken": {"x"}}, strings.NewReader(`{"fileScanResult":"`+result+`"}`)).want(http.StatusOK)
	}
	for result, want := range map[string]string{"Pending": "DataElementFileScanPending", "Infected": "DataElementFileInfected", "Clean": ""} {
		scanned(result)
		if got := codes(w.findings(maret, original, in.ID, "")); got != want {
			t.Errorf("file %s: %s, want %s", result, got, want)
		}
	}
	scanned("Infected")
	w.next(maret, original, in.ID, "").wantProblem(http.StatusConflict, "Validation failed for task")
	scanned("Clean")

	w.json(w.person(ailoUser), http.MethodGet, original+"/instances/"+in.ID+"/validate", "").wantProblem(http.StatusForbidden, "Something went wrong.")
	w.json(maret, http.MethodPut, original+"/instances/"+in.ID+"/process/completeProcess", "").want(http.StatusOK)
	w.json(maret, http.MethodGet, original+"/instances/"+in.ID+"/validate", "").wantProblem(http.StatusConflict, "Validation error")
}

// TestValidateStoredFiles: files that came past the application, straight to
// Storage, are held to the same rules.
func TestValidateStoredFiles(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	maret := w.maret()
	in := w.filledIn(maret)
	for range 4 {
		w.send(maret, http.MethodPost, "https://"+platformHost+storageInstances+"/"+in.ID+"/data?dataType=kart",
			fileHeader("text/plain", `attachment; filename="a.txt"`), strings.NewReader(strings.Repeat("x", 10<<20+1))).want(http.StatusCreated)
	}
	want := "ContentTypeNotAllowed DataElementTooLarge TooManyDataElementsOfType"
	if got := codes(w.findings(maret, original, in.ID, "")); got != want {
		t.Errorf("issues %s, want %s", got, want)
	}
}
