package fill_test

import (
	"net/http"
	"strings"
	"testing"
)

// A row is removed only where the page that was posted shows what the row is now:
// removing one elsewhere makes others take its place.
func TestARemovedRowIsTheOneThatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	rows := maret.begin(original, w.seed.Persons[0].PartyID).press("go:kjoretoy").at("Kjøretøy")
	rows = rows.press("add:kjoretoy-gruppe", "kjoretoy-vekt-0", "100")
	rows = rows.press("add:kjoretoy-gruppe", "kjoretoy-vekt-1", "200")
	rows = rows.press("save", "kjoretoy-vekt-2", "300")
	other := maret.get(rows.path)
	rows.press("remove:kjoretoy-gruppe:0").status(http.StatusOK).lacks("Kjøretøy 3")

	refused := other.press("remove:kjoretoy-gruppe:1").status(http.StatusUnprocessableEntity).sees("Raden er ikke fjernet")
	left := maret.get(rows.path)
	if got := left.values(); got.Get("field.kjoretoy-vekt-0") != "200" || got.Get("field.kjoretoy-vekt-1") != "300" {
		t.Fatalf("the rows are %v", got)
	}
	// The page has what is there now, so that the person can decide anew.
	refused.press("remove:kjoretoy-gruppe:1").status(http.StatusOK)
	if got := maret.get(rows.path).values(); got.Get("field.kjoretoy-vekt-0") != "200" || got.Has("field.kjoretoy-vekt-1") {
		t.Errorf("the rows are %v", got)
	}
}

// Groups and rows that two tabs make at the same moment are both there after it.
func TestTwoTabsThatBeginAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		page, action, field, others, elsewhere string
	}{
		"a group": {"Søker", "save", "soker-adresse", "save", "soker-navn"},
		"a row":   {"Kjøretøy", "add:kjoretoy-gruppe", "", "save", "kjoretoy-vekt-0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			maret := w.visit(0)
			p := maret.begin(original, w.seed.Persons[0].PartyID)
			if tt.page != "Søker" {
				p = p.press("go:kjoretoy").at(tt.page)
			}
			tab := w.visit(0).get(p.path)
			between := 0
			intercept := func(r *http.Request) *http.Response {
				if r.Method == http.MethodPatch && between == 0 {
					between++ // once
					tab.press(tt.others, tt.elsewhere, "100").status(http.StatusOK)
				}
				return nil
			}
			w.intercept.Store(&intercept)
			if tt.field == "" {
				p.press(tt.action).status(http.StatusOK)
			} else {
				p.press(tt.action, tt.field, "200").status(http.StatusOK)
			}
			if between == 0 {
				t.Fatal("nothing came between")
			}
			got := maret.get(p.path)
			if got.values().Get("field."+tt.elsewhere) != "100" || tt.field != "" && got.values().Get("field."+tt.field) != "200" {
				t.Errorf("the form holds %v", got.values())
			}
			if tt.field == "" && !strings.Contains(got.text(), "Kjøretøy 2") {
				t.Errorf("there is no second row: %s", got.text())
			}
		})
	}
}
