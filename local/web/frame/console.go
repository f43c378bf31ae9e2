package frame

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	maxBody = 1 << 20          // bytes of a request, but for Area.Large
	maxTime = 30 * time.Second // to read it, and to answer, but for Area.Large and [Stream]
)

// Config says what a [Console] is made of.
type Config struct {
	// HTTPClient reaches the platform. Required.
	HTTPClient *http.Client
	// Platform and Login are the base addresses of the platform and of the test
	// login, and AppsDomain is what the hosts of applications end with, such as
	// https://platform.tt02.altinn.no, https://local.altinn.cloud and
	// apps.tt02.altinn.no.
	Platform   string
	Login      string
	AppsDomain string
	// People can be chosen, at least one.
	People []Person
	// Areas are the parts of the console, in the order of its menu. An area with
	// the word "menu" is in the menu, with one entry for each line of the word:
	// "/path text".
	Areas []Area
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each request that fails; nil discards.
	Logger *slog.Logger
}

// Console answers all pages. It is safe for concurrent use and needs no closing.
type Console struct {
	cfg      Config
	zone     *time.Location
	sessions *sessions
	frame    words
	areas    []*area
	assets   *assets
	handler  http.Handler
	large    map[string]bool // patterns
}

// New puts areas together. The error names every word that is wrong; templates are
// read when they are first asked for, and [Console.Check] reads them all.
func New(cfg Config) (*Console, error) {
	if cfg.HTTPClient == nil || len(cfg.People) == 0 || cfg.Platform == "" || cfg.Login == "" || cfg.AppsDomain == "" {
		return nil, errors.New("start the console: an HTTP client, the platform's addresses and people are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Console{cfg: cfg, zone: norway(), large: make(map[string]bool)}
	c.sessions = &sessions{now: cfg.Now, login: cfg.login, byID: make(map[string]session)}
	var err error
	if c.frame, err = readWords(files()); err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	if c.assets, err = readAssets(cfg.Areas); err != nil {
		return nil, fmt.Errorf("start the console: %w", err)
	}
	for _, given := range slices.Concat([]Area{{Name: "frame", Files: files()}}, cfg.Areas) {
		made, err := c.newArea(given)
		if err != nil {
			return nil, fmt.Errorf("start the console: area %s: %w", given.Name, err)
		}
		c.areas = append(c.areas, made)
	}
	// What another site's page sends is refused by where it says that it comes
	// from, which browsers do not let a page choose.
	c.handler = http.NewCrossOriginProtection().Handler(c.routes())
	return c, nil
}

// ServeHTTP implements [http.Handler].
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if embedded(r) {
		http.Error(w, "a page of another site may link to the console, and not use it", http.StatusForbidden)
		return
	}
	c.handler.ServeHTTP(w, r)
}

// embedded tells that a page of another site asks for something to use it, as by
// <img> or fetch, and not because somebody follows a link. It is refused although
// the answer could not be read there: how long it takes would tell something.
func embedded(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none" && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

func (c *Console) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{name}", c.assets.serve)
	for _, area := range c.areas {
		for _, pattern := range area.Large {
			c.large[pattern] = true
		}
		for pattern, handle := range area.Routes {
			mux.HandleFunc(pattern, c.answer(area, pattern, chosen(handle)))
		}
		for pattern, handle := range area.Open {
			mux.HandleFunc(pattern, c.answer(area, pattern, handle))
		}
	}
	mux.HandleFunc("/", c.answer(c.areas[0], "/", func(*Call) (Answer, error) {
		return Answer{}, Refuse(http.StatusNotFound, "frame.no-page")
	}))
	return mux
}

// chosen sends those to the front page who have not chosen a person, with where
// they wanted to go, and with whether they had chosen one before.
func chosen(handle Handler) Handler {
	return func(c *Call) (Answer, error) {
		if c.Person != nil {
			return handle(c)
		}
		if c.Method != http.MethodGet {
			return Answer{}, Refuse(http.StatusUnauthorized, "frame.no-person")
		}
		address := "/?next=" + queryEscape(c.URL.RequestURI())
		if _, err := c.Cookie(cookieName(c.Request)); err == nil {
			address += "&ended=1"
		}
		return Redirect(address), nil
	}
}

func (c *Console) person(userID int) *Person {
	n := slices.IndexFunc(c.cfg.People, func(p Person) bool { return p.UserID == userID })
	if n < 0 {
		return nil
	}
	return &c.cfg.People[n]
}

// Local makes sure that a path is one of the console's own, and gives the front
// page otherwise: for going on to where a form says. Browsers take \ for / and
// leave out tabs and ends of lines, so that "/\t/host" would lead elsewhere.
func Local(path string) string {
	elsewhere := func(r rune) bool { return r == '\\' || unicode.IsControl(r) }
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, elsewhere) {
		return "/"
	}
	return path
}
