package walk_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/browsertest"
)

// speech is a language, with what the original form and the console say in it.
type speech struct {
	language string
	form     map[string]string // by the ids of the application's texts
	console  map[string]string
}

// in returns what is said in a language.
func in(t *testing.T, language string) speech {
	t.Helper()
	text, err := fs.ReadFile(examples.Files(), examples.OriginalForm+"/config/texts/resource."+language+".json")
	if err != nil {
		t.Fatal(err)
	}
	var texts struct {
		Resources []struct{ ID, Value string }
	}
	if err := json.Unmarshal(text, &texts); err != nil {
		t.Fatal(err)
	}
	s := speech{language: language, form: map[string]string{}, console: map[string]map[string]string{
		"nb": {"choose": "Gå videre", "upload": "Last opp", "send": "Bekreft", "return": "Gå tilbake", "receipt": "Kvittering", "reference": "Referanse"},
		"nn": {"choose": "Gå vidare", "upload": "Last opp", "send": "Stadfest", "return": "Gå tilbake", "receipt": "Kvittering", "reference": "Referanse"},
		"en": {"choose": "Go on", "upload": "Upload", "send": "Confirm", "return": "Go back", "receipt": "Receipt", "reference": "Reference"},
	}[language]}
	for _, resource := range texts.Resources {
		s.form[resource.ID] = resource.Value
	}
	return s
}

func (s speech) field(id string) browsertest.Element  { return browsertest.Field(s.form[id+".title"]) }
func (s speech) list(id string) browsertest.Element   { return browsertest.List(s.form[id+".title"]) }
func (s speech) box(id string) browsertest.Element    { return browsertest.Box(s.form[id]) }
func (s speech) button(id string) browsertest.Element { return browsertest.Button(s.form[id]) }
func (s speech) page(id string) browsertest.Element {
	return browsertest.Path(`//h1[normalize-space(.) = "` + s.form[id] + `"]`)
}

// answers are what somebody writes into the form.
type answers struct {
	name, place, area, route, reason string
}

// samiAnswers have letters in them that only Sami languages use.
func samiAnswers(area string) answers {
	return answers{
		name: "Máret Čáhppe Eksempel", place: "Kárášjohka", area: area,
		route:  "Fra Đávvisuolu, forbi Guovžajávri – čšžđŋŧ ČŠŽĐŊŦ – til gjeterhytta.",
		reason: "Taket på gjeterhytta må skiftes før høsten.",
	}
}

// fillIn fills in the form from its first page to its last, which it leaves open, and
// looks at each page when it is filled in.
func fillIn(h hands, p *browsertest.Page, s speech, a answers, look func(*browsertest.Page)) {
	p.See(s.page("soker"))
	fillInApplicant(h, s, a)
	look(p)
	h.press(s.button("nav.next"))

	p.See(s.page("kjoring"))
	fillInTrip(h, s, a)
	look(p)
	h.press(s.button("nav.next"))

	p.See(s.page("kjoretoy"))
	fillInVehicle(h, s, browsertest.Element{}, "kjoretoytype.atv", "QQ 1001", "412,5")
	look(p)
	h.press(s.button("nav.next"))

	p.See(s.page("grunnlag"))
	h.write(s.field("grunnlag-begrunnelse"), a.reason)
	h.check(s.box("vilkar.true"))
	look(p)
	h.press(s.button("nav.next"))
	p.See(s.page("oppsummering"))
	look(p)
}

func fillInApplicant(h hands, s speech, a answers) {
	h.write(s.field("soker-navn"), a.name)
	h.write(s.field("soker-adresse"), "Ánneguohppi 12")
	h.write(s.field("soker-postnummer"), "9730")
	h.write(s.field("soker-poststed"), a.place)
	h.write(s.field("soker-telefon"), "+47 00 00 00 00")
	h.write(s.field("soker-epost"), "maret.eksempel@example.com")
}

func fillInTrip(h hands, s speech, a answers) {
	h.check(s.box("formaal.vedlikehold"))
	h.pick(s.list("kjoring-kommune"), s.form["kommune.5610"])
	h.write(s.field("kjoring-omrade"), a.area)
	h.write(s.field("kjoring-rute"), a.route)
	first := time.Now().AddDate(0, 1, 0)
	h.write(s.field("kjoring-fra"), first.Format("02.01.2006"))
	h.write(s.field("kjoring-til"), first.AddDate(0, 0, 11).Format("02.01.2006"))
	h.write(s.field("kjoring-turer"), "4")
}

// fillInVehicle fills in one row, which is the whole page if there is no other.
func fillInVehicle(h hands, s speech, row browsertest.Element, kind, plates, weight string) {
	h.pick(s.list("kjoretoy-type").In(row), s.form[kind])
	if plates != "" {
		h.write(s.field("kjoretoy-regnr").In(row), plates)
	}
	h.write(s.field("kjoretoy-vekt").In(row), weight)
}

// mapOfRoute is a file to attach.
func mapOfRoute(t *testing.T) string {
	t.Helper()
	image, err := fs.ReadFile(examples.Files(), examples.Map)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kart čáhppe.png")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// begin begins the original form as the applicant, in a language.
func (w *world) begin(p *browsertest.Page, h hands, s speech) {
	p.Open(w.at("/?language=" + s.language))
	h.check(browsertest.Box(applicant))
	h.press(browsertest.Button(s.console["choose"]))
	h.press(browsertest.Button(s.form["appName"]))
}

// sent reads the receipt and returns the reference.
func sent(t *testing.T, p *browsertest.Page, s speech) (reference string) {
	t.Helper()
	p.See(browsertest.Heading(s.console["receipt"]))
	reference = p.Text(browsertest.Path(`//dt[. = "` + s.console["reference"] + `"]/following-sibling::dd[1]`))
	if len(reference) != 12 || !strings.HasSuffix(p.Address().Path, reference) {
		t.Errorf("the reference on %s is %q", p.Address(), reference)
	}
	return reference
}
