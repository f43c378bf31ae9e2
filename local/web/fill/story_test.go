package fill_test

import (
	"html"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/web/api"
)

// A citizen fills in the whole form without script, mends what is wrong, goes
// back from the confirmation, and gets a receipt.
func TestTheWholeWayOfAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID).status(http.StatusOK).at("Søker").sees("Side 1 av 5", "Hvem søker?")

	p = p.press("next", "soker-navn", "Máret Čáhppe Eksempel", "soker-adresse", "Ánneguohppi 12", "soker-postnummer", "97", "soker-poststed", "Kárášjohka",
		"soker-telefon", "+47 00 00 00 00", "soker-epost", "maret.eksempel@example.com")
	p.status(http.StatusOK).at("Kjøringen")

	// The field for another purpose is there once it is chosen, and what was
	// typed on the page before is saved.
	p.lacks("Beskriv formålet")
	p = p.press("save", "kjoring-formaal", "annet", "kjoring-omrade", "Čohkolaš ŋ đ ŧ ž").status(http.StatusOK).at("Kjøringen").sees("Lagret")
	if p.values()["field.kjoring-formaal-annet"] == nil {
		t.Errorf("the other purpose cannot be told: %s", p.text())
	}
	p.press("back").at("Søker")
	if got := p.press("back").values().Get("field.soker-navn"); got != "Máret Čáhppe Eksempel" {
		t.Errorf("the name is %q", got)
	}

	// What cannot be a value keeps the person on the page, with what was typed.
	p = p.press("next", "kjoring-fra", "i morgen", "kjoring-til", "16.07.2027").status(http.StatusUnprocessableEntity).at("Kjøringen").sees("Dette må du rette opp")
	if got := p.values(); got.Get("field.kjoring-fra") != "i morgen" || got.Get("field.kjoring-til") != "16.07.2027" || got.Get("field.kjoring-omrade") != "Čohkolaš ŋ đ ŧ ž" {
		t.Errorf("the page holds %v", got)
	}
	p = p.press("next", "kjoring-formaal", "vedlikehold", "kjoring-kommune", "5610", "kjoring-rute", "Langs det gamle traktorsporet.\r\nSamme vei tilbake.",
		"kjoring-fra", "05.07.2027", "kjoring-turer", "4").status(http.StatusOK).at("Kjøretøy")

	// Rows.
	p = p.press("add:kjoretoy-gruppe", "kjoretoy-type-0", "atv", "kjoretoy-vekt-0", "412,5").status(http.StatusOK)
	p = p.press("add:kjoretoy-gruppe", "kjoretoy-type-1", "beltevogn", "kjoretoy-vekt-1", "1 850").status(http.StatusOK).sees("Kjøretøy 3")
	p = p.press("remove:kjoretoy-gruppe:2", "kjoretoy-vekt-2", "tung").status(http.StatusOK).sees("Kjøretøy 2").lacks("Kjøretøy 3")
	p = p.press("next").at("Begrunnelse og kart")

	// A file of a kind that is not taken, and one that is.
	kart, err := examples.Files().Open("data/kart.png")
	w.must(err)
	defer kart.Close()
	image := read(t, kart)
	typed := p.typed("upload:kart", "grunnlag-begrunnelse", "Taket på gjeterhytta må skiftes.")
	p = p.postFiles(p.path, typed, file{"file:kart", "kart.exe", "", "MZ"}).status(http.StatusUnprocessableEntity).sees("kart.exe", ".pdf, .png, .jpg, .jpeg")
	p = p.postFiles(p.path, p.typed("upload:kart"), file{"file:kart", "Čohkolaš.png", "image/png", image}).status(http.StatusOK).sees("Čohkolaš.png", "Filer som er lastet opp: 1")
	p = p.press("next").at("Se over").sees("Máret Čáhppe Eksempel", "Čohkolaš ŋ đ ŧ ž", "Čohkolaš.png")

	// Sending in finds what is wrong, on any page, with links to it.
	p = p.press("submit").status(http.StatusUnprocessableEntity).at("Se over").sees("Dette må du rette opp")
	link := regexp.MustCompile(`href="([^"]*/soker\?back=oppsummering&amp;show=all)#field-soker-postnummer"`).FindStringSubmatch(p.body)
	if link == nil {
		t.Fatalf("no link leads to the postal code: %s", p.body)
	}
	p = p.get(html.UnescapeString(link[1])).at("Søker")
	if !strings.Contains(p.body, `aria-invalid="true"`) {
		t.Error("the page does not show what is wrong")
	}
	p = p.press("go:oppsummering", "soker-postnummer", "9730").at("Se over")
	p = p.press("go:grunnlag#vilkar-bekreftet").at("Begrunnelse og kart")
	p = p.press("next", "vilkar-bekreftet", "true").at("Se over")

	p = p.press("submit").status(http.StatusOK).at("Se over og bekreft").sees("412,5", "Kárášjohka", "Čohkolaš.png", "Bekreft og send inn", "Gå tilbake og endre")
	p = p.post(p.path, map[string][]string{"action": {"reject"}}).status(http.StatusOK)
	p = p.get(path.Dir(p.path) + "/kjoring").at("Kjøringen")
	p = p.press("go:oppsummering", "kjoring-turer", "6").press("submit").at("Se over og bekreft")
	p = p.post(p.path, map[string][]string{"action": {"confirm"}}).status(http.StatusOK).at("Kvittering")
	guid := p.path[len(p.path)-12:]
	p.sees(guid, "Ferdselstilsynet", "Máret Čáhppe Eksempel", "Čohkolaš.png", ".pdf")

	// The files are downloads, never pages.
	links := regexp.MustCompile(`href="([^"]*/files/[^"]*)" download>([^<]*)<`).FindAllStringSubmatch(p.body, -1)
	if len(links) < 2 {
		t.Fatalf("the receipt has the files %v", links)
	}
	for _, found := range links {
		got := p.get(found[1]).status(http.StatusOK)
		if h := got.header; !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s comes with %v", found[2], h)
		}
		switch {
		case strings.HasSuffix(found[2], ".pdf") && strings.HasPrefix(got.body, "%PDF-"), found[2] == "Čohkolaš.png" && got.body == image:
		default:
			t.Errorf("%s does not hold what it should (%d bytes)", found[2], len(got.body))
		}
	}
}

// The case worker reads what has been handed over in the receiving application,
// decides, and completes the case.
func TestACaseWorkerCompletesACase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	party := w.seed.Organisations[0].PartyID
	owner := w.asOwner()
	made, err := owner.Create(t.Context(), receiving, party)
	w.must(err)
	_, err = owner.Patch(t.Context(), receiving, made.ID, made.DataOf("sak")[0].ID, []api.Operation{
		{Op: "add", Path: "/Sak", Value: map[string]any{"Soker": "Máret Čáhppe Eksempel", "Kommune": "5610", "Tittel": "Čohkolaš"}},
	})
	w.must(err)
	jorn := w.visit(1)
	p := jorn.get("/fill/" + receiving + "/" + made.ID).status(http.StatusOK).at("Saken")
	for _, value := range []string{"Máret Čáhppe Eksempel", "Kárášjohka – Karasjok"} {
		if !strings.Contains(p.body, `value="`+value+`" readonly`) {
			t.Errorf("%s is not shown to be read only: %s", value, p.body)
		}
	}
	jorn.get("/fill/" + original + "/" + made.ID).status(http.StatusNotFound) // another application's
	p = p.press("next", "sak-soker", "En annen").status(http.StatusOK).at("Behandling")
	p = p.press("submit").status(http.StatusUnprocessableEntity).sees("Velg et svar")
	// What the application finds in a field that no page shows is told by its path.
	p = p.press("submit", "behandling-status", "ny").status(http.StatusUnprocessableEntity).sees("Sak.Kilde: ")
	_, err = owner.Patch(t.Context(), receiving, made.ID, made.DataOf("sak")[0].ID, []api.Operation{{Op: "add", Path: "/Sak/Kilde", Value: original}})
	w.must(err)
	p = p.press("submit").status(http.StatusOK).at("Kvittering").sees("Ferdselstilsynet", "Máret Čáhppe Eksempel").lacks("En annen")

	// Each language has its own words, and the form its own texts.
	p.get(p.path+"?language=nn").at("Kvittering").sees("Avsendar", "Mottakar")
	p.get(p.path+"?language=en").at("Receipt").sees("Sent in", "Sender")
}
