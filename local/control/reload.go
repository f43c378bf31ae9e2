package control

import (
	"context"
	"errors"
	"net/http"
)

// Reading is what has been read in the folders of applications: which, and what in
// them does not work here.
type Reading struct {
	// Applications are their ids, {org}/{app}.
	Applications []string      `json:"applications"`
	LayoutFaults []LayoutFault `json:"layoutFaults"`
	Hooks        []Hook        `json:"hooks"`
}

// LayoutFault is one thing that is wrong with a page of an application's layouts or
// with a component on it, which the console cannot show.
type LayoutFault struct {
	Application string `json:"application"`
	File        string `json:"file"` // below the application's folder, with slashes
	Page        string `json:"page"`
	Component   string `json:"component,omitempty"` // empty where the page itself is wrong
	Text        string `json:"text"`                // a sentence
	Detail      string `json:"detail,omitempty"`    // the cause
}

// Hook is a class in C# that does not run, since the platform serves the configuration
// of the application.
type Hook struct {
	Application string `json:"application"`
	Class       string `json:"class"`
	Interface   string `json:"interface"`
	File        string `json:"file"` // below the application's folder, with slashes
	Line        int    `json:"line"` // 1-based
}

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
	takeTime(w)
	reading, err := s.cfg.Stands.Reload(r.Context(), body.Applications...)
	switch {
	case errors.Is(err, ErrUnknown):
		refuse(w, http.StatusNotFound, err.Error())
	case err != nil:
		refuse(w, http.StatusUnprocessableEntity, err.Error())
	default:
		answer(w, http.StatusOK, Reading{
			append([]string{}, reading.Applications...), append([]LayoutFault{}, reading.LayoutFaults...), append([]Hook{}, reading.Hooks...),
		})
	}
}

// Reload has the folders of applications read anew, so that what they hold now is
// served; no ids means all that are served from folders. It returns what was read. An
// [*Error] with status 422 says what is wrong with one of them, and with status 404
// which is not served from a folder; nothing is changed then.
func (c *Client) Reload(ctx context.Context, ids ...string) (Reading, error) {
	var read Reading
	err := c.callWithin(ctx, seedTimeout, http.MethodPost, "/applications/reload", applicationsBody{append([]string{}, ids...)}, &read)
	return read, err
}
