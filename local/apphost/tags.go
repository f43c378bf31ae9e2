package apphost

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/storage"
)

// tagForm is what a tag may consist of.
var tagForm = regexp.MustCompile(`^[\p{L}\-_]+$`)

type tagsList struct {
	Tags []string `json:"tags"`
}

// taggedElement finds the element of the path for a caller who may do an action.
func (s *Server) taggedElement(c *call) (storage.DataElement, error) {
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		// Not caught by the application library: an unhandled exception.
		return storage.DataElement{}, &refusal{empty(http.StatusInternalServerError), err}
	}
	for _, e := range in.Data {
		if strings.EqualFold(e.ID, c.r.PathValue("data")) {
			return e, nil
		}
	}
	return storage.DataElement{}, text(http.StatusNotFound, "Unable to find data element based on the given parameters.")
}

// getTags answers GET data/{id}/tags.
func (s *Server) getTags(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	e, err := s.taggedElement(c)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, tagsList{append([]string{}, e.Tags...)})
	return nil
}

// postBelowData answers POST data/{id}/tags, and POST data/type/{dataType}, an older
// address of data/{dataType}.
func (s *Server) postBelowData(w http.ResponseWriter, c *call) error {
	of, name := c.r.PathValue("data"), c.r.PathValue("name")
	switch {
	case of == "type":
		c.r.SetPathValue("dataType", name)
		return s.createDataOfType(w, c)
	case name == "tags" && isGUID(of):
		return s.addTag(w, c)
	}
	return empty(http.StatusNotFound)
}

// addTag answers POST data/{id}/tags, whose body is a JSON string.
func (s *Server) addTag(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "write"); err != nil {
		return err
	}
	body, err := readBounded(c.r.Body)
	if err != nil {
		return err
	}
	var tag string
	if err := json.Unmarshal(body, &tag); err != nil {
		return bindingFailure(err)
	}
	if !tagForm.MatchString(tag) {
		return text(http.StatusBadRequest, "The new tag must consist of letters.")
	}
	e, err := s.taggedElement(c)
	if err != nil {
		return err
	}
	if !slices.Contains(e.Tags, tag) {
		e.Tags = append(e.Tags, tag)
		if err := c.platform.updateElement(c.ctx(), c.instanceID, e); err != nil {
			return &refusal{empty(http.StatusInternalServerError), err}
		}
	}
	w.Header().Set("Location", s.appAddress(c.r, c.instanceID)+"/data/"+e.ID+"/tags")
	writeJSON(w, http.StatusCreated, jsonType, tagsList{e.Tags})
	return nil
}

// removeTag answers DELETE data/{id}/tags/{tag}, also where there is no such tag.
func (s *Server) removeTag(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "write"); err != nil {
		return err
	}
	e, err := s.taggedElement(c)
	if err != nil {
		return err
	}
	if i := slices.Index(e.Tags, c.r.PathValue("tag")); i >= 0 {
		e.Tags = slices.Delete(e.Tags, i, i+1)
		if err := c.platform.updateElement(c.ctx(), c.instanceID, e); err != nil {
			return &refusal{empty(http.StatusInternalServerError), err}
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
