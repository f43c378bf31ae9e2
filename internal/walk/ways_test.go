package walk_test

import (
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// TestFormByKeyboard fills in the whole form and sends it in without a mouse.
func TestFormByKeyboard(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	s := in(t, "nb")
	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	h := keys{p, t}
	w.begin(p, h, s)
	a := samiAnswers("Geaidnoluokta")
	fillIn(h, p, s, a, everything)
	h.press(s.button("send-inn"))
	h.press(browsertest.Button(s.console["send"]))
	sent(t, p, s)
	p.Read(a.route)
}

// TestFormWithoutScripts fills in the whole form in a browser that runs no scripts.
func TestFormWithoutScripts(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	s := in(t, "nb")
	p := browsertest.New(t, browsertest.Config{Language: "nb", NoScript: true})
	m := mouse{p}
	w.begin(p, m, s)
	a := samiAnswers("Unna Guovžajávrráš")
	fillIn(m, p, s, a, (*browsertest.Page).Audit)
	m.press(s.button("nav.back"))
	p.See(s.page("grunnlag"))
	p.Attach(s.form["kart.title"], mapOfRoute(t))
	m.press(browsertest.Button(s.console["upload"]))
	p.See(browsertest.Link("kart čáhppe.png"))
	m.press(s.button("nav.back"))
	p.See(s.page("kjoretoy"))
	m.press(s.button("kjoretoy-gruppe.add"))
	m.press(s.button("nav.next")) // with a row that is empty
	m.press(s.button("nav.next"))
	p.See(s.page("oppsummering"))
	m.press(s.button("send-inn"))
	p.See(browsertest.Role("alert", ""))
	p.Follow(browsertest.Path(`//*[@role="alert"]//a`))
	p.See(s.page("kjoretoy"))
	p.Audit()
	m.press(browsertest.Path(`(//fieldset//button[contains(., "Fjern")])[2]`))
	m.press(s.button("nav.next"))
	m.press(s.button("nav.next"))
	m.press(s.button("send-inn"))
	m.press(browsertest.Button(s.console["send"]))
	sent(t, p, s)
	for _, answer := range []string{a.name, a.place, a.route, "kart čáhppe.png"} {
		p.Read(answer)
	}
	p.Open(w.at("/inbox"))
	p.Open(w.at("/story"))
	p.Read("sendte inn skjemaet")
}

// TestFormInOtherLanguages fills in the form in Nynorsk and in English.
func TestFormInOtherLanguages(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	for language, area := range map[string]string{"nn": "Dierbbit", "en": "Vuottašjávri"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := in(t, language)
			p := browsertest.New(t, browsertest.Config{Language: language})
			m := mouse{p}
			w.begin(p, m, s)
			fillIn(m, p, s, samiAnswers(area), (*browsertest.Page).Audit)
			m.press(s.button("send-inn"))
			p.Audit()
			m.press(browsertest.Button(s.console["send"]))
			sent(t, p, s)
			p.Audit()
			if got := p.Attribute(browsertest.Path("/html"), "lang"); got != language {
				t.Errorf("the receipt is in %s", got)
			}
		})
	}
}
