package inbox_test

import (
	"strconv"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// enter opens the console in a browser as a person.
func (w *world) enter(p *browsertest.Page, i int) {
	w.Helper()
	p.Open(w.console.String())
	p.Click(browsertest.Role("radio", w.seed.Persons[i].Name))
	p.Follow(browsertest.Button("Gå videre"))
}

func (w *world) at(path string) string { return w.console.String() + path[1:] }

// Everybody can use the inbox, and is told of news without being disturbed.
func TestTheInboxInABrowser(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorldOf(t, func(dir string) { onlyOwnerDeletes(t, dir) })
	agency := w.inboxOf(w.seed.Organisations[0].PartyID)
	source := w.begun(maret)
	in := w.handedOver("Barmarkskjøring: Čohkolaš", source.ID, `,"dueBefore":"2020-02-03T11:00:00Z","status":{"substatus":{"label":"status.under-behandling"}}`)
	w.handedOver("Barmarkskjøring: Iešjávri", source.ID, `,"visibleAfter":"2099-01-01T00:00:00Z"`)

	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	w.enter(p, jorn)
	p.Follow(browsertest.Link("Innboks"))
	check := func(name string) {
		t.Helper()
		p.Keep(name)
		p.Audit()
		p.KeyboardWalk()
	}
	check("own")
	p.Follow(browsertest.Path(`//nav[@aria-label="Innbokser"]//a[starts-with(., "Ferdselstilsynet")]`))
	p.See(browsertest.Link("Saksmottak – Barmarkskjøring: Čohkolaš"))
	check("list")
	p.Follow(browsertest.Link("Vis dem"))
	p.See(browsertest.Link("Saksmottak – Barmarkskjøring: Iešjávri"))
	check("waiting")
	p.Follow(browsertest.Link("Saksmottak – Barmarkskjøring: Čohkolaš"))
	check("detail")
	p.Follow(browsertest.Link("Slett"))
	check("delete")
	p.Follow(browsertest.Button("Slett"))
	p.See(browsertest.Heading("Du har ikke tilgang til dette"))
	check("refused")
	p.Open(w.at("/inbox/" + in.ID + "/finish"))
	check("finish")

	p.Open(w.at(agency))
	pause := browsertest.Button("Slutt å se etter nytt")
	p.Reach(pause)
	w.handedOver("Barmarkskjøring: Stuorajávri", source.ID, "")
	p.See(browsertest.Link("Vis det nye"))
	p.Read("Nytt i innboksen: én ny eller endret.")
	if !p.Focused(pause) {
		t.Error("news take the focus")
	}
	check("news")
	p.Follow(browsertest.Link("Vis det nye"))
	p.See(browsertest.Link("Saksmottak – Barmarkskjøring: Stuorajávri"))
	p.Lack(browsertest.Link("Vis det nye"))
	p.Click(pause)
	p.See(browsertest.Button("Se etter nytt igjen"))
}

// The same without script, but for news.
func TestTheInboxWithoutScript(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	in := w.begun(maret)
	p := browsertest.New(t, browsertest.Config{Language: "nb", NoScript: true})
	w.enter(p, maret)
	p.Open(w.at("/inbox/" + strconv.Itoa(w.seed.Persons[maret].PartyID)))
	p.Lack(browsertest.Button("Slutt å se etter nytt"))
	p.Follow(browsertest.Link("Søknad om dispensasjon for barmarkskjøring – Čohkolaš"))
	p.Keep("own-form")
	p.Follow(browsertest.Link("Fullfør"))
	p.Follow(browsertest.Button("Fullfør"))
	p.Read("Fullført. Du finner den i arkivet.")
	p.Keep("finished")
	file := p.Download(browsertest.Link(in.DataOf("skjema")[0].DataType + ".xml"))
	if len(file.Content) == 0 {
		t.Error("the form is empty")
	}
}
