package apphost

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
)

// runService does the work of a task that runs by itself. PDFs are made here.
// What would be sent to other systems, or is code of the application's own, is
// passed over, and told.
func (s *Server) runService(c *call, in *storage.Instance, task process.Task) error {
	var err error
	switch {
	case strings.EqualFold(task.Type, process.TypePDF):
		err = s.runPDF(c, in, task)
	case strings.EqualFold(task.Type, process.TypeSubformPDF):
		err = s.runSubformPDF(c, in, task)
	default:
		s.cfg.Logger.WarnContext(c.ctx(), "service task passed without its work", "task", task.ID, "type", task.Type, "instance", in.ID)
	}
	if err == nil {
		return nil
	}
	return &refusal{problem(http.StatusInternalServerError, "Service task failed!",
		fmt.Sprintf("Service task %s failed with an exception!", task.Type)), err}
}

// runPDF prints the tasks that a service task names in one document, or else what
// its own layout shows.
func (s *Server) runPDF(c *call, in *storage.Instance, task process.Task) error {
	if err := s.removeGenerated(c, in, task.ID); err != nil {
		return err
	}
	tasks := task.PDFTasks
	if len(tasks) == 0 {
		tasks = []string{task.ID}
	}
	var content bytes.Buffer
	if err := s.printTasks(c, *in, tasks, &content); err != nil {
		return fmt.Errorf("make pdf of task %s: %w", task.ID, err)
	}
	return s.insertPDF(c, in, app.PDFDataType, s.pdfName(c, task.PDFFilename), task.ID, content.Bytes())
}

// runSubformPDF prints each element of the data type of a subform.
func (s *Server) runSubformPDF(c *call, in *storage.Instance, task process.Task) error {
	subform := task.Subform
	if subform == nil || subform.Component == "" || subform.DataType == "" {
		return errors.New("the task names no subformComponentId and subformDataTypeId in its subformPdfConfig")
	}
	t, known := s.folder.Metadata.DataType(subform.DataType)
	if !known || !t.IsFormData() {
		return fmt.Errorf("the data type %s holds no form", subform.DataType)
	}
	if err := s.removeGenerated(c, in, task.ID); err != nil {
		return err
	}
	for _, e := range elementsOf(*in, t.ID) {
		var content bytes.Buffer
		if err := s.printElement(c, *in, t, e, &content); err != nil {
			return fmt.Errorf("make pdf of %s: %w", t.ID, err)
		}
		if err := s.insertPDF(c, in, app.PDFDataType, s.pdfName(c, subform.Filename), task.ID, content.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// removeGenerated deletes what an earlier try of a task has made.
func (s *Server) removeGenerated(c *call, in *storage.Instance, taskID string) error {
	var kept []storage.DataElement
	for _, e := range in.Data {
		if !generatedFrom(e, taskID) {
			kept = append(kept, e)
			continue
		}
		if err := c.platform.removeData(c.ctx(), in.ID, e.ID, false); err != nil {
			return err
		}
	}
	in.Data = kept
	return nil
}

// generatedFrom reports whether a task has made an element.
func generatedFrom(e storage.DataElement, taskID string) bool {
	for _, r := range e.References {
		if r.Relation == "GeneratedFrom" && r.ValueType == "Task" && r.Value == taskID {
			return true
		}
	}
	return false
}

// elementsOf are the elements of a data type.
func elementsOf(in storage.Instance, dataType string) []storage.DataElement {
	var found []storage.DataElement
	for _, e := range in.Data {
		if e.DataType == dataType {
			found = append(found, e)
		}
	}
	return found
}
