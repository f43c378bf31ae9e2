package walk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// TestEveryPageIsForEverybody goes to every kind of page that a link leads to, as each
// of the two people, and demands of each that everybody can use it.
func TestEveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	w.sendIn(t, "Stuorajávri")
	w.create(w.as(t, 0))
	// The timeline and the records are the same for everybody: one look is enough.
	var looked sync.Map
	once := func(p *browsertest.Page) {
		kind := kindOf(p.Address().RequestURI())
		if _, again := looked.LoadOrStore(kind, true); again && (strings.HasPrefix(kind, "/story") || strings.HasPrefix(kind, "/records/")) {
			return
		}
		everything(p)
	}
	for _, person := range []string{applicant, caseWorker} {
		t.Run(person, func(t *testing.T) {
			t.Parallel()
			p := browsertest.New(t, browsertest.Config{Language: "nb"})
			p.Open(w.Console)
			everything(p) // before anybody is chosen
			w.enter(p, person)
			kinds := crawl(t, w, p, once)
			t.Logf("%d kinds of pages: %s", len(kinds), strings.Join(kinds, " "))
			for _, menu := range []string{"/", "/inbox", "/story", "/records/integrations", "/records/secrets", "/records/tokens", "/records/handovers"} {
				if !slices.Contains(kinds, menu) {
					t.Errorf("no link leads to %s", menu)
				}
			}
		})
	}
}

// everything is all that a program can tell of how people can use a page. Where the
// page shows what happens, it is told to wait.
func everything(p *browsertest.Page) {
	if pause := browsertest.Button("Pause"); p.Has(pause) {
		p.Click(pause)
	}
	p.Keep(p.Title() + p.Address().Path)
	p.Narrow()
	p.Keep(p.Title() + p.Address().Path + " narrow")
	p.Wide()
	p.Audit()
	if len(p.Address().Query()) == 0 { // with a filter, there is more or less of the same
		p.KeyboardWalk()
	}
}

// TestEveryPageInEveryLanguage goes to every kind of page in the two other languages.
func TestEveryPageInEveryLanguage(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	w.sendIn(t, "Iešjávri")
	for _, language := range []string{"nn", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := browsertest.New(t, browsertest.Config{Language: "nb"})
			w.enter(p, caseWorker)
			p.Open(w.at("/?language=" + language))
			crawl(t, w, p, func(p *browsertest.Page) {
				if got := p.Attribute(browsertest.Path("/html"), "lang"); got != language {
					t.Errorf("%s is in %s, not %s", p.Address(), got, language)
				}
				if key := regexp.MustCompile(`(?m)^(frame|start|fill|inbox|story|records)\.[a-z.-]+$|\{\d\}`).FindString(p.Text(browsertest.Element{})); key != "" {
					t.Errorf("%s shows the key or place of a text: %s", p.Address(), key)
				}
			})
		})
	}
}

// varying are the parts of addresses that tell pages of one kind apart.
var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\b\d+\b|\b[A-Za-z0-9_-]{26,}\b|%[0-9A-F]{2}[^/?&]*`)

// crawl visits one page of each kind that a link leads to, from the page where the
// browser is, and returns the kinds. No page may have the title of another kind.
func crawl(t *testing.T, w *world, p *browsertest.Page, visit func(*browsertest.Page)) (kinds []string) {
	t.Helper()
	const limit = 150
	titles := map[string]string{}
	for ahead := []string{p.Address().RequestURI()}; len(ahead) > 0; ahead = ahead[1:] {
		kind := kindOf(ahead[0])
		if slices.Contains(kinds, kind) {
			continue
		}
		if kinds = append(kinds, kind); len(kinds) > limit {
			t.Fatalf("the console has no end: %q", kinds)
		}
		p.Open(w.at(ahead[0]))
		if status := p.Status(); status != http.StatusOK && status != http.StatusForbidden { // what is another person's is refused
			t.Errorf("a link leads to %s, which is answered with %d", ahead[0], status)
		}
		// Folders and filters of one page may share its title, and so may the page that
		// one comes to without saying which: /inbox is /inbox/{}.
		path, _, _ := strings.Cut(kind, "?")
		if other, ok := titles[p.Title()]; ok && other != path && !strings.HasPrefix(path, other+"/") && !strings.HasPrefix(other, path+"/") {
			t.Errorf("%s and %s have the same title, %s", path, other, p.Title())
		}
		titles[p.Title()] = path
		w.keepsSecrets(t, p)
		visit(p)
		for _, link := range links(p) {
			u, err := url.Parse(link)
			if err != nil || u.Scheme+"://"+u.Host+"/" != w.Console {
				t.Errorf("on %s a link leads away: %s", kind, link)
				continue
			}
			if !u.Query().Has("language") && len(u.Query()) < 2 { // several filters give less of the same
				ahead = append(ahead, u.RequestURI())
			}
		}
	}
	slices.Sort(kinds)
	return kinds
}

// keepsSecrets demands that a page shows neither a token, a private key, nor the
// identity number of a person who is somewhere on the platform.
func (w *world) keepsSecrets(t *testing.T, p *browsertest.Page) {
	t.Helper()
	source := browsertest.Evaluate[string](p, "document.documentElement.outerHTML")
	for what, shape := range map[string]string{
		"a token": `eyJ[\w-]{8,}\.eyJ[\w-]{8,}`, "a private key": `"d":\s*"[\w-]{20}|BEGIN [A-Z ]*PRIVATE KEY|eyJhbGciOi|eyJrdHkiOi`,
	} {
		if regexp.MustCompile(shape).MatchString(source) {
			t.Errorf("%s shows %s", p.Address(), what)
		}
	}
	for i, person := range w.Seed.Persons {
		if strings.Contains(source, person.Number) {
			t.Errorf("%s shows the identity number of person %d", p.Address(), i)
		}
	}
}

// links are where the links on a page lead to, without those that give files.
func links(p *browsertest.Page) []string {
	return browsertest.Evaluate[[]string](p, `[...document.querySelectorAll("a[href]:not([download])")].filter((a) => !a.pathname.includes("/files/")).map((a) => a.href)`)
}

func kindOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	kind := varying.ReplaceAllString(u.EscapedPath(), "{}")
	query := u.Query()
	var names []string
	for name, values := range query {
		value := values[0]
		if len(value) > 12 || varying.MatchString(value) {
			value = "{}"
		}
		names = append(names, name+"="+value)
	}
	slices.Sort(names)
	if len(names) > 0 {
		kind += "?" + strings.Join(names, "&")
	}
	return kind
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/": "/",
		"/fill/fts/barmarkskjoring/50001/2f8f7a0e-6a39-4b5c-9a3e-0d5a0c7be9d1/kjoring": "/fill/fts/barmarkskjoring/{}/{}/kjoring",
		"/inbox/50001?folder=archived":      "/inbox/{}?folder=archived",
		"/story/12":                         "/story/{}",
		"/story?trace=4bf92f3577b34da6a3ce": "/story?trace={}",
		"/records/secrets/A--B":             "/records/secrets/A--B",
	} {
		if got := kindOf(address); got != want {
			t.Errorf("%s is of the kind %s, not %s", address, got, want)
		}
	}
}
