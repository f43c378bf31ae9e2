package browsertest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// contains reports whether one of the faults tells that.
func contains(faults []string, words string) bool {
	return slices.ContainsFunc(faults, func(fault string) bool { return strings.Contains(fault, words) })
}

// show gives a page to a browser.
func show(t *testing.T, p *Page, body string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		_, _ = w.Write([]byte("<!doctype html>" + body))
	}))
	t.Cleanup(s.Close)
	p.Open(s.URL + "/")
}

const (
	head = `<html lang="nb"><meta name="viewport" content="width=device-width"><title>Side</title><link rel="icon" href="data:,">`
	good = head + `<style>body { font-size: 1rem }</style><main><h1>Side</h1><h2>Del</h2><form><label>Navn <input name="n"></label> <label>Dato <input type="date"></label>
<fieldset><legend>Valg</legend><label><input type="radio" name="r" value="1"> En</label> <label><input type="radio" name="r" value="2"> To</label></fieldset>
<button>Lagre</button></form> <p><a href="/">Forsiden</a></p><details><summary>Mer</summary><a href="/x">Skjult</a></details></main>`
)

// TestAudit shows that the audit finds nothing on a good page, and that it can fail.
func TestAudit(t *testing.T) {
	t.Parallel()
	p := New(t, Config{})
	show(t, p, good)
	const whole = `document.documentElement.outerHTML + innerWidth + getComputedStyle(document.querySelector("p")).font + getComputedStyle(document.querySelector("p")).letterSpacing`
	before := Evaluate[string](p, whole)
	faults, advice := p.audit()
	if len(faults)+len(advice) > 0 {
		t.Errorf("on a good page: faults %q, advice %q", faults, advice)
	}
	if after := Evaluate[string](p, whole); after != before {
		t.Errorf("before the audit the page was\n%s\nand after it\n%s", before, after)
	}

	show(t, p, `<h3 id="a">x</h3><input id="a" aria-describedby="none"><p style="color:#999;background:#fff">blek tekst</p><a href="."></a><a href="#none">x</a>
<table><tr><th>x</table><div style="width:900px">bred</div><div style="overflow:hidden;height:1.1em;line-height:1;width:5em;white-space:nowrap">avkuttet tekst som er lang</div>
<input aria-invalid="true"><ul><p>x</ul><button style="width:10px;height:10px;padding:0">a</button><button style="width:10px;height:10px;padding:0">b</button>`)
	faults, advice = p.audit()
	for _, want := range []string{
		"the language of the page", "the page has no title", "0 h1", "0 main", "a heading skips a level", "an id is used twice: a",
		"aria-describedby names nothing", "a field has no label", "it has no words", "a link leads to nothing", "a header cell has no scope",
		"a table has no caption", "a fault is not told with the field", "a style stands in the page",
		"(color-contrast)", "(html-has-lang)", "(label)", "(link-name)", "(list)", "(target-size)",
		"320 pixels wide, the page is 9", "zoomed to 200 %, the page is 9", "with text of twice the size, text is cut off", "with text spaced out, text is cut off",
	} {
		if !contains(faults, want) {
			t.Errorf("on a poor page, nothing tells %q; faults %q", want, faults)
		}
	}
	if !contains(advice, "(page-has-heading-one)") {
		t.Errorf("on a poor page, advice is %q", advice)
	}
}

func TestKeyboardWalk(t *testing.T) {
	t.Parallel()
	p := New(t, Config{})
	for name, test := range map[string]struct{ body, want string }{
		"a good page":        {good, ""},
		"no sign of focus":   {head + `<a href="/1">en</a><a href="/2" style="outline:none">to</a>`, "one does not see that the focus is at a to"},
		"another order":      {head + `<a href="/1">en</a><a href="/2" tabindex="2">to</a><a href="/3" tabindex="1">tre</a>`, "the focus goes from a"},
		"below another part": {head + `<a href="/1">en</a><div style="position:fixed;inset:0;background:#fff">over</div>`, "what has the focus, a en, is hidden by <div"},
	} {
		show(t, p, test.body)
		faults := p.keyboardWalk()
		if test.want == "" && len(faults) > 0 || test.want != "" && !contains(faults, test.want) {
			t.Errorf("%s: %q, want %q", name, faults, test.want)
		}
	}
}

func TestKeyboardWalkFindsATrap(t *testing.T) {
	t.Parallel()
	p := New(t, Config{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html>" + head + `<button>en</button><input id="a" aria-label="felle"><button>to</button>
<script>document.getElementById("a").onkeydown = (e) => e.preventDefault()</script>`))
	}))
	t.Cleanup(s.Close)
	p.Open(s.URL + "/")
	if faults := p.keyboardWalk(); !contains(faults, "the focus cannot leave input felle") {
		t.Errorf("faults %q", faults)
	}
}

func TestScreenshot(t *testing.T) {
	t.Parallel()
	p := New(t, Config{})
	show(t, p, good)
	path := filepath.Join(t.TempDir(), "page.png")
	p.Screenshot(path, 400)
	image, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(image), "\x89PNG") {
		t.Errorf("%.8q, %v", image, err)
	}
	// The width and the height in the header of the image; https://www.w3.org/TR/png-3/#11IHDR
	if got := string(image[16:24]); got != "\x00\x00\x05\x00\x00\x00\x01\x90" {
		t.Errorf("the image is %x", got)
	}
}
