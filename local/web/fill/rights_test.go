package fill_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Whoever lacks a right is told which, and where it is explained.
func TestAPersonWithoutTheRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret, sunniva := w.visit(0), w.visit(2)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	typed := p.typed("save", "soker-navn", "Sunniva")

	instance := strings.TrimPrefix(path.Dir(p.path), "/fill/"+original+"/")
	for _, address := range []string{p.path, path.Dir(p.path)} {
		refused := sunniva.get(address).status(http.StatusForbidden).sees("Sunniva Áile Trosterud mangler rettigheten å lese («read») i " + original + " for Máret Čáhppe Eksempel, eller så finnes ikke instansen.")
		if !strings.Contains(refused.body, "/story?refused=1&amp;instance="+instance) {
			t.Error("nothing leads to the timeline")
		}
	}
	sunniva.post(p.path, typed).status(http.StatusForbidden).at("Du har ikke tilgang til dette")
	sunniva.begin(original, w.seed.Persons[0].PartyID).status(http.StatusForbidden).sees("«instantiate»")

	// The script gets what it can show.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.console+p.path, strings.NewReader(typed.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html, application/json")
	var problem struct{ Error string }
	answer := sunniva.do(r).status(http.StatusForbidden)
	if err := json.Unmarshal([]byte(answer.body), &problem); err != nil || !strings.Contains(problem.Error, "Sunniva Áile Trosterud") {
		t.Errorf("%s (%v)", answer.body, err)
	}
	if got := maret.get(p.path).values().Get("field.soker-navn"); got != "" {
		t.Errorf("the name is now %q", got)
	}
}

// Nobody chosen is sent to choose, and comes back.
func TestWithoutAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID)
	nobody := &visitor{w, &http.Client{}}
	nobody.get(p.path).at("Hvem er du?")
	nobody.post(p.path, p.values()).status(http.StatusUnauthorized)
}

// A token that has run out is renewed without a word.
func TestATokenThatHasRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	before := w.logins.Load()
	p.press("save", "soker-navn", "Máret").status(http.StatusOK)
	if w.logins.Load() != before {
		t.Error("a token is not used again")
	}
	w.ahead.Store(int64(11 * time.Hour))
	p.press("save", "soker-adresse", "Ánneguohppi 12").status(http.StatusOK).sees("Lagret")
	if w.logins.Load() == before {
		t.Error("no new token has been asked for")
	}
}

// What is no instance is not asked for.
func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	p := maret.begin(original, w.seed.Persons[0].PartyID)
	base := path.Dir(p.path)
	asked := w.asked.Load()
	for _, address := range []string{
		"/fill/fts/barmarkskjoring/x/" + path.Base(base), "/fill/fts/barmarkskjoring/1/nothing", "/fill/fts/barmarkskjoring/1/%2e%2e",
		base + "/files/..%2f..%2fprocess", "/fill/fts/barmarkskjoring/1/%2e%2e/soker",
	} {
		maret.get(address).status(http.StatusNotFound)
	}
	if now := w.asked.Load(); now != asked {
		t.Errorf("the platform was asked %d times", now-asked)
	}
	maret.get("/fill/fts/barmarkskjoring/" + strconv.Itoa(w.seed.Persons[0].PartyID) + "/00000000-0000-4000-8000-000000000000").status(http.StatusForbidden).sees("eller så finnes ikke instansen")
	maret.post("/fill/start", url.Values{"app": {"../x"}, "party": {"1"}}).status(http.StatusInternalServerError)
	maret.post("/fill/start", url.Values{"app": {original}, "party": {"me"}}).status(http.StatusBadRequest)

	// A page that the form does not have leads to one that it has.
	maret.get(base + "/elsewhere").at("Søker")
	maret.post(base+"/elsewhere", p.typed("save")).status(http.StatusConflict)
}

// A form that has been sent in or deleted shows that, also to a tab in which it
// was open.
func TestAFormThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret := w.visit(0)
	tab := maret.filled(0)
	tab.press("submit").status(http.StatusOK).at("Se over og bekreft")
	waiting := tab.press("save", "soker-navn", "for sent").status(http.StatusConflict).sees("kan være sendt inn")
	waiting.post(path.Dir(tab.path), url.Values{"action": {"confirm"}}).status(http.StatusOK).at("Kvittering")
	maret.get(tab.path).at("Kvittering")
	maret.post(path.Dir(tab.path), url.Values{"action": {"confirm"}}).at("Kvittering")

	p := maret.begin(original, w.seed.Persons[0].PartyID)
	instance := strings.TrimPrefix(path.Dir(p.path), "/fill/"+original+"/")
	w.must(w.as(0).Delete(t.Context(), original, instance))
	maret.get(p.path).at("Skjemaet er slettet").sees(p.path[len(path.Dir(p.path))-12 : len(path.Dir(p.path))])
}
