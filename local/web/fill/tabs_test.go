package fill_test

import (
	"net/http"
	"strings"
	"testing"
)

// Two tabs of one form do not undo each other's work.
func TestTwoTabsEachWriteWhatWasChangedThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	first := maret.begin(original, w.seed.Persons[0].PartyID)
	second := maret.get(first.path)

	first.press("save", "soker-navn", "Máret", "soker-telefon", "1").status(http.StatusOK)
	after := second.press("save", "soker-adresse", "Ánneguohppi 12").status(http.StatusOK)
	if got := after.values(); got.Get("field.soker-navn") != "Máret" || got.Get("field.soker-adresse") != "Ánneguohppi 12" {
		t.Fatalf("the form holds %v", got)
	}

	// The same field in both: the person sees both and decides; what is in the
	// other fields is saved.
	clash := second.press("next", "soker-telefon", "2", "soker-epost", "maret@example.com").status(http.StatusUnprocessableEntity).at("Søker").
		sees("«Telefon» er endret et annet sted", "til «1»")
	if got := clash.values(); got.Get("field.soker-telefon") != "2" || got.Get("shown.soker-telefon") != "1" {
		t.Errorf("the page holds %v", got)
	}
	stored := maret.get(first.path).values()
	if stored.Get("field.soker-telefon") != "1" || stored.Get("field.soker-epost") != "maret@example.com" {
		t.Errorf("the form holds %v", stored)
	}
	clash.press("next").status(http.StatusOK).at("Kjøringen")
	if got := maret.get(first.path).values().Get("field.soker-telefon"); got != "2" {
		t.Errorf("the telephone number that was decided on is stored as %q", got)
	}
}

func TestTwoTabsAndChoices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	first := maret.begin(original, w.seed.Persons[0].PartyID).press("next").at("Kjøringen")
	second := maret.get(first.path)
	first.press("save", "kjoring-formaal", "ved").status(http.StatusOK)
	clash := second.press("next", "kjoring-formaal", "annet").status(http.StatusUnprocessableEntity).sees("til «Frakte ved»")
	if got := clash.values(); got.Get("field.kjoring-formaal") != "annet" {
		t.Errorf("the page has chosen %q", got.Get("field.kjoring-formaal"))
	}
}

// What was typed in a row that somebody has removed elsewhere is shown, and no
// other row is changed.
func TestARowThatIsRemovedInAnotherTab(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	rows := maret.begin(original, w.seed.Persons[0].PartyID).press("go:kjoretoy").at("Kjøretøy")
	rows = rows.press("add:kjoretoy-gruppe", "kjoretoy-vekt-0", "100")
	rows = rows.press("save", "kjoretoy-vekt-1", "200")
	other := maret.get(rows.path)
	rows.press("remove:kjoretoy-gruppe:0").status(http.StatusOK).lacks("Kjøretøy 2")

	lost := other.press("next", "kjoretoy-vekt-1", "250").status(http.StatusUnprocessableEntity).sees("«250» er ikke lagret")
	if got := lost.values(); got.Get("field.kjoretoy-vekt-0") != "200" || got.Has("field.kjoretoy-vekt-1") {
		t.Errorf("the page holds %v", got)
	}
	// The second tab would remove the row that has taken the place of its own.
	other.press("remove:kjoretoy-gruppe:1").status(http.StatusConflict)
}

// A change that comes between reading the form and writing it is not undone, and
// one that never ends is told.
func TestSavingWhileOthersDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	other := w.visit(0)
	tab := other.get(p.path)
	between := 0
	intercept := func(r *http.Request) *http.Response {
		if r.Method == http.MethodPatch && between == 0 {
			between++ // once
			tab.press("save", "soker-navn", "Áile").status(http.StatusOK)
		}
		return nil
	}
	w.intercept.Store(&intercept)
	p.press("save", "soker-navn", "Máret", "soker-adresse", "Ánneguohppi 12").status(http.StatusUnprocessableEntity).sees("til «Áile»")
	if got := maret.get(p.path).values(); got.Get("field.soker-adresse") != "Ánneguohppi 12" || got.Get("field.soker-navn") != "Áile" {
		t.Errorf("the form holds %v", got)
	}
	attempts := 0
	refuse := func(r *http.Request) *http.Response {
		if r.Method != http.MethodPatch {
			return nil
		}
		attempts++
		return &http.Response{StatusCode: http.StatusConflict, Header: http.Header{}, Body: http.NoBody, Request: r}
	}
	w.intercept.Store(&refuse)
	p.press("save", "soker-poststed", "Kárášjohka").status(http.StatusConflict).sees("Prøv igjen")
	if attempts != 3 {
		t.Errorf("%d attempts", attempts)
	}
	if strings.Contains(maret.get(p.path).text(), "Kárášjohka") {
		t.Error("something is stored")
	}
}
