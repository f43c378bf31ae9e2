package apphost

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// The endpoints of this file that show configuration are open to everybody.

func (s *Server) applicationMetadata(w http.ResponseWriter, _ *http.Request) {
	writeBytes(w, jsonType, s.folder.MetadataJSON)
}

func (s *Server) authorizationPolicy(w http.ResponseWriter, _ *http.Request) {
	writeBytes(w, "text/xml; charset=utf-8", s.folder.PolicyXML)
}

func (s *Server) processDefinition(w http.ResponseWriter, _ *http.Request) {
	writeBytes(w, "text/xml; charset=utf-8", s.folder.ProcessXML)
}

// texts answers with the texts of a language, or else with those in bokmål.
func (s *Server) texts(w http.ResponseWriter, r *http.Request) {
	language := r.PathValue("language")
	if len(language) != 2 {
		s.fail(w, r, text(http.StatusBadRequest, "The language code %s does not have two characters.", language))
		return
	}
	texts, ok := s.folder.Texts[language]
	if !ok {
		texts, ok = s.folder.Texts["nb"]
	}
	if !ok {
		s.fail(w, r, empty(http.StatusNotFound))
		return
	}
	writeJSON(w, http.StatusOK, jsonType, struct {
		ID       string `json:"id"`
		Org      string `json:"org"`
		Language string `json:"language"`
		Texts    any    `json:"resources"`
	}{s.folder.Org + "-" + s.folder.Name + "-" + texts.Language, s.folder.Org, texts.Language, texts.Resources})
}

// applicationLanguages answers in which languages the application has texts.
func (s *Server) applicationLanguages(w http.ResponseWriter, _ *call) error {
	type language struct {
		Language string `json:"language"`
	}
	out := []language{}
	for _, known := range slices.Sorted(maps.Keys(s.folder.Texts)) {
		out = append(out, language{known})
	}
	writeJSON(w, http.StatusOK, jsonType, out)
	return nil
}

func (s *Server) applicationSettings(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, jsonType, s.settings.frontEndJSON())
}

func writeBytes(w http.ResponseWriter, contentType string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(content) // a failed write means that the caller has gone
}

// lookupOrganisation answers what a form asks about an organisation number.
func (s *Server) lookupOrganisation(w http.ResponseWriter, c *call) error {
	found, err := c.platform.partyByNumber(c.ctx(), "orgNo", c.r.PathValue("number"))
	if err != nil && !isStatus(err, http.StatusNotFound) {
		return err
	}
	type details struct {
		OrgNumber *string `json:"orgNr"`
		Name      *string `json:"name"`
	}
	out := struct {
		Success bool     `json:"success"`
		Details *details `json:"organisationDetails"`
	}{}
	if found != nil && json.Valid(found.Organization) {
		out.Success, out.Details = true, &details{found.OrgNumber, found.Name}
	}
	writeJSON(w, http.StatusOK, jsonType, out)
	return nil
}
