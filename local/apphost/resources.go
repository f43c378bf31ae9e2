package apphost

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
)

// The endpoints of this file show the files of ui/ and models/ to everybody, as
// they were written.

func (s *Server) layoutSets(w http.ResponseWriter, r *http.Request) {
	writeFile(w, r, s.folder.LayoutSetsJSON)
}

// layouts answers with all layouts of a set in one object; an unknown set has
// none.
func (s *Server) layouts(w http.ResponseWriter, r *http.Request) {
	layouts := s.layoutSet(r).Layouts
	if layouts == nil {
		layouts = map[string]json.RawMessage{}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(layouts); err != nil {
		s.fail(w, r, err)
		return
	}
	writeFile(w, r, bytes.TrimSpace(text.Bytes()))
}

func (s *Server) layoutSettings(w http.ResponseWriter, r *http.Request) {
	writeFile(w, r, s.layoutSet(r).SettingsJSON)
}

// layoutSet finds the set that an address names. Without a name it is the one
// directly below ui/. A set that is not there has no files.
func (s *Server) layoutSet(r *http.Request) app.LayoutSet {
	for _, set := range s.folder.LayoutSets {
		if set.ID == r.PathValue("set") {
			return set
		}
	}
	return app.LayoutSet{}
}

// jsonSchema answers with a data model. Like the library, the application fails
// where there is none.
func (s *Server) jsonSchema(w http.ResponseWriter, r *http.Request) {
	schema, ok := s.folder.ModelsJSON[r.PathValue("dataType")]
	if !ok {
		s.fail(w, r, empty(http.StatusInternalServerError))
		return
	}
	writeFile(w, r, schema)
}

func (s *Server) validationConfig(w http.ResponseWriter, r *http.Request) {
	writeFile(w, r, s.folder.ValidationJSON[r.PathValue("dataType")])
}

// noContent answers for files that are not served here: rules in JavaScript, of
// which expressions are the successor, and footers.
func (s *Server) noContent(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}

// writeFile answers with a file as ASP.NET Core does with a string: as plain
// text, but as a string in JSON to those who accept JSON and no plain text, and
// with no content where there is no file.
func writeFile(w http.ResponseWriter, r *http.Request, content []byte) {
	switch {
	case content == nil:
		w.WriteHeader(http.StatusNoContent)
	case acceptsPlain(r.Header.Get("Accept")):
		writeBytes(w, "text/plain; charset=utf-8", content)
	default:
		writeJSON(w, http.StatusOK, jsonType, string(content))
	}
}

// acceptsPlain reads an Accept header. One that names JSON alone does not accept
// plain text; what names neither is given plain text all the same.
func acceptsPlain(accept string) bool {
	onlyJSON := false
	for part := range strings.SplitSeq(accept, ",") {
		media, _, err := mime.ParseMediaType(part)
		switch {
		case err != nil:
		case media == "*/*", media == "text/*", media == "text/plain":
			return true
		case media == "application/json", media == "text/json", media == "application/*":
			onlyJSON = true
		}
	}
	return !onlyJSON
}
