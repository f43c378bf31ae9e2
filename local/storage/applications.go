package storage

import "net/http"

// getApplication serves the metadata of an application, to anybody.
func (s *Server) getApplication(c *call) error {
	folder, ok := s.cfg.Applications(c.r.PathValue("org") + "/" + c.r.PathValue("app"))
	if !ok {
		return refuse(http.StatusNotFound, "Did not find application.")
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = c.w.Write(folder.MetadataJSON) // a failed write means that the caller has gone
	return nil
}

// getTexts serves the texts of an application in one language, to anybody.
func (s *Server) getTexts(c *call) error {
	folder, ok := s.cfg.Applications(c.r.PathValue("org") + "/" + c.r.PathValue("app"))
	if !ok {
		return refuse(http.StatusNotFound, "Did not find application.")
	}
	texts, ok := folder.Texts[c.r.PathValue("language")]
	if !ok {
		return refuse(http.StatusNotFound, "Did not find texts in this language.")
	}
	return c.answerJSON(http.StatusOK, texts)
}
