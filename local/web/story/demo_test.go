package story_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/examples"
	demo "github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/web/frame"
	"github.com/stafett/stafett/local/web/story"
)

func text(n int) string { return strconv.Itoa(n) }

// told is the timeline of the whole demo, which is over.
type told struct {
	console  *url.URL
	recorder *timeline.Recorder
	seed     *local.Seed
}

func tellDemo(t testing.TB) told {
	t.Helper()
	var watched *local.Platform
	document, err := demo.Run(t.Context(), demo.Config{Watch: func(p *local.Platform) { watched = p }})
	if err != nil || !document.OK {
		t.Fatalf("the demo does not hold: %v %+v", err, document.Steps)
	}
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	policies := make(map[string]*policy.Policy)
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		policies[folder.ID] = folder.Policy
	}
	area, err := story.New(story.Config{
		Timeline: watched.Timeline(), Original: "fts/barmarkskjoring",
		Policy: func(appID string) *policy.Policy { return policies[appID] },
	})
	if err != nil {
		t.Fatal(err)
	}
	console, err := frame.New(frame.Config{
		HTTPClient: http.DefaultClient, Platform: "https://platform.test", Login: "https://login.test", AppsDomain: "apps.test",
		People: []frame.Person{{Name: "Máret Čáhppe Eksempel", UserID: 20100001, PartyID: 50900001}}, Areas: []frame.Area{area},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return told{address, watched.Timeline(), watched.Seed()}
}

// pages are all pages of the timeline, as one.
func (d told) pages(t *testing.T, query string) (all string) {
	t.Helper()
	older := regexp.MustCompile(`href="(/story\?[^"]*before=[^"]*)">(Eldre|Older)<`)
	for path := "/story?" + query; path != ""; {
		status, page := fetch(t, http.DefaultClient, d.console, path)
		if status != http.StatusOK {
			t.Fatalf("%s answers %d", path, status)
		}
		all += page
		path = ""
		if found := older.FindStringSubmatch(page); found != nil {
			path = strings.ReplaceAll(found[1], "&amp;", "&") + "&" + query
		}
	}
	return all
}

func TestTheDemo(t *testing.T) {
	t.Parallel()
	d := tellDemo(t)
	t.Run("is told in order", d.isToldInOrder)
	t.Run("is told in all languages", d.isToldInAllLanguages)
	t.Run("is told without secrets", d.isToldWithoutSecrets)
	t.Run("tells where credentials came from", d.tellsWhereCredentialsCameFrom)
}

// isToldInOrder holds that the timeline tells the whole story, in its chapters.
func (d told) isToldInOrder(t *testing.T) {
	all := lines(d.pages(t, "language=nb"))
	slices.Reverse(all)
	want := []struct{ chapter, text, outcome string }{
		{"preparation", "Tjenesteprinsipalen logget inn i Entra ID", "200 OK"},
		{"preparation", "Tjenesteprinsipalen lagret hemmeligheten MaskinportenSettings--EncodedJwk i Key Vault", "200 OK"},
		{"preparation", "opprettet en integrasjon hos Samarbeidsportalen", "200 OK"},
		{"preparation", "registrerte de offentlige nøklene til integrasjonen", "200 OK"},
		{"preparation", "Tjenesteprinsipalen lagret hemmeligheten MaskinportenSettings--ClientId i Key Vault", "200 OK"},
		{"", "hentet hemmeligheten MaskinportenSettings--EncodedJwk fra Key Vault", "200 OK"},
		{"", "fikk et token fra Maskinporten med scopet altinn:serviceowner/instances.read altinn:serviceowner/instances.write", "200 OK"},
		{"", "byttet tokenet fra Maskinporten til et Altinn-token", "200 OK"},
		{"filling", "Máret Čáhppe Eksempel logget inn i Altinn", "200 OK"},
		{"filling", "Máret Čáhppe Eksempel opprettet en instans av fts/barmarkskjoring", "201 OK"},
		{"filling", "Máret Čáhppe Eksempel lagret skjema (", "201 OK"},
		{"filling", "Máret Čáhppe Eksempel lastet opp kart", "201 OK"},
		{"filling", "Máret Čáhppe Eksempel gikk videre til oppgaven Task_2", "200 OK"},
		{"", "Máret Čáhppe Eksempel kunne ikke opprette en instans av fts/saksmottak", "403 Avslått"},
		{"sent", "Máret Čáhppe Eksempel sendte inn skjemaet", "200 OK"},
		{"handover", "Ferdselstilsynet leste", "200 OK"},
		{"handover", "Ferdselstilsynet opprettet en instans av fts/saksmottak", "201 OK"},
		{"handover", "Ferdselstilsynet leste kildePdf (", "200 OK"},
	}
	for _, one := range all {
		if len(want) > 0 && strings.Contains(one.text, want[0].text) && one.outcome == want[0].outcome &&
			(want[0].chapter == "" || one.chapter == want[0].chapter) {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		t.Errorf("what is not told, or not in this order: %+v", want)
		for _, one := range all {
			t.Logf("%s: %s [%s]", one.chapter, one.text, one.outcome)
		}
	}
	for _, one := range all {
		if one.kind == "refused" != strings.HasPrefix(one.outcome, "403") {
			t.Errorf("%q is %s with %s", one.text, one.kind, one.outcome)
		}
	}
}

// isToldInAllLanguages holds that whatever the demo asks has a sentence, in
// every language.
func (d told) isToldInAllLanguages(t *testing.T) {
	var counts []int
	for _, language := range []string{"nb", "nn", "en"} {
		page := d.pages(t, "all=1&language="+language)
		said := plain(page)
		if place := regexp.MustCompile(`\{\d\}|\b(did|with|who|why|remedy|gap|chapter|outcome)\.[a-z-]+`).FindString(said); place != "" {
			t.Errorf("%s: a word lacks: %s", language, place)
		}
		for _, other := range map[string][]string{"nb": {" spurte GET ", " spurte P"}, "nn": {" spurde GET ", " spurde P"}, "en": {" asked GET ", " asked P"}}[language] {
			if strings.Contains(said, other) {
				t.Errorf("%s: a request has no sentence: %s", language, said[strings.Index(said, other):][:100])
			}
		}
		counts = append(counts, len(lines(page)))
	}
	if counts[0] < 50 || counts[1] != counts[0] || counts[2] != counts[0] {
		t.Errorf("the languages tell %v exchanges", counts)
	}
}

// isToldWithoutSecrets reads every page about every exchange of the demo.
func (d told) isToldWithoutSecrets(t *testing.T) {
	secrets := []string{d.seed.AzureClientSecret.Reveal(), `"d":"`, "eyJhbGciOi"}
	for _, person := range d.seed.Persons {
		secrets = append(secrets, person.SSN)
	}
	check := func(where, page string) {
		for n, text := range secrets {
			if strings.Contains(plain(page), text) {
				t.Errorf("%s shows secret number %d", where, n)
			}
		}
	}
	check("/story", d.pages(t, "all=1"))
	for _, e := range d.recorder.Exchanges(timeline.Filter{}) {
		path := "/story/" + strconv.FormatInt(e.ID, 10)
		status, page := fetch(t, http.DefaultClient, d.console, path)
		if status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
		}
		check(path, page)
	}
}

// tellsWhereCredentialsCameFrom follows the handover's token back to the secret.
func (d told) tellsWhereCredentialsCameFrom(t *testing.T) {
	for _, one := range lines(d.pages(t, "language=nb")) {
		if !strings.Contains(one.text, "opprettet en instans av fts/saksmottak") || one.kind != "ok" {
			continue
		}
		_, page := fetch(t, http.DefaultClient, d.console, "/story/"+one.id+"?language=nb")
		said := plain(page)
		from := 0
		for _, step := range []string{
			"ligger i Key Vault som hemmeligheten MaskinportenSettings--EncodedJwk, versjon ",
			"ga Maskinporten et token til integrasjonen ",
			"ble tokenet byttet til et Altinn-token",
			"«instantiate» i fts/saksmottak: tillatt",
			"Avgjort av regel 2 i fts/saksmottak",
		} {
			at := strings.Index(said[from:], step)
			if at < 0 {
				t.Fatalf("the page does not go on with %q:\n%s", step, said)
			}
			from += at
		}
		return
	}
	t.Fatal("no instance was made")
}

// BenchmarkPage reads the timeline of the demo, with everything in it.
func BenchmarkPage(b *testing.B) {
	d := tellDemo(b)
	for b.Loop() {
		if status, _ := fetch(b, http.DefaultClient, d.console, "/story?all=1"); status != http.StatusOK {
			b.Fatal(status)
		}
	}
	b.ReportMetric(float64(len(d.recorder.Exchanges(timeline.Filter{}))), "exchanges")
}
