package inbox

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// guids are what instances and data elements are named by; anything else would
// become part of an address.
var guids = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// opened is an instance that somebody has opened.
type opened struct {
	party  frame.Party
	client *api.Client
	api.Instance
}

// path is the address of the instance in the inbox.
func (o opened) path() string { return "/inbox/" + o.ID }

// stored reads the instance of a request from Storage, which knows its
// application. It is not marked as read. Whether the person may read it, Storage
// decides, so that a refusal, an [*api.Error], is explained in the timeline.
func stored(c *frame.Call) (opened, error) {
	id, err := strconv.Atoi(c.PathValue("party"))
	guid := c.PathValue("guid")
	if err != nil || !guids.MatchString(guid) {
		return opened{}, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	o := opened{party: frame.Party{ID: id, Name: c.PartyName(id)}, client: c.API()}
	if party, ok := c.Person.Party(id); ok {
		o.party = party
		c.ActFor(id)
	}
	o.Instance, err = o.client.Stored(c.Context(), c.PathValue("party")+"/"+guid)
	return o, err
}
