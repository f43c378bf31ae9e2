package fill

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/web/frame"
)

// download passes on a file of the instance.
func (a *area) download(c *frame.Call) (frame.Answer, error) {
	at, err := placeOf(c)
	if err != nil {
		return frame.Answer{}, err
	}
	id, err := uuid.Parse(c.PathValue("id"))
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	content, err := c.API().Download(c.Context(), at.app, at.instance, id.String())
	if err != nil {
		return frame.Answer{}, lacking("read", err)
	}
	return frame.Download(content, id.String()), nil
}
