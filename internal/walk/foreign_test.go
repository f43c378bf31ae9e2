package walk_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// TestPagesOfOthersCannotUseTheConsole has a page of another site try all that a page
// in the same browser can: with a person chosen in the console, it can neither read
// nor do anything there.
func TestPagesOfOthersCannotUseTheConsole(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	console := strings.TrimSuffix(w.Console, "/")
	foreign := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(answer, `<!doctype html><html lang="en"><title>Elsewhere</title><link rel="icon" href="data:,"><h1>Elsewhere</h1>
<form method="post" action="%[1]s/leave"><button>Leave</button></form>
<form method="post" action="%[1]s/fill/start"><input name="app" value="fts/barmarkskjoring"><input name="party" value="%[2]d"><button>Start</button></form>
<form method="get" action="%[1]s/"><button>Look</button></form>
<a href="%[1]s/">Console</a>`, console, w.Seed.Persons[0].PartyID)
	}))
	t.Cleanup(foreign.Close)
	// 127.0.0.1 on another port is another origin of the same site, with the same
	// cookies; localhost is another site.
	other, err := url.Parse(foreign.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{foreign.URL, "http://localhost:" + other.Port()} {
		p := browsertest.New(t, browsertest.Config{Language: "nb"})
		w.enter(p, applicant)
		for _, button := range []string{"Leave", "Start"} {
			p.Open(address)
			p.Follow(browsertest.Button(button))
			if p.Status() != http.StatusForbidden {
				t.Errorf("from %s: the form %s is answered with %d", address, button, p.Status())
			}
		}
		p.Open(address)
		for what, try := range map[string]string{
			"read":            `fetch("%s/", { credentials: "include" }).then((r) => r.text())`,
			"send":            `fetch("%s/leave", { method: "POST", credentials: "include" }).then((r) => r.text())`,
			"send a document": `fetch("%s/fill/start", { method: "POST", credentials: "include", headers: { "Content-Type": "application/json" }, body: "{}" }).then((r) => r.text())`,
			"load a script":   `new Promise((yes, no) => { const s = document.createElement("script"); s.onload = () => yes("loaded"); s.onerror = no; s.src = "%s/assets/console.js"; document.head.append(s) })`,
			"listen":          `new Promise((yes, no) => { const s = new EventSource("%s/story/events", { withCredentials: true }); s.onopen = () => yes("opened"); s.onerror = () => { s.close(); no() } })`,
		} {
			got := browsertest.Evaluate[string](p, fmt.Sprintf("("+try+`).catch(() => "refused")`, console))
			if got != "refused" {
				t.Errorf("from %s one can %s: %.100s", address, what, got)
			}
		}
		browsertest.Evaluate[bool](p, fmt.Sprintf(`new Promise((yes) => { const f = document.createElement("iframe"); f.onload = () => yes(true); f.src = "%s/"; document.body.append(f) })`, console))
		p.Forgive("Framing '" + console)
		p.Forgive("") // the browser tells of the rest too
		// To follow a link there is what everybody may, and nobody has left.
		p.Follow(browsertest.Link("Console"))
		p.Open(w.Console)
		p.See(browsertest.Heading("Velg skjema"))
	}
}

// TestConsoleAnswersOnlyToItsName has requests come under a name that somebody else
// lets resolve to this machine, and looks at what every answer says to browsers.
func TestConsoleAnswersOnlyToItsName(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	at, err := url.Parse(w.Console)
	if err != nil || at.Hostname() != "127.0.0.1" {
		t.Fatalf("the console is at %s, %v", w.Console, err)
	}
	ask := func(method, path string, change func(*http.Request)) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.at(path), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(r)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer
	}
	for _, host := range []string{"console.example:" + at.Port(), "console.example", "127.0.0.1", "127.0.0.1.example:" + at.Port(), "0.0.0.0:" + at.Port()} {
		if answer := ask(http.MethodGet, "/", func(r *http.Request) { r.Host = host }); answer.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("at the name %s the console answers with %d", host, answer.StatusCode)
		}
	}
	from := func(origin string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", origin) }
	}
	for _, origin := range []string{"https://console.example", "null", "http://127.0.0.1:1"} {
		if answer := ask(http.MethodPost, "/leave", from(origin)); answer.StatusCode != http.StatusForbidden {
			t.Errorf("a form from %s is answered with %d", origin, answer.StatusCode)
		}
	}
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	for _, request := range []string{"GET /", "GET /no/such/page", "GET /inbox", "GET /story", "GET /records/tokens", "GET /assets/none.css", "POST /leave", "OPTIONS /", "DELETE /"} {
		method, path, _ := strings.Cut(request, " ")
		answer := ask(method, path, from("https://console.example"))
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s is answered with %s: %q, want %q", request, name, got, want)
			}
		}
	}
}
