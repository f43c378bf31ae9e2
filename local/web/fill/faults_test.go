package fill_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var faultItems = regexp.MustCompile(`<li><a class="ds-link" href="([^"]*)">([^<]*)</a></li>`)

// listed are the faults at the top of a page, each with where it leads.
func (p page) listed() []string {
	p.Helper()
	var list []string
	for _, found := range faultItems.FindAllStringSubmatch(mains.FindString(p.body), -1) {
		list = append(list, found[1]+" "+found[2])
	}
	return list
}

// The list at the top names every fault that the page marks: those that hinder
// going on, and those that are saved and wrong.
func TestTheListOfFaultsIsWhatThePageMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID).press("next").at("Kjøringen")
	p = p.press("save", "kjoring-turer", "1 000").status(http.StatusOK)
	p = p.press("next", "kjoring-rute", strings.Repeat("x", 501), "kjoring-fra", "i morgen", "kjoring-til", "01.01.2020", "kjoring-turer", "2,5").
		status(http.StatusUnprocessableEntity).at("Kjøringen")
	got := strings.Join(p.listed(), "\n")
	want := strings.Join([]string{
		"#field-kjoring-rute Skriv høyst 500 tegn i «Rute».",
		"#field-kjoring-fra Skriv «Første dag» som en dato, for eksempel 17.05.2026.",
		"#field-kjoring-til «Siste dag» kan ikke være før 01.03.2027.",
		"#field-kjoring-turer Skriv «Antall turer» som et helt tall, for eksempel 12.",
	}, "\n")
	if got != want {
		t.Errorf("the list is\n%s\ninstead of\n%s", got, want)
	}
	// What 1 000 was, is nothing that the field with 2,5 in it shows.
	p.lacks("ikke være større enn")
	if marks := strings.Count(p.body, `class="ds-validation-message"`); marks != len(p.listed()) {
		t.Errorf("%d faults are marked, and %d listed", marks, len(p.listed()))
	}
}

// Going back is possible whatever a page holds. The page that it leads to tells
// what was not saved.
func TestGoingBackWithWhatCannotBeSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID).press("next").at("Kjøringen")
	other := p.get(p.path)
	p.press("save", "kjoring-omrade", "Fra fane B").status(http.StatusOK)
	back := other.press("back", "kjoring-fra", "i morgen", "kjoring-turer", "3", "kjoring-omrade", "Čohkolaš").status(http.StatusOK).at("Søker").
		sees("Ikke alt på siden «Kjøringen» er lagret", "Skriv «Første dag» som en dato", "«Område» er endret et annet sted mens du skrev, til «Fra fane B».").
		lacks("blir lagret når", "Dette må du rette opp")
	back.get(back.path).lacks("Ikke alt")
	if got := back.press("next").values(); got.Get("field.kjoring-turer") != "3" || got.Get("field.kjoring-fra") != "" {
		t.Errorf("the page holds %v", got)
	}
}

// After an attempt to send the form in, all pages' faults are listed in the order
// of the form, and what is posted from there is shown with what is missing.
func TestFaultsOfAllPagesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID)
	p = p.press("go:oppsummering").press("submit").status(http.StatusUnprocessableEntity)
	if list := p.listed(); len(list) < 10 || !strings.Contains(list[0], "/soker?") || !strings.Contains(list[len(list)-1], "/grunnlag?") {
		t.Errorf("the faults are listed as %q", list)
	}
	if !strings.Contains(p.body, `action="`+strings.Split(p.path, "?")[0]+`?show=all"`) {
		t.Error("what is posted from the page would no longer be shown with all that is missing")
	}
}
