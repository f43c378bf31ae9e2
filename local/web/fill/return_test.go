package fill_test

import (
	"html"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
)

// Whoever comes to a page to change an answer, or to mend one, gets straight
// back to where the answers are read.
func TestAWayStraightBackToTheSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID).lacks("Tilbake til oppsummeringen")
	summary := p.press("go:oppsummering").at("Se over").lacks("Tilbake til oppsummeringen")

	change := summary.press("go:kjoring#kjoring-turer").at("Kjøringen").sees("Tilbake til oppsummeringen")
	again := change.press("go:oppsummering", "kjoring-turer", "x").status(http.StatusUnprocessableEntity).sees("Tilbake til oppsummeringen")
	again.press("go:oppsummering", "kjoring-turer", "7").at("Se over").sees("7")
	rows := summary.press("go:kjoretoy#kjoretoy-gruppe").press("add:kjoretoy-gruppe").at("Kjøretøy").sees("Kjøretøy 2", "Tilbake til oppsummeringen")
	rows.press("next").at("Begrunnelse og kart").lacks("Tilbake til oppsummeringen")

	link, _, _ := strings.Cut(summary.press("submit").listed()[0], "#")
	p.get(html.UnescapeString(link)).at("Søker").sees("Tilbake til oppsummeringen", "Fyll ut «Navn»")
	p.get(summary.path + "?back=" + path.Base(summary.path)).lacks("Tilbake til")
	p.get(summary.path + "?back=nowhere").lacks("Tilbake til")
	p.get(summary.path + "?back=soker").sees("Tilbake til «Søker»")
}

// A confirmation that was shown before the form was opened again does nothing but
// tell so.
func TestAConfirmationOfBeforeTheFormWasOpenedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stale := w.visit(0).filled(0).press("submit").status(http.StatusOK).at("Se over og bekreft")
	stale.post(stale.path, stale.standing("reject")).status(http.StatusOK)
	form := stale.post(stale.path, stale.standing("confirm")).status(http.StatusOK).sees("Skjemaet er åpnet igjen", "Ingenting er sendt inn")
	fresh := form.press("go:oppsummering").press("submit").at("Se over og bekreft").lacks("Skjemaet er åpnet igjen")
	// The same task once more, and still not what was looked over.
	stale.post(stale.path, stale.standing("confirm")).at("Se over og bekreft").sees("Skjemaet er åpnet igjen")
	fresh.post(fresh.path, fresh.standing("confirm")).status(http.StatusOK).at("Kvittering")
}

// standing is what a button of the page of a task posts.
func (p page) standing(action string) map[string][]string {
	p.Helper()
	_, after, ok := strings.Cut(p.body, `name="standing" value="`)
	if !ok {
		p.Fatalf("%s does not tell where the process stands", p.path)
	}
	value, _, _ := strings.Cut(after, `"`)
	return map[string][]string{"action": {action}, "standing": {html.UnescapeString(value)}}
}

// A form is one of those of the front page, and leads to its place in the inbox
// and in the timeline.
func TestWhereAFormLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).filled(0)
	instance := strings.TrimPrefix(path.Dir(p.path), "/fill/"+original+"/")
	inbox := `href="/inbox/` + instance + `"`
	p.holds(`<a class="ds-link" href="/" aria-current="page">Skjema</a>`, inbox)
	task := p.press("submit")
	task.holds(inbox)
	receipt := task.post(task.path, task.standing("confirm")).at("Kvittering")
	receipt.holds(inbox, `href="/story?instance=`+instance+`"`, `data-color="success"><p class="ds-paragraph">Skjemaet er sendt inn.`)
}

// What can be told of rows and files is: how many, and whose a button is.
func TestRowsAndFilesAreTold(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, func(dir string) {
		layout := filepath.Join(dir, examples.OriginalForm, "ui", "form", "layouts", "grunnlag.json")
		edit(t, layout, `"description": "kart.description"`, `"description": ""`) // the console's own words instead
	})
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID)
	p = p.press("go:kjoretoy").lacks("Du kan ikke legge til flere her")
	for strings.Contains(p.body, `value="add:kjoretoy-gruppe"`) {
		p = p.press("add:kjoretoy-gruppe").status(http.StatusOK)
	}
	p.sees("Du kan ikke legge til flere her").holds(`aria-label="Fjern: Kjøretøy 1"`)
	p.press("next").at("Begrunnelse og kart").sees("Høyst 3 filer.")
}

// holds demands pieces of the page's HTML.
func (p page) holds(pieces ...string) {
	p.Helper()
	for _, piece := range pieces {
		if !strings.Contains(p.body, piece) {
			p.Errorf("%s lacks %s", p.path, piece)
		}
	}
}
