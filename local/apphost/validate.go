package apphost

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

// validate answers GET validate: the issues of the current task.
func (s *Server) validate(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return problemFor(err, somethingWrong)
	}
	if currentTask(in) == "" {
		return problem(http.StatusConflict, "Validation error", "The process of the instance is not in a task")
	}
	issues, err := s.issues(c, in)
	if err != nil {
		return problemFor(err, somethingWrong)
	}
	ignored := strings.Split(c.r.URL.Query().Get("ignoredValidators"), ",")
	issues = slices.DeleteFunc(issues, func(found issue) bool { return slices.Contains(ignored, found.Source) })
	writeJSON(w, http.StatusOK, jsonType, issues)
	return nil
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
	return append(append(out, found...), s.signingIssues(in)...), nil
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
