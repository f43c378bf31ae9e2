package inbox

import (
	"net/http"
	"regexp"

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
// application. It is not marked as read. A refusal is an [*api.Error].
func stored(c *frame.Call) (opened, error) {
	party, err := partyOf(c)
	if err != nil {
		return opened{}, err
	}
	guid := c.PathValue("guid")
	if !guids.MatchString(guid) {
		return opened{}, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	o := opened{party: party, client: c.API()}
	o.Instance, err = o.client.Stored(c.Context(), c.PathValue("party")+"/"+guid)
	return o, err
}
