package apphost

import (
	"net/http"

	"github.com/stafett/stafett/app"
)

// options answers with an option list of the application, which everybody may
// see.
func (s *Server) options(w http.ResponseWriter, r *http.Request) {
	list, ok := s.folder.Options[r.PathValue("options")]
	if !ok {
		s.fail(w, r, empty(http.StatusNotFound))
		return
	}
	if list == nil {
		list = []app.Option{}
	}
	writeJSON(w, http.StatusOK, jsonType, list)
}

// instanceOptions answers for the options of one instance. Only code of the
// application's own makes such, which is not run here, and the lists in files are
// not among them.
func (s *Server) instanceOptions(_ http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	return empty(http.StatusNotFound)
}
