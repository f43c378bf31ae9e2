package fill_test

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// open opens a browser in which the person with a number in the seed has begun the
// original form.
func (w *world) open() *browsertest.Page {
	w.Helper()
	b := browsertest.New(w, browsertest.Config{Language: "nb"})
	b.Open(w.console + "/")
	b.Follow(browsertest.Button("Gå videre"))
	b.Follow(browsertest.Button("Start «Søknad om dispensasjon for barmarkskjøring»"))
	b.See(browsertest.Heading("Søker"))
	return b
}

// With the script, the page is saved as the person goes, and what depends on an
// answer comes and goes with it. Nothing takes the focus away.
func TestTheScriptSavesAsPeopleGo(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	saved := browsertest.Path(`//p[@id="save-status"][.="Lagret"]`)
	b.Type(browsertest.Field("Navn"), "Máret Čáhppe Eksempel")
	b.Type(browsertest.Field("Gateadresse eller postboks"), "Ánneguohppi 12")
	b.See(saved)
	b.Keep("soker")
	b.Follow(browsertest.Button("Neste"))
	b.Lack(browsertest.Field("Beskriv formålet"))
	b.Click(browsertest.Box("Annet"))
	b.Type(browsertest.Field("Beskriv formålet"), "ŋ đ ŧ")
	b.Type(browsertest.Field("Første dag"), "i morgen")
	b.Press("\t")
	b.See(browsertest.Path(`//p[contains(., "Skriv «Første dag» som en dato")]`))
	b.See(browsertest.Path(`//p[@id="save-status"][starts-with(., "Lagret, bortsett fra")]`))
	if !b.Focused(browsertest.Field("Siste dag")) {
		t.Error("the focus is not where it was")
	}
	b.Keep("kjoring")
	b.Type(browsertest.Field("Første dag"), "05.07.2027")
	b.Press("\t")
	b.See(saved)
	b.Reload()
	for field, want := range map[string]string{"Beskriv formålet": "ŋ đ ŧ", "Første dag": "05.07.2027"} {
		if got := b.Value(browsertest.Field(field)); got != want {
			t.Errorf("%s holds %q", field, got)
		}
	}
	b.Click(browsertest.Box("Frakte ved"))
	b.See(saved)
	b.Lack(browsertest.Field("Beskriv formålet"))
	b.Follow(browsertest.Button("Neste"))
	b.Follow(browsertest.Button("Legg til kjøretøy"))
	b.Keep("kjoretoy")
	b.Follow(browsertest.Button("Neste"))
	name := filepath.Join(t.TempDir(), "kart.png")
	w.must(os.WriteFile(name, []byte("image"), 0o600))
	b.Attach("Kart med ruta tegnet inn (valgfritt)", name)
	b.See(browsertest.Link("kart.png"))
	b.Keep("grunnlag")
	b.Follow(browsertest.Button("Neste"))
	b.Follow(browsertest.Button("Gå til bekreftelse"))
	b.See(browsertest.Heading("Dette må du rette opp"))
	b.Keep("faults")
	b.Audit()
	b.Follow(browsertest.Link("Kjøretøy 2: Fyll ut «Egenvekt i kilo»."))
	b.See(browsertest.Heading("Kjøretøy"))
}

// What is typed while the console does not answer stays, and the person is told.
func TestTheScriptLosesNothing(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	b.Type(browsertest.Field("Navn"), "Máret")
	b.Press("\r") // saves, and does not add or remove anything
	b.See(browsertest.Path(`//p[@id="save-status"][.="Lagret"]`))

	// Back in the form, what has been stored elsewhere meanwhile is shown, and not
	// what the browser remembers of this tab.
	b.Follow(browsertest.Button("Neste"))
	elsewhere := w.visit(0)
	here := *b.Address()
	elsewhere.get(path.Dir(here.Path)+"/soker").press("save", "soker-navn", "Máret Čáhppe").status(http.StatusOK)
	b.Back()
	if got := b.Value(browsertest.Field("Navn")); got != "Máret Čáhppe" {
		t.Errorf("the name is %q", got)
	}

	refuse := func(r *http.Request) *http.Response {
		if r.Method != http.MethodPatch {
			return nil
		}
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody, Request: r}
	}
	w.intercept.Store(&refuse)
	b.Type(browsertest.Field("Poststed"), "Kárášjohka")
	b.Press("\t")
	b.See(browsertest.Path(`//p[@id="save-status"][contains(., "Ikke lagret")][contains(., "tilgangsregler")]`))
	b.Forgive("403")

	w.must(w.server.Listener.Close())
	w.server.CloseClientConnections()
	b.Type(browsertest.Field("Telefon"), "123")
	b.Press("\t")
	b.See(browsertest.Path(`//p[@id="save-status"][contains(., "svarer ikke")]`))
	b.Forgive("ERR_")
	for field, want := range map[string]string{"Poststed": "Kárášjohka", "Telefon": "123"} {
		if got := b.Value(browsertest.Field(field)); got != want {
			t.Errorf("%s holds %q", field, got)
		}
	}
}
