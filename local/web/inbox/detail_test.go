package inbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/storage"
)

func TestACaseIsReadAndFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.begun(maret)
	in := w.handedOver("Barmarkskjøring: Čohkolaš", source.ID, "")
	agency, path := w.inboxOf(w.seed.Organisations[0].PartyID), "/inbox/"+in.ID

	b := w.as(jorn)
	shown := b.open(path).shows(
		"<title>Barmarkskjøring: Čohkolaš – Saksmottak – ", in.Reference(), in.ID, `href="/fill/`+receiving+"/"+in.ID+`"`,
		"Mottak <code>Task_1</code>", "av Ferdselstilsynet", "Oppgaven begynte", "tjenesteeieren fts",
		"søknad.pdf", "Søknaden slik den ble sendt inn", "Skjemaet slik det er lagret (XML)",
		"0123abcd", source.ID, "tilhører en part du ikke kan handle på vegne av",
		"Søker", "Máret Čáhppe Eksempel")
	if strings.Contains(shown.body, `href="/inbox/`+source.ID) {
		t.Error("the page leads to what the case worker may not read")
	}
	if n := strings.Count(shown.body, "download>søknad.pdf</a>"); n != 2 {
		t.Errorf("%d links lead to the file, want one among the answers and one among the files", n)
	}
	b.open(agency).lacks(">Ulest<")
	b.post(path + "/unread").leads(agency)
	b.open(agency).shows("Merket som ulest", ">Ulest<")

	b.open(path+"/finish").shows("Vil du fullføre?", "Barmarkskjøring: Čohkolaš")
	b.post(path + "/finish").leads(path)
	b.open(path).shows("Fullført. Du finner den i arkivet.", "Arkivert", "Prosessen ble avsluttet", "av deg").lacks(path + "/finish")
	b.open(agency).lacks("Čohkolaš")
	b.open(agency+"?folder=archived").shows("Saksmottak – Barmarkskjøring: Čohkolaš", "Arkivert")

	stored, err := w.owner.Stored(t.Context(), in.ID)
	must(t, err)
	if !stored.Ended() || stored.Status.ReadStatus != storage.ReadStatusRead {
		t.Errorf("ended %v, %s", stored.Ended(), stored.Status.ReadStatus)
	}
}

func TestThePersonsOwnFormFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.begun(maret)
	own, path := w.inboxOf(w.seed.Persons[maret].PartyID), "/inbox/"+in.ID
	b := w.as(maret)
	b.open(own).shows("Søknad om dispensasjon for barmarkskjøring – Čohkolaš", "Under utfylling", "av deg")
	b.open(path).shows("Kárášjohka", "Beltevogn", "Plater og bjelker").lacks("Hvor den kommer fra")
	b.post(path + "/finish").leads(path)
	// Each step has its own time and says who took it.
	b.open(path).shows("Arkivert", ".pdf", "Kárášjohka",
		"<td>Oppgaven ble avsluttet</td><td>Utfylling <code>Task_1</code></td><td>deg</td>",
		"<td>Oppgaven begynte</td><td>Bekreftelse <code>Task_2</code></td><td>deg</td>", "<td>Prosessen ble avsluttet</td><td>–</td><td>deg</td>")
	if _, err := w.owner.Stored(t.Context(), in.ID); err != nil {
		t.Error(err)
	}
}

// Where the process cannot go on, the page says what is wrong and leads to where
// it is mended; nothing has moved.
func TestAFormWithFaultsIsNotFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, err := w.person(maret).Create(t.Context(), original, w.seed.Persons[maret].PartyID)
	must(t, err)
	b := w.as(maret)
	got := b.post("/inbox/"+in.ID+"/finish").shows(`role="alert"`, "Dette må du rette opp", `href="/fill/`+original+"/"+in.ID, "#field-")
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d, want 422", got.status)
	}
	stored, err := w.person(maret).Stored(t.Context(), in.ID)
	must(t, err)
	if stored.Task() != "Task_1" {
		t.Errorf("the instance is in %q", stored.Task())
	}
}

// A case worker deletes a case that the organisation need not keep.
func TestACaseWorkerDeletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.handedOver("Barmarkskjøring: Čohkolaš", "", "")
	b := w.as(jorn)
	agency := w.inboxOf(w.seed.Organisations[0].PartyID)
	b.post("/inbox/" + in.ID + "/delete").leads(agency)
	b.open(agency+"?folder=deleted").shows("Saksmottak – Barmarkskjøring: Čohkolaš", ">Slettet<")
	stored, err := w.owner.Stored(t.Context(), in.ID)
	must(t, err)
	if !stored.Status.IsSoftDeleted {
		t.Error("the case is not deleted")
	}
}

func TestAPersonDeletesTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.begun(maret)
	own, path := w.inboxOf(w.seed.Persons[maret].PartyID), "/inbox/"+in.ID
	b := w.as(maret)
	b.open(path+"/delete").shows("Vil du slette?", "Čohkolaš")
	b.post(path + "/delete").leads(own)
	b.open(own).shows("Slettet. Du finner den blant de slettede.").lacks("Čohkolaš")
	b.open(own+"?folder=deleted").shows("Čohkolaš", ">Slettet<")
	b.open(path).shows("Kárášjohka", `href="`+own+`?folder=deleted"`).lacks(path+"/delete", path+"/finish", "Åpne i applikasjonen")
}

// Who lacks a right is told which, who has it, and where to see more.
func TestARefusalSaysWhichRightAndRule(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, func(dir string) { onlyOwnerDeletes(t, dir) })
	in := w.handedOver("Barmarkskjøring: Čohkolaš", "", "")
	b := w.as(jorn)
	got := b.post("/inbox/"+in.ID+"/delete").shows(
		"Du har ikke tilgang til dette", "Jørn Čáppa Lillevik mangler rettigheten å slette («delete») i fts/saksmottak for Ferdselstilsynet.",
		"Tilgangsregler som gir rettigheten", "sletter den hvis noe gikk galt underveis", "tjenesteeieren fts", "ruleid:2",
		`href="/story?instance=`).lacks("ruleid:1")
	if got.status != http.StatusForbidden {
		t.Errorf("%d, want 403", got.status)
	}
	stored, err := w.owner.Stored(t.Context(), in.ID)
	must(t, err)
	if stored.Status.IsSoftDeleted {
		t.Error("the case is deleted")
	}
}

func TestFilesAreForSaving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.handedOver("Barmarkskjøring", "", "")
	b := w.as(jorn)
	got := b.open("/inbox/" + in.ID + "/files/" + in.DataOf("kildePdf")[0].ID)
	if got.body != "%PDF-1.7 synthetic" {
		t.Errorf("the file holds %q", got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename*=utf-8''s%C3%B8knad.pdf",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Content-Length": "18",
	} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	form := b.open("/inbox/" + in.ID + "/files/" + in.DataOf("sak")[0].ID)
	if form.header.Get("Content-Disposition") != "attachment; filename=sak.xml" || !strings.Contains(form.body, "<Tittel>") {
		t.Errorf("the form: %v %s", form.header, form.body)
	}
	if got := b.get("/inbox/" + in.ID + "/files/00000000-0000-0000-0000-000000000000"); got.status != http.StatusNotFound {
		t.Errorf("no such file: %d", got.status)
	}
}
