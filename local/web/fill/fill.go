package fill

import (
	"embed"
	"html/template"
	"io/fs"
	"strings"
	"time"

	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/frame"
)

//go:embed all:pages
var embedded embed.FS

// Config is what the pages of forms need.
type Config struct {
	// Definitions keeps what applications say of their forms. Required.
	Definitions *definition.Store
	// Now decides what "today" is in a form; nil means [time.Now].
	Now func() time.Time
}

// New returns the area of forms.
func New(cfg Config) (frame.Area, error) {
	pages, err := fs.Sub(embedded, "pages")
	if err != nil {
		return frame.Area{}, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &area{now: cfg.Now, definitions: cfg.Definitions}
	const instance = "/fill/{org}/{app}/{party}/{guid}"
	return frame.Area{
		Name: "fill", Files: pages, Under: "/",
		Funcs: template.FuncMap{"field": field, "describedby": describedBy, "chosen": stored, "join": func(list []string) string { return strings.Join(list, ", ") }},
		Routes: map[string]frame.Handler{
			"POST /fill/start":                explained(a.start),
			"GET " + instance:                 explained(a.show),
			"POST " + instance:                explained(a.step),
			"GET " + instance + "/{page}":     explained(a.showPage),
			"POST " + instance + "/{page}":    explained(a.savePage),
			"GET " + instance + "/files/{id}": explained(a.download),
		},
		Large: []string{"POST " + instance + "/{page}"},
	}, nil
}

// area is safe for concurrent use.
type area struct {
	now         func() time.Time
	definitions *definition.Store
	visited     visited
}
