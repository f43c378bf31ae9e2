package apphost

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
)

// validate answers GET validate: the issues of the current task.
func (s *Server) validate(w http.ResponseWriter, c *call) error {
	query := urlquery.Of(c.r)
	incremental := false
	if asked := query.Get("onlyIncrementalValidators"); asked != "" {
		var err error
		if incremental, err = strconv.ParseBool(asked); err != nil {
			return bindingProblem("onlyIncrementalValidators", "The value is not a boolean.")
		}
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return problemFor(err, somethingWrong)
	}
	if currentTask(in) == "" {
		return problem(http.StatusConflict, "Validation error", "Unable to validate instance without a started process.")
	}
	issues, err := s.issues(c, in)
	if err != nil {
		return problemFor(err, somethingWrong)
	}
	ignored := strings.Split(query.Get("ignoredValidators"), ",")
	issues = slices.DeleteFunc(issues, func(found issue) bool {
		return incremental && found.NoIncrementalUpdates ||
			slices.ContainsFunc(ignored, func(name string) bool { return strings.EqualFold(name, found.Source) })
	})
	writeJSON(w, http.StatusOK, jsonType, issues)
	return nil
}

// validateData answers GET data/{id}/validate, which has been superseded: the issues
// of one element, and a warning where it belongs to another task.
func (s *Server) validateData(w http.ResponseWriter, c *call) error {
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	t, element, err := s.element(c, in)
	task := currentTask(in)
	if err != nil || task == "" {
		// Not caught by the application library: unhandled exceptions.
		return empty(http.StatusInternalServerError)
	}
	out := []issue{}
	if !strings.EqualFold(t.TaskID, task) {
		code := "DataElementValidatedAtWrongTask"
		out = append(out, issue{
			Severity: severityWarning, DataElementID: &element.ID, Code: code, CustomTextKey: &code,
			Description: fmt.Sprintf("Data element for task %s validated while currentTask is %s", t.TaskID, task),
			Source:      "Altinn.App.Api.Controllers.ValidateController", NoIncrementalUpdates: true,
		})
	}
	found, err := s.issues(c, inTask(in, t.TaskID))
	if err != nil {
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	for _, f := range found {
		if f.DataElementID != nil && *f.DataElementID == element.ID && !f.NoIncrementalUpdates {
			out = append(out, f)
		}
	}
	writeJSON(w, http.StatusOK, jsonType, out)
	return nil
}

// inTask is an instance as if it stood in a task.
func inTask(in storage.Instance, taskID string) storage.Instance {
	state, current := *in.Process, *in.Process.CurrentTask
	current.ElementID = taskID
	state.CurrentTask, in.Process = &current, &state
	return in
}

// issues validates what belongs to the current task: how many elements there
// are of each data type, whether files keep the rules of theirs, and whether
// forms fit their data model and, if the application is to look at it, the
// layout. An empty list is not nil.
func (s *Server) issues(c *call, in storage.Instance) ([]issue, error) {
	out := []issue{}
	for _, t := range s.folder.Metadata.DataTypes {
		if t.TaskID != currentTask(in) {
			continue
		}
		out = append(out, countIssues(in, t)...)
		for _, e := range in.Data {
			if e.DataType != t.ID {
				continue
			}
			if !t.IsFormData() {
				out = append(out, elementIssues(t, e)...)
				continue
			}
			found, err := s.formIssues(c, in, t, e)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	found, err := s.layoutIssues(c, in)
	if err != nil {
		return nil, err
	}
	out = append(out, found...)
	found, err = s.signingIssues(c, in)
	return append(out, found...), err
}

// countIssues compares the number of elements with the limits of the data type.
func countIssues(in storage.Instance, t app.DataType) []issue {
	count := countData(in, t.ID)
	switch {
	case t.MinCount > 0 && count < t.MinCount:
		return []issue{{
			Severity: severityError, Code: "TooFewDataElementsOfType", Source: sourceCounts,
			Description: fmt.Sprintf("%d of at least %d elements of %s", count, t.MinCount, t.ID),
			Field:       nullable(t.ID),
		}}
	case t.MaxCount > 0 && count > t.MaxCount:
		return []issue{{
			Severity: severityError, Code: "TooManyDataElementsOfType", Source: sourceCounts,
			Description: fmt.Sprintf("%d of at most %d elements of %s", count, t.MaxCount, t.ID),
			Field:       nullable(t.ID),
		}}
	}
	return nil
}

// elementIssues checks a stored file.
func elementIssues(t app.DataType, e storage.DataElement) []issue {
	var out []issue
	add := func(code, description string) {
		out = append(out, issue{
			Severity: severityError, DataElementID: nullable(e.ID), Field: nullable(t.ID),
			Code: code, Description: description, Source: sourceFiles,
		})
	}
	if e.ContentType == "" {
		add("MissingContentType", "The file has no content type")
	} else if !t.AllowsContentType(e.ContentType) && !strings.HasPrefix(e.ContentType, anyMediaType) {
		add("ContentTypeNotAllowed", fmt.Sprintf("Data type %s does not allow the content type %s", t.ID, e.ContentType))
	}
	if limit, limited := t.MaxBytes(); limited && e.Size > limit {
		add("DataElementTooLarge", fmt.Sprintf("The file is larger than the %d bytes that data type %s allows", limit, t.ID))
	}
	if t.EnableFileScan {
		switch {
		case e.FileScanResult == "Infected":
			add("DataElementFileInfected", "The file is infected")
		case e.FileScanResult == "Pending" && t.BlockOnPendingScan:
			add("DataElementFileScanPending", "The file has not been scanned yet")
		}
	}
	return out
}

// formIssues checks a form against its data model.
func (s *Server) formIssues(c *call, in storage.Instance, t app.DataType, e storage.DataElement) ([]issue, error) {
	schema, f, err := s.readForm(c, in.ID, t, e)
	if err != nil {
		return nil, err
	}
	var out []issue
	for _, found := range schema.Validate(f) {
		out = append(out, issue{
			Severity: severityError, DataElementID: nullable(e.ID), Field: nullable(found.Path),
			Code: found.Keyword, Description: found.Message, Source: sourceSchema,
		})
	}
	return out, nil
}
