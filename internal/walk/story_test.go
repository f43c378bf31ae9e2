package walk_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/stafett/stafett/internal/browsertest"
)

// TestStory is the whole story as people live it, with what goes wrong on the way.
func TestStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := in(t, "nb")
	a := samiAnswers("Čohkolaš")
	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	reference := applies(t, w, p, s, a)
	p.Open(w.at("/inbox"))
	p.Follow(browsertest.Link("Arkiv"))
	p.Follow(browsertest.Path(`//li//a[contains(., "` + a.area + `")]`))
	p.Read(reference)

	caseworker := browsertest.New(t, browsertest.Config{Language: "nb"})
	w.enter(caseworker, caseWorker)
	handles(t, w, caseworker, a)
	watches(t, w, caseworker)
}

// applies fills in the form and sends it in.
func applies(t *testing.T, w *world, p *browsertest.Page, s speech, a answers) (reference string) {
	t.Helper()
	m := mouse{p}
	w.begin(p, m, s)
	p.See(s.page("soker"))
	fillInApplicant(m, s, a)
	m.press(s.button("nav.next"))

	p.See(s.page("kjoring"))
	fillInTrip(m, s, a)
	// What is only asked for sometimes comes and goes as one answers.
	if p.Has(s.field("kjoring-formaal-annet")) {
		t.Error("a hidden field is shown")
	}
	p.Click(s.box("formaal.annet"))
	p.See(s.field("kjoring-formaal-annet"))
	p.Click(s.box("formaal.vedlikehold"))
	p.Lack(s.field("kjoring-formaal-annet"))
	// Letters are no number, which is told at once.
	p.Type(s.field("kjoring-turer"), "fire")
	m.press(s.button("nav.next"))
	p.See(s.page("kjoring"))
	p.See(browsertest.Role("alert", ""))
	if p.Value(s.field("kjoring-turer")) != "fire" {
		t.Error("what was typed is lost")
	}
	p.Audit()
	p.Type(s.field("kjoring-turer"), "4")
	// It is saved as one goes, and not only by the buttons.
	p.Press(kb.Tab)
	p.See(browsertest.Path(`//*[@role="status" and . = "Lagret"]`))
	p.Open(p.Address().String())
	if p.Value(s.field("kjoring-turer")) != "4" {
		t.Error("what was told to be saved is not")
	}
	m.press(s.button("nav.next"))

	p.See(s.page("kjoretoy"))
	fillInVehicle(m, s, browsertest.Element{}, "kjoretoytype.atv", "QQ 1001", "412,5")
	p.Follow(s.button("kjoretoy-gruppe.add"))
	second := browsertest.Path(`(//fieldset[.//button[contains(., "Fjern")]])[2]`)
	fillInVehicle(m, s, second, "kjoretoytype.beltevogn", "", "1850")
	p.Follow(s.button("kjoretoy-gruppe.add"))
	p.Follow(browsertest.Path(`(//fieldset//button[contains(., "Fjern")])[3]`))
	m.press(s.button("nav.next"))

	// An answer is missing, which is told, and mended where it is told.
	p.See(s.page("grunnlag"))
	p.Attach(s.form["kart.title"], mapOfRoute(t))
	if upload := browsertest.Button(s.console["upload"]); p.Has(upload) {
		p.Follow(upload)
	}
	p.See(browsertest.Link("kart čáhppe.png"))
	m.press(s.button("nav.next"))
	p.See(s.page("oppsummering"))
	m.press(s.button("send-inn"))
	fault := browsertest.Role("alert", "")
	p.See(fault)
	if !p.Focused(fault) || p.Status() != http.StatusUnprocessableEntity {
		t.Errorf("the faults are answered with %d, and the focus is elsewhere: %v", p.Status(), !p.Focused(fault))
	}
	p.Audit()
	p.Keep("faults")
	p.Click(browsertest.Path(`//*[@role="alert"]//a[contains(., "` + s.form["grunnlag-begrunnelse.title"] + `")]`))
	p.See(s.page("grunnlag"))
	p.Type(s.field("grunnlag-begrunnelse"), a.reason)
	p.Click(s.box("vilkar.true"))
	m.press(s.button("nav.next"))
	p.See(s.page("oppsummering"))
	for _, answer := range []string{a.name, a.place, a.area, a.route, "412,5", "Beltevogn", "kart čáhppe.png"} {
		if !p.Shows(answer) {
			t.Errorf("the summary lacks %q", answer)
		}
	}
	p.Audit()
	p.Keep("summary")

	// One looks at all of it again, and goes back to change something.
	m.press(s.button("send-inn"))
	p.See(browsertest.Button(s.console["send"]))
	p.Audit()
	p.KeyboardWalk()
	p.Keep("confirmation")
	m.press(browsertest.Button(s.console["return"]))
	p.Open(w.at(strings.TrimSuffix(p.Address().Path, "/"+lastPart(p.Address().Path)) + "/soker"))
	p.See(s.page("soker"))
	if got := p.Value(s.field("soker-navn")); got != a.name {
		t.Errorf("the name is %q after all", got)
	}
	p.Type(s.field("soker-poststed"), "Kárášjohka – Karasjok")
	for !p.Has(s.button("send-inn")) {
		m.press(s.button("nav.next"))
	}
	m.press(s.button("send-inn"))
	m.press(browsertest.Button(s.console["send"]))
	reference = sent(t, p, s)
	p.Audit()
	p.KeyboardWalk()
	p.Keep("receipt")
	for _, answer := range []string{a.name, "Kárášjohka – Karasjok", a.route, "kart čáhppe.png"} {
		if !p.Shows(answer) {
			t.Errorf("the receipt lacks %q", answer)
		}
	}
	file := p.Download(browsertest.Link(".pdf"))
	if !bytes.HasPrefix(file.Content, []byte("%PDF-")) {
		t.Errorf("%s is no PDF: %.20q", file.Name, file.Content)
	}
	return reference
}

func lastPart(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// handles finds the new case in the organisation's inbox, looks at it and finishes it.
func handles(t *testing.T, w *world, p *browsertest.Page, a answers) {
	t.Helper()
	entry := browsertest.Path(`//li[contains(., "` + a.area + `")]`)
	w.inboxOf(p, "Ferdselstilsynet")
	until(t, p, entry)
	if text := p.Text(entry); !strings.Contains(text, "Ulest") || !strings.Contains(text, "Barmarkskjøring: "+a.area) {
		t.Errorf("the inbox tells of the case: %s", text)
	}
	p.Keep("inbox")
	p.Follow(browsertest.Path(`//li[contains(., "` + a.area + `")]//a`))
	for _, answer := range []string{a.name, a.area, a.reason, "maret.eksempel@example.com"} {
		if !p.Shows(answer) {
			t.Errorf("the case lacks %q", answer)
		}
	}
	p.Audit()
	p.KeyboardWalk()
	p.Keep("case")
	if f := p.Download(browsertest.Path(`//section[@aria-labelledby="answers"]//a[contains(., ".pdf")]`)); !bytes.HasPrefix(f.Content, []byte("%PDF-")) {
		t.Errorf("%s is no PDF: %.20q", f.Name, f.Content)
	}
	if f := p.Download(browsertest.Path(`//section[@aria-labelledby="files"]//a[contains(., ".png")]`)); !bytes.HasPrefix(f.Content, []byte("\x89PNG")) {
		t.Errorf("%s is no PNG: %.20q", f.Name, f.Content)
	}
	inInbox := p.Address().Path
	p.Follow(browsertest.Link("Åpne i applikasjonen"))
	p.See(browsertest.Path(`//h1[. = "Saken"]`))
	p.Follow(browsertest.Button("Neste"))
	p.Click(browsertest.Box("Avgjort"))
	p.Type(browsertest.Field("Saksbehandler"), "Jørn Čáppa")
	p.Follow(browsertest.Button("Fullfør saken"))
	p.See(browsertest.Heading("Kvittering"))

	p.Open(w.at(inInbox))
	p.Read("Arkivert")
	if !p.Shows("Jørn Čáppa") {
		t.Error("the finished case lacks who has handled it")
	}
	p.Open(w.at("/inbox/" + strings.Split(inInbox, "/")[2] + "?folder=archived"))
	p.See(entry)
	p.Follow(browsertest.Path(`//li[contains(., "` + a.area + `")]//a`))
}

// until reloads a page until it has an element: the service takes a moment.
func until(t *testing.T, p *browsertest.Page, e browsertest.Element) {
	t.Helper()
	for range 100 {
		if p.Has(e) {
			return
		}
		p.Reload()
	}
	t.Fatalf("%s never has %s; it shows\n%s", p.Address(), e, p.Text(browsertest.Element{}))
}

// watches finds in the timeline how the form was carried, by which rule that was
// permitted, and where the key came from.
func watches(t *testing.T, w *world, p *browsertest.Page) {
	t.Helper()
	p.Follow(browsertest.Link("Se instansen i tidslinjen"))
	for _, told := range []string{"Ferdselstilsynet opprettet en instans av fts/saksmottak", "Jørn Čáppa Lillevik", "i fts/saksmottak", "Tillatt av regel"} {
		if !p.Shows(told) {
			t.Errorf("the timeline of the case does not tell of %q", told)
		}
	}
	p.See(browsertest.Path(`//section[contains(., "Saksbehandling")]//li[contains(., "fullførte prosessen")]`))
	p.Keep("timeline of the case")
	p.Follow(browsertest.Path(`//a[contains(., "opprettet en instans av fts/saksmottak")]`))
	for _, told := range []string{
		"Tillatt av regel 2", "urn:altinn:resource:app_fts_saksmottak:policyid:1:ruleid:2",
		"MaskinportenSettings--EncodedJwk", "ga Maskinporten et token til integrasjonen", "altinn:serviceowner/instances.write",
		"POST https://fts.apps.tt02.altinn.no/fts/saksmottak/instances", "201 Created",
	} {
		if !p.Shows(told) {
			t.Errorf("the timeline does not tell of %q when the case is created", told)
		}
	}
	p.Keep("creation of the case")
	p.Open(w.at("/records/handovers"))
	p.Read("ferdig")
}

// TestRefusalExplainsItself has a person try to create what only the organisation's
// own integration may, and read why not.
func TestRefusalExplainsItself(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	w.enter(p, caseWorker)
	p.Choose(browsertest.List("På vegne av").In(browsertest.Path(`//section[contains(., "Saksmottak")]`)), "Ferdselstilsynet")
	p.Follow(browsertest.Button("Start «Saksmottak»"))
	if p.Status() != http.StatusForbidden {
		t.Errorf("a person who creates the organisation's instance is answered with %d", p.Status())
	}
	p.Audit()
	p.KeyboardWalk()
	p.Keep("refused")
	p.Read("instantiate")
	p.Follow(browsertest.Link("Se i tidslinjen hvorfor"))
	p.Follow(browsertest.Path(`//main//li//a[contains(., "saksmottak")]`))
	p.Keep("why")
	p.Read("Jørn Čáppa Lillevik")
	for _, told := range []string{"Nærmest", "instantiate", "fts/saksmottak"} {
		if !p.Shows(told) {
			t.Errorf("the refusal does not tell of %q:\n%s", told, p.Text(browsertest.Element{}))
		}
	}
	p.Audit()
	p.KeyboardWalk()
}

// TestCaseWorkerDeletes deletes a case, which then is among those that are deleted.
func TestCaseWorkerDeletes(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	const area = "Láhpoluoppal"
	w.sendIn(t, area)
	p := browsertest.New(t, browsertest.Config{Language: "nb"})
	w.enter(p, caseWorker)
	entry := browsertest.Path(`//li//a[contains(., "` + area + `")]`)
	w.inboxOf(p, "Ferdselstilsynet")
	until(t, p, entry)
	p.Follow(entry)
	p.Follow(browsertest.Link("Slett"))
	p.Follow(browsertest.Link("Avbryt")) // after all
	p.Follow(browsertest.Link("Slett"))
	p.Follow(browsertest.Button("Slett"))
	p.See(browsertest.Path(`//*[@role="status" and contains(., "Slettet")]`))
	w.inboxOf(p, "Ferdselstilsynet")
	p.Lack(entry)
	p.Follow(browsertest.Link("Slettet"))
	p.See(entry)
}

// inboxOf opens the inbox of a party.
func (w *world) inboxOf(p *browsertest.Page, party string) {
	p.Open(w.at("/inbox"))
	p.Follow(browsertest.Path(`//nav[@aria-label="Innbokser"]//a[starts-with(., "` + party + `")]`))
}
