package storage

import "net/http"

// getApplication serves the metadata of an application, to anybody.
func (s *Server) getApplication(c *call) error {
	id := c.r.PathValue("org") + "/" + c.r.PathValue("app")
	folder, ok := s.cfg.Applications(id)
	if !ok {
		return refuse(http.StatusNotFound, "Could not find an application with appId="+id)
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = c.w.Write(folder.MetadataJSON) // a failed write means that the caller has gone
	return nil
}

// getTexts serves the texts of an application in one language, to whoever has a
// token.
func (s *Server) getTexts(c *call) error {
	language := c.r.PathValue("language")
	if len(language) != 2 {
		return refuse(http.StatusBadRequest, "The language must be a two letter ISO language name.")
	}
	folder, ok := s.cfg.Applications(c.r.PathValue("org") + "/" + c.r.PathValue("app"))
	if !ok {
		return refuseProblem(http.StatusNotFound, "")
	}
	texts, ok := folder.Texts[language]
	if !ok {
		return refuseProblem(http.StatusNotFound, "")
	}
	return c.answerJSON(http.StatusOK, texts)
}
