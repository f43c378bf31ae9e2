// Package inbox is the console's inbox: what a party has in Altinn Storage, and
// what can be done with it outside of the form itself. It lists and shows
// instances as Altinn's own inbox does: title and presentation texts, newest
// change first, without those that their application hides or that are not
// visible yet.
package inbox

import (
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/frame"
)

//go:embed all:pages
var embedded embed.FS

// Config is what the inbox needs besides a person.
type Config struct {
	// Definitions are what applications say of their forms. Required.
	Definitions *definition.Store
	// Now decides what is due and what is visible; nil means [time.Now].
	Now func() time.Time
}

// New returns the area of the inbox.
func New(cfg Config) (frame.Area, error) {
	if cfg.Definitions == nil {
		return frame.Area{}, errors.New("make the inbox: a store of definitions is required")
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
		Name: "inbox", Files: pages, Funcs: template.FuncMap{"blocks": blocks},
		Routes: map[string]frame.Handler{
			"GET /inbox":                             a.own,
			"GET /inbox/{party}":                     a.list,
			"GET /inbox/{party}/news":                a.news,
			"GET /inbox/{party}/{guid}":              a.detail,
			"GET /inbox/{party}/{guid}/files/{data}": a.file,
			"GET /inbox/{party}/{guid}/finish":       a.askFinish,
			"POST /inbox/{party}/{guid}/finish":      a.finish,
			"GET /inbox/{party}/{guid}/delete":       a.askDelete,
			"POST /inbox/{party}/{guid}/delete":      a.delete,
			"POST /inbox/{party}/{guid}/unread":      a.unread,
		},
	}, nil
}

type area struct{ cfg Config }

// own leads to the inbox that was looked at last, at first to the person's own.
func (a *area) own(c *frame.Call) (frame.Answer, error) {
	return frame.Redirect("/inbox/" + strconv.Itoa(c.Acting())), nil
}

// partyOf reads whose inbox is asked for. Only those for whom the person may act
// have one here.
func partyOf(c *frame.Call) (frame.Party, error) {
	id, err := strconv.Atoi(c.PathValue("party"))
	if err != nil {
		return frame.Party{}, fs.ErrNotExist
	}
	party, ok := c.Person.Party(id)
	if !ok {
		return frame.Party{}, frame.Refuse(http.StatusForbidden, "no-party", c.Person.Name, c.PartyName(id))
	}
	return party, nil
}
