package fill

import (
	"net/http"
	"strconv"

	"github.com/stafett/stafett/local/web/frame"
)

// start makes an instance for one of those the person may act for.
func (a *area) start(c *frame.Call) (frame.Answer, error) {
	party, err := strconv.Atoi(c.PostFormValue("party"))
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusBadRequest, "start.party")
	}
	appID := c.PostFormValue("app")
	made, err := c.API().Create(c.Context(), appID, party)
	if err != nil {
		return frame.Answer{}, lacking("instantiate", err)
	}
	c.ActFor(party)
	return frame.Redirect(place{app: appID, instance: made.ID}.address()), nil
}

// show goes to the page where the instance stands.
func (a *area) show(c *frame.Call) (frame.Answer, error) {
	s, err := a.stand(c)
	if err != nil {
		return frame.Answer{}, err
	}
	switch {
	case s.deleted():
		return a.showGone(c, s)
	case s.process.Ended != nil:
		return a.showReceipt(c, s)
	case s.hasPages():
		return frame.Redirect(s.page(a.firstPage(c, s))), nil
	}
	return a.showTask(c, s, http.StatusOK, nil)
}

// firstPage is the page on which the person left the form, or else the first.
func (a *area) firstPage(c *frame.Call, s *standing) string {
	pages := s.definition.Form.Pages(s.state)
	last := a.visited.last(c.Person.UserID, s.place.instance)
	for _, page := range pages {
		if page.Name == last {
			return last
		}
	}
	return pages[0].Name
}
