package frame

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed all:pages static
var embeddedFiles embed.FS

// files are the frame's own pages and words.
func files() fs.FS {
	sub, err := fs.Sub(embeddedFiles, "pages")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// area is an area that has been read.
type area struct {
	Area
	words     words
	frame     words
	templates map[pageKey]func() (*template.Template, error)
}

// pageKey names a page in one language.
type pageKey struct{ language, page string }

// newArea reads an area's words. Its pages are read when somebody first asks for
// them: all of them in all languages take longer than the rest of the platform
// needs to start, and most are never asked for.
func (c *Console) newArea(given Area) (*area, error) {
	a := &area{Area: given, frame: c.frame, templates: make(map[pageKey]func() (*template.Template, error))}
	var err error
	if a.words, err = readWords(given.Files); err != nil {
		return nil, err
	}
	names, err := fs.Glob(given.Files, "*.html")
	if err != nil {
		return nil, err
	}
	for _, language := range languages {
		for _, name := range append(names, "failure.html") {
			page := strings.TrimSuffix(name, path.Ext(name))
			if strings.HasPrefix(page, "_") || page == "layout" {
				continue
			}
			a.templates[pageKey{language, page}] = sync.OnceValues(func() (*template.Template, error) {
				return c.parse(a, language, name)
			})
		}
	}
	return a, nil
}

// Check reads every page in every language and names each that is no template, so
// that a test finds what would else wait for the first who asks.
func (c *Console) Check() error {
	var errs []error
	for _, a := range c.areas {
		for _, key := range slices.SortedFunc(maps.Keys(a.templates), func(x, y pageKey) int {
			return cmp.Or(strings.Compare(x.page, y.page), strings.Compare(x.language, y.language))
		}) {
			if _, err := a.templates[key](); err != nil {
				errs = append(errs, fmt.Errorf("area %s: %s: %w", a.Name, key.language, err))
			}
		}
	}
	return errors.Join(errs...)
}

// parse reads one page with what it may use. Each language has templates of its
// own, so that words need no more than their key wherever the dot is.
func (c *Console) parse(a *area, language, name string) (*template.Template, error) {
	made := template.New("layout.html").Option("missingkey=error").Funcs(c.funcs(a, language)).Funcs(a.Funcs)
	made, err := made.ParseFS(files(), "layout.html", "_*.html")
	if err != nil {
		return nil, err
	}
	if partials, _ := fs.Glob(a.Files, "_*.html"); len(partials) > 0 {
		if made, err = made.ParseFS(a.Files, partials...); err != nil {
			return nil, err
		}
	}
	from := a.Files
	if name == "failure.html" {
		from = files()
	}
	if made, err = made.ParseFS(from, name); err != nil {
		return nil, err
	}
	if made.Lookup("content") == nil {
		return nil, fmt.Errorf(`%s does not define the template "content"`, name)
	}
	return made, nil
}

func (c *Console) funcs(a *area, language string) template.FuncMap {
	return template.FuncMap{
		"t":         func(key string, args ...any) string { return a.word(language, key, args...) },
		"lang":      func() string { return language },
		"when":      func(t time.Time) string { return when(language, t, c.zone) },
		"day":       func(t time.Time) string { return day(language, t, c.zone) },
		"size":      func(n int64) string { return size(language, n) },
		"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"dict":      dict,
		"languages": func() []languageName { return languageNames },
	}
}

// word gives a word of the area, or else of the frame; the key where there is
// none.
func (a *area) word(language, key string, args ...any) string {
	if text, ok := a.words.get(language, key, args); ok {
		return text
	}
	if text, ok := a.frame.get(language, key, args); ok {
		return text
	}
	return key
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a key has no value")
	}
	made := make(map[string]any, len(pairs)/2)
	for n := 0; n < len(pairs); n += 2 {
		key, ok := pairs[n].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no key", pairs[n])
		}
		made[key] = pairs[n+1]
	}
	return made, nil
}

// View is the dot of a page.
type View struct {
	// Title is that of the page, and the text of its heading where the page has
	// no other.
	Title string
	// Data is what the handler gave.
	Data any
	// Person is nil where nobody has been chosen.
	Person   *Person
	Level    int
	Language string
	// Notice is what the last change says.
	Notice Notice
	// Menu is the console's.
	Menu []MenuItem
	// Area is the name of the area, and Styles and Scripts are where its files
	// are.
	Area            string
	Styles, Scripts []string
	// Here is the page's path with its query; of the answer to a change, those of
	// the page before it.
	Here string
}

// MenuItem is one entry of the menu.
type MenuItem struct {
	Path, Text string
	Current    bool
}

// InLanguage is this page in another language.
func (v View) InLanguage(language string) string {
	here, query, _ := strings.Cut(v.Here, "?")
	values, _ := url.ParseQuery(query)
	values.Set("language", language)
	return here + "?" + values.Encode()
}

// render sends a page or a part of one. It is made in memory first, so that a
// fault in a template becomes a page of its own and never half a page.
func (c *Console) render(w http.ResponseWriter, call *Call, a Answer) {
	var out bytes.Buffer
	if err := c.execute(&out, call, a); err != nil {
		c.cfg.Logger.ErrorContext(call.Context(), "the console could not make a page", "path", call.URL.Path, "error", err)
		http.Error(w, call.T("frame.failed"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", call.Language)
	w.WriteHeader(a.status)
	_, _ = w.Write(out.Bytes()) // a failed write means that the browser has gone
}

// execute writes a page or a part of one.
func (c *Console) execute(w io.Writer, call *Call, a Answer) error {
	page, part := a.template, "layout.html"
	if a.fragment {
		page, part, _ = strings.Cut(a.template, "#")
		if part == "" {
			part = "content"
		}
	}
	read, ok := call.area.templates[pageKey{call.Language, page}]
	if !ok {
		return fmt.Errorf("find page %q", page)
	}
	made, err := read()
	if err != nil {
		return err
	}
	return made.ExecuteTemplate(w, part, c.view(call, a))
}

func (c *Console) view(call *Call, a Answer) any {
	v := View{
		Title: a.title, Data: a.data, Person: call.Person, Level: call.Level, Language: call.Language,
		Area: call.area.Name, Here: here(call.Request), Menu: c.menu(call),
		Styles: c.assets.styles(call.area.Name), Scripts: c.assets.scripts(call.area.Name),
	}
	if !a.fragment && call.session.notice.Text != "" {
		v.Notice = call.session.notice
		c.sessions.notice(call.session.id, Notice{})
	}
	return v
}

// here is an address at which the page, or the one that a change was made on, can
// be asked for.
func here(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	before, err := url.Parse(r.Referer())
	if err != nil || before.Host != r.Host {
		return "/"
	}
	return Local(before.RequestURI())
}

// menu lists what the words "menu" of the areas say.
func (c *Console) menu(call *Call) []MenuItem {
	var items []MenuItem
	for _, a := range c.areas {
		text, ok := a.words.get(call.Language, "menu", nil)
		if !ok {
			continue
		}
		for line := range strings.Lines(text) {
			address, text, _ := strings.Cut(strings.TrimSpace(line), " ")
			current := call.URL.Path == address || call.area.Under == address || address != "/" && strings.HasPrefix(call.URL.Path, address+"/")
			items = append(items, MenuItem{Path: address, Text: text, Current: current})
		}
	}
	return items
}
