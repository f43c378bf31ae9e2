package fill_test

import (
	"os"
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
