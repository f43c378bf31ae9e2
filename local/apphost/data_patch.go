package apphost

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

// patchRequest is the body of PATCH data.
type patchRequest struct {
	Patches           []elementPatch `json:"patches"`
	IgnoredValidators []string       `json:"ignoredValidators"`
}

type elementPatch struct {
	DataElementID string           `json:"dataElementId"`
	Patch         []patchOperation `json:"patch"`
}

// patchedForm is a form that is about to be stored.
type patchedForm struct {
	dataType  app.DataType
	elementID string
	form      form
}

// patchData answers PATCH data: JSON Patches for one or more forms. None is
// stored unless all can be applied.
func (s *Server) patchData(w http.ResponseWriter, c *call) error {
	var ask patchRequest
	if err := readBody(c.r, &ask); err != nil {
		return err
	}
	changed, err := s.patch(c, ask)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, changed)
	return nil
}

// patchOne answers PATCH data/{id}, the older form for one form.
func (s *Server) patchOne(w http.ResponseWriter, c *call) error {
	var one struct {
		Patch             []patchOperation `json:"patch"`
		IgnoredValidators []string         `json:"ignoredValidators"`
	}
	if err := readBody(c.r, &one); err != nil {
		return err
	}
	changed, err := s.patch(c, patchRequest{[]elementPatch{{c.r.PathValue("data"), one.Patch}}, one.IgnoredValidators})
	if err != nil {
		return err
	}
	issues := map[string][]issue{}
	for _, source := range changed.Issues {
		issues[source.Source] = source.Issues
	}
	writeJSON(w, http.StatusOK, jsonType, map[string]any{
		"instance": changed.Instance, "newDataModel": changed.Models[0].Data, "validationIssues": issues,
	})
	return nil
}

func readBody(r *http.Request, into any) error {
	body, err := readBounded(r.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return bindingFailure(err)
	}
	return nil
}

// patchAnswer is what has come of some patches.
type patchAnswer struct {
	Instance instanceJSON   `json:"instance"`
	Models   []newDataModel `json:"newDataModels"`
	Issues   []sourceIssues `json:"validationIssues"`
}

func (s *Server) patch(c *call, ask patchRequest) (patchAnswer, error) {
	out := patchAnswer{Models: []newDataModel{}}
	in, err := s.writableInstance(c)
	if err != nil {
		return out, err
	}
	var patched []patchedForm
	for _, p := range ask.Patches {
		t, element, err := s.elementByID(in, p.DataElementID)
		if err == nil {
			err = s.checkWrite(c, in, t)
		}
		if err != nil {
			return out, err
		}
		f, err := s.patchForm(c, in, t, element, p.Patch)
		if err != nil {
			return out, dataFailure(err)
		}
		patched = append(patched, patchedForm{t, element.ID, f})
	}
	for _, p := range patched {
		if _, err := s.storeChangedForm(c, &in, p.dataType, p.elementID, p.form); err != nil {
			return out, dataFailure(err)
		}
		out.Models = append(out.Models, newDataModel{p.elementID, p.dataType.ID, formOfSchema{s.folder.Models[p.dataType.ID], p.form}})
	}
	if in, err = c.platform.instance(c.ctx(), in.ID); err != nil {
		return out, dataFailure(err)
	}
	found, err := s.issues(c, in)
	if err != nil {
		return out, dataFailure(err)
	}
	out.Instance, out.Issues = s.instanceForm(c.r, in, nil), s.bySource(found, ask.IgnoredValidators)
	return out, nil
}

// patchForm applies a patch to a stored form.
func (s *Server) patchForm(c *call, in storage.Instance, t app.DataType, element storage.DataElement, operations []patchOperation) (form, error) {
	if !t.IsFormData() {
		return nil, problem(http.StatusBadRequest, "Bad Request", "Data type "+t.ID+" does not hold form data")
	}
	schema, f, err := s.readForm(c, in.ID, t, element)
	if err != nil {
		return nil, err
	}
	// The patch is written for what the caller has been shown.
	shown, err := writeFormJSON(schema, f)
	if err != nil {
		return nil, err
	}
	document, err := decodeJSON(shown)
	if err != nil {
		return nil, err
	}
	document, err = applyPatch(document, operations)
	if errors.Is(err, errTestFailed) {
		return nil, problem(http.StatusConflict, "Precondition in patch failed", err.Error())
	}
	if err != nil {
		return nil, problem(http.StatusUnprocessableEntity, "Patch Operation Failed", err.Error())
	}
	changed, err := groupFromJSON(schema, "", document)
	if err != nil {
		return nil, problem(http.StatusUnprocessableEntity, "Patch Operation Failed", err.Error())
	}
	return changed, nil
}

// sourceIssues are the issues of one source.
type sourceIssues struct {
	Source string  `json:"source"`
	Issues []issue `json:"issues"`
}

// bySource groups issues by source and leaves out ignored ones. A source without
// issues has an empty list, which tells callers that earlier ones are gone.
func (s *Server) bySource(issues []issue, ignored []string) []sourceIssues {
	out := []sourceIssues{}
	sources := []string{sourceCounts, sourceFiles, sourceSchema}
	if s.settings.requires {
		sources = append(sources, sourceRequired)
	}
	if s.settings.evaluates {
		sources = append(sources, sourceExpression)
	}
	for _, source := range sources {
		if slices.ContainsFunc(ignored, func(name string) bool { return strings.EqualFold(name, source) }) {
			continue
		}
		group := sourceIssues{source, []issue{}}
		for _, found := range issues {
			if found.Source == source {
				group.Issues = append(group.Issues, found)
			}
		}
		out = append(out, group)
	}
	return out
}
