// Package records is the part of the console that shows what the systems of the
// local platform hold: integrations and their keys, secrets without their values,
// the tokens that have been issued, and handovers with what their journal knows.
//
// Nothing is changed here, and nothing that is shown is secret: no value of a
// secret, no token, no key but public ones, and no national identity number.
package records

import (
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/web/frame"
)

//go:embed all:pages
var embedded embed.FS

// Config says what the pages tell of. Its functions are called for each page, by
// several goroutines at once.
type Config struct {
	// Registry is what Samarbeidsportalen knows. Required.
	Registry *selfservice.Registry
	// Propagation is how long a change in it takes to reach Maskinporten; nil means
	// no time.
	Propagation func() time.Duration
	// Vault is the name of the vault, and Secrets lists what it holds. Required.
	Vault   string
	Secrets func() ([]keyvault.SecretInfo, error)
	// Tokens gives the tokens that have been issued, the newest first; nil means none.
	Tokens func() []Token
	// People give names to those whom tokens speak for.
	People []frame.Person
	// Handovers tells of handovers; nil means that nobody does.
	Handovers Handovers
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// New returns the area of the pages below /records/.
func New(cfg Config) (frame.Area, error) {
	if cfg.Registry == nil || cfg.Secrets == nil {
		return frame.Area{}, errors.New("show records: a registry and a vault are required")
	}
	if cfg.Propagation == nil {
		cfg.Propagation = func() time.Duration { return 0 }
	}
	if cfg.Tokens == nil {
		cfg.Tokens = func() []Token { return nil }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	pages, err := fs.Sub(embedded, "pages")
	if err != nil {
		return frame.Area{}, err
	}
	a := &area{cfg}
	return frame.Area{
		Name: "records", Files: pages, Funcs: template.FuncMap{"seconds": seconds, "pieces": pieces},
		Open: map[string]frame.Handler{
			"GET /records/integrations":          a.showIntegrations,
			"GET /records/integrations/{client}": a.showIntegration,
			"GET /records/secrets":               a.showSecrets,
			"GET /records/secrets/{name}":        a.showSecret,
			"GET /records/tokens":                a.showTokens,
			"GET /records/tokens/{id}":           a.showToken,
			"GET /records/handovers":             a.showHandovers,
			"GET /records/handovers/{key}":       a.showHandover,
		},
	}, nil
}

type area struct{ cfg Config }

// seconds goes on where a time that people read ends with its minutes: much of what
// is told here happens within the same one.
func seconds(t time.Time) string { return t.Format(":05") }

// pieces are the parts of a scope's name, between which a line may break.
func pieces(scope string) []string { return strings.SplitAfter(scope, "/") }

// mentions reports whether one of the texts has what was searched for in it, in
// any case. An empty search finds everything.
func mentions(wanted string, texts ...string) bool {
	wanted = strings.ToLower(wanted)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), wanted) })
}

// search is what a page was asked to search for.
func search(c *frame.Call) string { return strings.TrimSpace(c.URL.Query().Get("q")) }
