package fill

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/web/frame"
)

// place is which instance a request is about.
type place struct {
	app      string // "{org}/{app}"
	instance string // "{party}/{guid}"
}

// placeOf reads the place from a path. What cannot be an instance is none: it
// must not become part of an address of the platform.
func placeOf(c *frame.Call) (place, error) {
	party, err := strconv.Atoi(c.PathValue("party"))
	guid, guidErr := uuid.Parse(c.PathValue("guid"))
	if err != nil || guidErr != nil {
		return place{}, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	return place{
		app:      c.PathValue("org") + "/" + c.PathValue("app"),
		instance: strconv.Itoa(party) + "/" + guid.String(),
	}, nil
}

// address is where the instance is shown.
func (p place) address() string { return "/fill/" + p.app + "/" + p.instance }

// inbox is where the inbox shows the instance.
func (p place) inbox() string { return "/inbox/" + p.instance }

// page is where a page of the form is shown.
func (p place) page(name string) string { return p.address() + "/" + url.PathEscape(name) }
