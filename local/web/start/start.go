// Package start is the front page of the console: who somebody is, and which
// application to use.
package start

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

//go:embed all:pages
var embedded embed.FS

// levels are the authentication levels to choose from; 2 is what most
// applications demand of a person.
var levels = []int{0, 1, 2, 3, 4}

const usualLevel = 2

// Config is what the front page tells of.
type Config struct {
	// Apps are the ids of the applications that are served, the original first.
	Apps []string
	// Begin gives the command after which forms are carried over, or nothing where
	// they are. Nil is the same as nothing.
	Begin func(context.Context) string
}

// New returns the area of the front page.
func New(cfg Config) (frame.Area, error) {
	pages, err := fs.Sub(embedded, "pages")
	if err != nil {
		return frame.Area{}, err
	}
	s := &area{cfg}
	return frame.Area{
		Name: "start", Files: pages,
		Open: map[string]frame.Handler{
			"GET /{$}":     s.show,
			"POST /person": s.choose,
			"POST /leave":  s.leave,
		},
	}, nil
}

type area struct{ cfg Config }

// choice is the page for those who have chosen nobody.
type choice struct {
	People []frame.Person
	Levels []int
	Level  int
	// Asked tells that another level than the usual one is needed.
	Asked bool
	Next  string
	// Ended tells that there has been a session, which the platform does not know.
	Ended  bool
	Faults []frame.Fault
}

// applications is the page for those who have.
type applications struct {
	Apps    []application
	Parties []frame.Party
	// Begin is the command after which forms are carried over; empty where they are.
	Begin string
}

type application struct {
	ID, Title string
	// Active are the person's own unfinished instances.
	Active []api.ActiveInstance
	// Problem is why it cannot be used now; empty for nothing.
	Problem string
}

func (a *area) show(c *frame.Call) (frame.Answer, error) {
	if c.Person == nil {
		return a.people(c), nil
	}
	page := applications{Parties: c.Person.Parties}
	if a.cfg.Begin != nil {
		page.Begin = a.cfg.Begin(c.Context())
	}
	client := c.API()
	for _, id := range a.cfg.Apps {
		shown := application{ID: id, Title: id}
		metadata, err := client.Metadata(c.Context(), id)
		if err != nil {
			shown.Problem = c.T("app-unreachable")
			page.Apps = append(page.Apps, shown)
			continue
		}
		if title := cmp.Or(metadata.Title[c.Language], metadata.Title["nb"]); title != "" {
			shown.Title = title
		}
		if shown.Active, err = client.Active(c.Context(), id, c.Person.PartyID); err != nil {
			shown.Active = nil // what may not be listed is not shown; the form itself tells why
		}
		page.Apps = append(page.Apps, shown)
	}
	return frame.Show("applications", c.T("applications"), page), nil
}

func (a *area) people(c *frame.Call) frame.Answer {
	page := choice{People: c.People(), Levels: levels, Level: usualLevel, Next: c.URL.Query().Get("next"), Ended: c.URL.Query().Has("ended")}
	if level, err := strconv.Atoi(c.URL.Query().Get("level")); err == nil && slices.Contains(levels, level) {
		page.Level, page.Asked = level, true
	}
	return frame.Show("people", c.T("people"), page)
}

func (a *area) choose(c *frame.Call) (frame.Answer, error) {
	next := c.PostFormValue("next")
	user, err := strconv.Atoi(c.PostFormValue("person"))
	level, levelErr := strconv.Atoi(c.PostFormValue("level"))
	if err == nil && levelErr == nil && level >= levels[0] && level <= levels[len(levels)-1] {
		if answer, ok := c.Choose(frame.Redirect(frame.Local(next)), user, level); ok {
			return answer, nil
		}
	}
	page := choice{People: c.People(), Levels: levels, Level: usualLevel, Next: next, Faults: []frame.Fault{{Text: c.T("choose-person"), Field: "person-0"}}}
	return frame.Show("people", c.T("people"), page).WithStatus(http.StatusUnprocessableEntity), nil
}

// leave lets somebody choose again, and come back to the page and at the level
// that the form names.
func (a *area) leave(c *frame.Call) (frame.Answer, error) {
	again := url.Values{}
	for _, name := range []string{"next", "level"} {
		if value := c.PostFormValue(name); value != "" {
			again.Set(name, value)
		}
	}
	if len(again) == 0 {
		return c.Leave(frame.Redirect("/")), nil
	}
	return c.Leave(frame.Redirect("/?" + again.Encode())), nil
}
