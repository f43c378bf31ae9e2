package inbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (w *world) inboxOf(party int) string { return "/inbox/" + strconv.Itoa(party) }

func TestTheInboxOfAnOrganisationHasWhatWasHandedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agency := w.inboxOf(w.seed.Organisations[0].PartyID)
	handedOver := w.handedOver("Barmarkskjøring: Čohkolaš", "", `,"dueBefore":"2020-02-03T11:00:00Z","status":{"substatus":{"label":"status.under-behandling"}}`)

	b := w.as(jorn)
	b.get("/inbox").leads(w.inboxOf(w.seed.Persons[jorn].PartyID))
	b.open(w.inboxOf(w.seed.Persons[jorn].PartyID)).lacks("Čohkolaš").shows(
		"<title>Innboks for "+w.seed.Persons[jorn].Name+" – ", "Det er ingenting her",
		`<a class="ds-link" href="`+agency+`">Ferdselstilsynet <span class="ds-tag" data-color="accent" data-size="sm">1 ulest</span></a>`)
	b.open(agency).shows(
		"<title>Innboks for Ferdselstilsynet – ", `href="`+agency+`" aria-current="true">Ferdselstilsynet`, "Referanse <code>"+handedOver.Reference()+"</code>", "Saksmottak – Barmarkskjøring: Čohkolaš", "Ulest", "Under utfylling",
		"Under behandling", // the substatus names a text of the application
		"av Ferdselstilsynet", "Frist 3. februar 2020 kl. 12:00", "Fristen er ute")
	b.get("/inbox").leads(agency) // which was looked at last
	b.open(agency+"?folder=archived").lacks("Čohkolaš").shows("<title>Arkiv – Innboks for Ferdselstilsynet – ", "Det som er sendt inn, kommer hit")
	b.open(agency+"?language=nn").shows("Ulesen", "Under utfylling", "Fristen er ute")
	b.open(agency+"?language=en").shows("Case inbox – Barmarkskjøring: Čohkolaš", "Unread", "by Ferdselstilsynet", "Overdue")
}

func TestNobodyHasTheInboxOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.handedOver("Barmarkskjøring: Čohkolaš", "", "")
	b := w.as(maret)
	got := b.get(w.inboxOf(w.seed.Organisations[0].PartyID)).shows("Máret Čáhppe Eksempel kan ikke handle på vegne av Ferdselstilsynet", "daglig leder").lacks("Čohkolaš")
	if got.status != http.StatusForbidden {
		t.Errorf("the inbox of another: %d", got.status)
	}
	in := w.handedOver("Skilt", "", "")
	b.get("/inbox/"+in.ID).shows("å lese («read») for Ferdselstilsynet", "Se i tidslinjen hvorfor").lacks("Skilt")
	b.get("/inbox").leads(w.inboxOf(w.seed.Persons[maret].PartyID))
	for _, path := range []string{"/inbox/x", "/inbox/" + strconv.Itoa(w.seed.Persons[maret].PartyID) + "/not-a-guid"} {
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, got.status)
		}
	}
}

func TestWhatIsNotVisibleYetIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agency := w.inboxOf(w.seed.Organisations[0].PartyID)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	w.handedOver("Senere", "", `,"visibleAfter":"`+tomorrow+`"`)
	w.handedOver("Nå", "", "")

	b := w.as(jorn)
	b.open(agency).shows("Saksmottak – Nå", "Ikke synlige ennå på denne siden: 1.", "Vis dem").lacks("Senere")
	b.open(agency+"?waiting=show").shows("Saksmottak – Nå", "Saksmottak – Senere", "Synlig fra", "Skjul dem")
}

var (
	entryTitle = regexp.MustCompile(`>Saksmottak – ([^<]+)</a>`)
	nextLink   = regexp.MustCompile(`href="([^"]+)">Neste side`)
	newsPath   = regexp.MustCompile(`data-news="([^"]+)"`)
)

func TestPagesFollowEachOtherNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 27
	for n := range many {
		w.handedOver(fmt.Sprintf("Sak %02d", n), "", "")
	}
	b := w.as(jorn)
	path, seen := w.inboxOf(w.seed.Organisations[0].PartyID), []string{}
	for path != "" {
		got := b.open(path)
		for _, found := range entryTitle.FindAllStringSubmatch(got.body, -1) {
			seen = append(seen, found[1])
		}
		path = ""
		if next := nextLink.FindStringSubmatch(got.body); next != nil {
			path = next[1]
			got.lacks("Første side")
		} else {
			got.shows("Første side").lacks("data-news")
		}
	}
	var want []string
	for n := range many {
		want = append(want, fmt.Sprintf("Sak %02d", many-1-n))
	}
	if strings.Join(seen, ",") != strings.Join(want, ",") {
		t.Errorf("the pages show %v, want %v", seen, want)
	}
}

func TestNewsAreCountedAndReadNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agency := w.inboxOf(w.seed.Organisations[0].PartyID)
	first := w.handedOver("Første", "", "")
	b := w.as(jorn)
	news := newsPath.FindStringSubmatch(b.open(agency).body)
	if news == nil {
		t.Fatal("the page does not say where news are")
	}
	tell := func() (changed int, text string) {
		t.Helper()
		var told struct {
			Changed int    `json:"changed"`
			Text    string `json:"text"`
		}
		must(t, json.Unmarshal([]byte(b.open(news[1]).body), &told))
		return told.Changed, told.Text
	}
	if changed, text := tell(); changed != 0 || text != "" {
		t.Errorf("%d, %q before anything has happened", changed, text)
	}
	w.handedOver("Andre", "", "")
	if changed, text := tell(); changed != 1 || text != "Nytt i innboksen: én ny eller endret." {
		t.Errorf("%d, %q after one more", changed, text)
	}
	status, answer := w.asOwner(http.MethodPut, "https://platform.tt02.altinn.no/storage/api/v1/instances/"+first.ID+"/substatus",
		"application/json", `{"label":"Venter"}`)
	if status != http.StatusOK {
		t.Fatalf("set the substatus: %d %s", status, answer)
	}
	if changed, text := tell(); changed != 2 || text != "Nytt i innboksen: 2 nye eller endrede." {
		t.Errorf("%d, %q after a change too", changed, text)
	}
	if n := strings.Count(b.open(agency).body, ">Ulest<"); n != 2 {
		t.Errorf("%d are unread, want both", n)
	}
	if got := b.get(agency + "/news?since=yesterday"); got.status != http.StatusBadRequest {
		t.Errorf("news since no time: %d", got.status)
	}
}

// Storage leaves out what takes a higher level, and does not say so.
func TestALowLevelIsToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.begun(maret)
	own := w.inboxOf(w.seed.Persons[maret].PartyID)
	b := w.as(maret)
	b.open(own).shows("Čohkolaš").lacks("sikkerhetsnivå")
	b.post("/person", "person", strconv.Itoa(w.seed.Persons[maret].UserID), "level", "1")
	b.open(own).shows("Du er logget inn på sikkerhetsnivå 1. Det som krever et høyere nivå, vises ikke.").lacks("Čohkolaš")
	got := b.get("/inbox/"+in.ID).shows("Máret Čáhppe Eksempel mangler rettigheten å lese («read») for Máret Čáhppe Eksempel, eller er logget inn på for lavt sikkerhetsnivå (1).", `name="level" value="2"`)
	if got.status != http.StatusForbidden {
		t.Errorf("%d, want 403", got.status)
	}
}
