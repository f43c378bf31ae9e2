package control

import (
	"context"
	"errors"
	"net/http"
)

// applicationsBody names applications by their ids, {org}/{app}.
type applicationsBody struct {
	Applications []string `json:"applications"`
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	var body applicationsBody
	if err := decodeIfAny(r.Body, &body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	ids, err := s.cfg.Stands.Reload(r.Context(), body.Applications...)
	switch {
	case errors.Is(err, ErrUnknown):
		refuse(w, http.StatusNotFound, err.Error())
	case err != nil:
		refuse(w, http.StatusUnprocessableEntity, err.Error())
	default:
		answer(w, http.StatusOK, applicationsBody{append([]string{}, ids...)})
	}
}

// Reload has the folders of applications read anew, so that what they hold now is
// served; no ids means all that are served from folders. It returns those that were
// read. An [*Error] with status 422 says what is wrong with one of them, and with
// status 404 which is not served from a folder; nothing is changed then.
func (c *Client) Reload(ctx context.Context, ids ...string) ([]string, error) {
	var read applicationsBody
	err := c.call(ctx, http.MethodPost, "/applications/reload", applicationsBody{append([]string{}, ids...)}, &read)
	return read.Applications, err
}
