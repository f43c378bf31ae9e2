package browsertest

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const form = `<!doctype html><html lang="nb"><title>Søknad</title><main><h1>Søknad</h1>
<form method="post" enctype="multipart/form-data" action="/sent">
<label>Navn <input name="name" value="før"></label>
<label for="n">Antall</label><input id="n" name="n" type="number">
<label for="c">Kommune</label><select id="c" name="c"><option value="">Velg</option><option value="5610">Kárášjohka – Karasjok</option></select>
<label><input type="checkbox" name="yes"> Jeg bekrefter</label>
<label for="f">Vedlegg</label><input type="file" id="f" name="f">
<fieldset><legend>Formål</legend><label><input type="radio" name="r" value="1"> Ved</label> <label><input type="radio" name="r" value="2"> Annet</label></fieldset>
<button>Send inn</button> <button name="other">Send inn senere</button>
</form>
<table><caption>Rader</caption><tr><th scope="row">A<td><button>Slett</button><tr><th scope="row">B<td><button>Slett</button></table>
<a href="/file">Last ned</a> <div aria-hidden="true"><a href="/hidden" tabindex="-1">Skjult</a></div></main>`

func server(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Language", r.Header.Get("Accept-Language"))
		_, _ = io.WriteString(w, form)
	})
	mux.HandleFunc("POST /sent", func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("f")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		content, _ := io.ReadAll(file)
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprintf(w, `<!doctype html><html lang="nb"><title>Sendt</title><main><h1>Sendt</h1><p id="got">%s</p></main>`, html.EscapeString(
			strings.Join([]string{r.FormValue("name"), r.FormValue("n"), r.FormValue("c"), r.FormValue("yes"), header.Filename, string(content)}, "/")))
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="svar.txt"`)
		_, _ = io.WriteString(w, "svar")
	})
	mux.HandleFunc("GET /policy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'none'; img-src *")
		_, _ = io.WriteString(w, `<!doctype html><title>x</title><img src="/none.png"><img src="http://other.invalid/x.png"><script>x()</script>`)
	})
	mux.HandleFunc("GET /script", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<!doctype html><title>x</title><p>uten</p><script>document.querySelector("p").textContent = "med"; console.error("oh"); throw new Error("no")</script>`)
	})
	mux.HandleFunc("GET /favicon.ico", func(http.ResponseWriter, *http.Request) {}) // asked for by the browser itself
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestDoesWhatAPersonDoes(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := New(t, Config{Language: "nn"})
	p.Open(s.URL + "/")
	p.See(Heading("Søknad"))
	p.Type(Field("Navn"), "Máret čšžđŋŧ")
	p.Type(Field("Antall"), "3")
	p.Choose(List("Kommune"), "Kárášjohka – Karasjok")
	p.Click(Box("Jeg bekrefter"))
	if !p.Checked(Box("Jeg bekrefter")) || p.Value(Field("Navn")) != "Máret čšžđŋŧ" {
		t.Errorf("the form holds %q, checked %v", p.Value(Field("Navn")), p.Checked(Box("Jeg bekrefter")))
	}
	path := filepath.Join(t.TempDir(), "kart.txt")
	if err := os.WriteFile(path, []byte("kart"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Attach("Vedlegg", path)
	p.Follow(Button("Send inn")) // though there is another one whose name begins so
	p.See(Heading("Sendt"))
	if got, want := p.Text(Path(`//*[@id="got"]`)), "Máret čšžđŋŧ/3/5610/on/kart.txt/kart"; got != want || p.Status() != http.StatusUnprocessableEntity {
		t.Errorf("status %d, sent %q, want %q", p.Status(), got, want)
	}
	p.Back()
	if f := p.Download(Link("Last ned")); f.Name != "svar.txt" || string(f.Content) != "svar" {
		t.Errorf("file %q with %q", f.Name, f.Content)
	}
	if language := Evaluate[string](p, `fetch("/").then((r) => r.headers.get("Content-Language"))`); language != "nn" {
		t.Errorf("the page was asked for in %q", language)
	}
	p.Reload()
	if p.Title() != "Søknad" || p.Address().Path != "/" || !p.Shows("Jeg bekrefter") {
		t.Errorf("%q at %s shows\n%s", p.Title(), p.Address(), p.Text(Element{}))
	}
	p.Reach(Button("Send inn senere"))
	if !p.Focused(Button("Send inn senere")) || p.Has(Link("Finnes ikke")) {
		t.Error("the focus went elsewhere")
	}
	p.Reach(Field("Navn"))
	p.Rewrite("Máhtte")
	p.Reach(Box("Annet"))
	if p.Value(Field("Navn")) != "Máhtte" || !p.Checked(Box("Annet")) {
		t.Errorf("by keyboard: %q, %v", p.Value(Field("Navn")), p.Checked(Box("Annet")))
	}
	p.Lack(Link("Finnes ikke"))

	// Only one element can be meant, and one that everybody finds.
	row := Path(`//tr[contains(., "B")]`)
	p.Click(Button("Slett").In(row))
	for _, test := range []struct {
		wanted Element
		told   string
	}{
		{Button("Slett"), `more than one button "Slett"`},
		{Button("Finnes ikke"), `no button "Finnes ikke", but ["`},
		{Link("Skjult"), `no link "Skjult", but ["Last ned"]`},
		{Link("Slett").In(row), `no link "Slett" in the //tr[contains(., "B")]`},
		{Path(`//section`), `no //section`},
		{Button("Slett").In(Path(`x`)), `no x`},
	} {
		_, err := p.look(p.ctx, test.wanted)
		if m := (*missing)(nil); !errors.As(err, &m) || !strings.Contains(err.Error(), test.told) {
			t.Errorf("%s: %v, want %s", test.wanted, err, test.told)
		}
	}
}

func TestNotesWhatGoesWrong(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := New(t, Config{})
	p.Open(s.URL + "/policy")
	for _, fault := range []string{
		"GET /none.png (Image) is answered with 404",
		"asks another host: GET http://other.invalid/x.png",
		"GET /x.png (Image) fails",
		"script-src 'none'",
	} {
		p.Forgive(fault)
	}
	p.Open(s.URL + "/script")
	p.Read("med")
	p.Forgive(`the console tells: "oh"`)
	p.Forgive("a script fails: Uncaught Error: no")
	other := p.Another()
	other.Open(s.URL + "/")
	if faults := p.watch.faults(); len(faults) > 0 {
		t.Errorf("besides, %q", faults)
	}
}

func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := New(t, Config{NoScript: true})
	p.Open(s.URL + "/script")
	p.Read("uten")
	p.Open(s.URL + "/")
	p.Type(Field("Navn"), "x")
	p.Follow(Button("Send inn senere"))
	show(t, p, good)
	p.Audit() // needs scripts of its own
	p.Open(s.URL + "/script")
	p.Read("uten")
}
