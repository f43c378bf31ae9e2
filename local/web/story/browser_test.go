package story_test

import (
	"net/http"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// Everybody can follow the timeline, pause it, and read why something was refused.
func TestTheTimelineInABrowser(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	token := w.person("3")
	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	p.Open(w.console.String() + "story")
	p.Read("Følger med direkte.")
	p.Audit()

	// What happens appears while somebody has the focus elsewhere.
	pause := browsertest.Button("Pause")
	p.Reach(pause)
	w.begun(token)
	created := browsertest.Link("opprettet en instans av fts/barmarkskjoring")
	p.See(created)
	p.Read("Utfylling")
	if !p.Focused(pause) {
		t.Error("what is new takes the focus")
	}
	p.Click(pause)
	p.Read("Satt på pause.")
	w.ask(http.MethodPost, receiving+"/instances/create", token, w.agency())
	p.Read("Nytt siden da: 1.")
	refused := browsertest.Link("kunne ikke opprette en instans av fts/saksmottak")
	p.Lack(refused)
	p.Click(browsertest.Button("Fortsett"))
	p.See(refused)
	p.Read("Følger med direkte.")
	p.Keep("list")
	p.Audit()
	p.KeyboardWalk()

	p.Follow(refused)
	p.Read("Ingen regel i tilgangsreglene for fts/saksmottak gir Máret Čáhppe Eksempel lov til «instantiate».")
	p.Keep("refused")
	p.Audit()
	p.KeyboardWalk()
}

// The same without script: the filter is a form, and the page is reloaded.
func TestTheTimelineWithoutScript(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	token := w.person("3")
	p := browsertest.New(t, browsertest.Config{Language: "en", NoScript: true})
	p.Open(w.console.String() + "story")
	w.begun(token)
	w.ask(http.MethodPost, receiving+"/instances/create", token, w.agency())
	p.Read("This page does not follow by itself.")
	p.Lack(browsertest.Button("Pause"))
	p.Follow(browsertest.Link("Reload"))
	p.See(browsertest.Link("created an instance of fts/barmarkskjoring"))
	p.Click(browsertest.Role("checkbox", "Only what was refused"))
	p.Follow(browsertest.Button("Show"))
	p.Lack(browsertest.Link("created an instance of fts/barmarkskjoring"))
	p.Follow(browsertest.Link("could not create an instance of fts/saksmottak"))
	p.Read("No rule in the policy of fts/saksmottak lets Máret Čáhppe Eksempel do “instantiate”.")
}
