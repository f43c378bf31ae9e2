package apphost_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

// TestCopy: an archived instance becomes the beginning of a new one of the same
// owner, without what the application leaves out.
func TestCopy(t *testing.T) {
	t.Parallel()
	settings := &app.CopyInstance{Enabled: true, IncludeAttachments: true, ExcludedDataFields: []string{"Kjoring.Omrade"}}
	w := newWorld(t, withFolder(original, func(f *app.Folder) { f.Metadata.CopyInstance = settings }))
	maret, number := w.maret(), strconv.Itoa(maretParty)
	source := w.filledIn(maret)
	w.upload(maret, original+"/instances/"+source.ID+"/data/kart", "image/png", "a.png", "x").want(http.StatusOK)
	legacy := func(token, id string) reply {
		return w.send(token, http.MethodGet, original+"/legacy/instances/"+id+"/copy", nil, nil)
	}
	copyOf := func(token, id, owner string) reply {
		return w.json(token, http.MethodPost, original+"/instances/create", `{"instanceOwner":{"partyId":"`+owner+`"},"sourceInstanceId":"`+id+`","prefill":{"Kjoring.Omrade":"Annet"}}`)
	}
	const archived, absent = "archived", "/00000000-0000-4000-8000-000000000000"
	copyOf(maret, source.ID, number).wantText(http.StatusBadRequest, "It is not possible to copy an instance that isn't archived")
	legacy(maret, source.ID).wantText(http.StatusBadRequest, "The instance being copied must be "+archived)
	legacy(maret, number+absent).want(http.StatusForbidden)
	w.json(maret, http.MethodPut, original+"/instances/"+source.ID+"/process/completeProcess", "").want(http.StatusOK)

	copyOf(w.person(ailoUser), source.ID, strconv.Itoa(clubParty)).wantText(http.StatusBadRequest, "It is not possible to copy instances between instance owners")
	copyOf(w.person(ailoUser), source.ID, number).wantEmpty(http.StatusForbidden)
	copyOf(maret, number+absent, number).wantText(http.StatusInternalServerError, "Retrieving source instance failed with status code")
	copyOf(maret, number+"/x", number).wantText(http.StatusInternalServerError, "Instantiation of appId")
	legacy(w.agency(), source.ID).wantEmpty(http.StatusForbidden)
	legacy(w.person(ailoUser), source.ID).wantEmpty(http.StatusForbidden)

	check := func(made instance) {
		t.Helper()
		form := w.json(maret, http.MethodGet, original+"/instances/"+made.ID+"/data/"+made.of(t, "skjema").ID, "").want(http.StatusOK).body
		if made.ID == source.ID || made.Process.CurrentTask.ElementID != "Task_1" || made.Status.IsArchived || made.Status.ReadStatus != 1 {
			t.Errorf("copy %+v", made)
		}
		// No PDF, the file, and the form but for one field, which no prefill fills in anew.
		if len(made.Data) != 2 || *made.of(t, "kart").Filename != "a.png" || made.of(t, "skjema").Locked || made.PresentationTexts["omrade"] != "" {
			t.Errorf("data %+v, presentation texts %v", made.Data, made.PresentationTexts)
		}
		if !strings.Contains(form, `"AntallTurer":4`) || !strings.Contains(form, `"Omrade":null`) {
			t.Errorf("form %s", form)
		}
	}
	check(copyOf(maret, source.ID, number).want(http.StatusCreated).instance())

	before := len(w.stored(original))
	legacy(maret, source.ID).want(http.StatusOK) // the redirect leads to the start page
	after := w.stored(original)
	if len(after) != before+1 {
		t.Fatalf("%d instances, want one more than %d", len(after), before)
	}
	for _, in := range after {
		if got := w.get(maret, original, in.ID); got.ID != source.ID {
			check(got)
		}
	}

	// In turn: no files, no form, nothing at all.
	settings.IncludeAttachments, settings.ExcludedDataTypes = false, []string{"skjema"}
	if made := copyOf(maret, source.ID, number).want(http.StatusCreated).instance(); len(made.Data) != 1 || made.PresentationTexts["omrade"] != "Annet" {
		t.Errorf("data %+v, presentation texts %v", made.Data, made.PresentationTexts)
	}
	settings.Enabled = false
	copyOf(maret, source.ID, number).wantText(http.StatusBadRequest, "Creating instance based on a copy from an archived instance is not enabled")
	legacy(maret, source.ID).wantText(http.StatusBadRequest, "Creating instance based on a copy")
}
