package apphost

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/storage"
)

// startTask does what the platform does when a task begins: form data that was
// locked may be changed again, a payment of an earlier stay is cancelled, and forms
// are made that the task needs and does not have. The owner is looked up if it is
// nil and needed.
func (s *Server) startTask(c *call, in *storage.Instance, taskID string, owner *party, prefill map[string]*string) error {
	if err := s.lockForms(c, in, taskID, false); err != nil {
		return err
	}
	if task, _ := s.folder.Process.Task(taskID); task.Type == process.TypePayment {
		if err := s.resetPayment(c, in, task); err != nil {
			return err
		}
	}
	for _, t := range s.autoCreated(taskID) {
		if hasData(*in, t.ID) {
			continue
		}
		schema, err := s.schemaOf(t)
		if err != nil {
			return err
		}
		f := form{}
		if err := applyPrefill(schema, f, prefill); err != nil {
			return err
		}
		file := s.folder.Prefill[t.ID]
		if len(file) > 0 && owner == nil {
			if owner, err = c.platform.partyByID(c.ctx(), in.InstanceOwner.PartyID); err != nil {
				return err
			}
		}
		if err := applyPrefillFile(schema, f, file, owner); err != nil {
			return err
		}
		if _, err := s.storeForm(c, in, t, f); err != nil {
			return err
		}
	}
	return nil
}

// endTask locks the forms of the current task and makes the PDF of them.
func (s *Server) endTask(c *call, in *storage.Instance) error {
	taskID := currentTask(*in)
	if err := s.lockForms(c, in, taskID, true); err != nil {
		return err
	}
	if task, _ := s.folder.Process.Task(taskID); task.Type == process.TypePayment {
		if err := s.endPayment(c, in, task); err != nil {
			return err
		}
	}
	for _, t := range s.formTypes(taskID) {
		if t.MakesPDF() && hasData(*in, t.ID) {
			return s.storePDF(c, in, taskID)
		}
	}
	return nil
}

// abandonTask undoes what the current task has begun elsewhere.
func (s *Server) abandonTask(c *call, in *storage.Instance) error {
	if task, _ := s.folder.Process.Task(currentTask(*in)); task.Type == process.TypePayment {
		return s.resetPayment(c, in, task)
	}
	return nil
}

// lockForms locks or unlocks the forms of a task against change.
func (s *Server) lockForms(c *call, in *storage.Instance, taskID string, lock bool) error {
	method := http.MethodDelete
	if lock {
		method = http.MethodPut
	}
	for _, t := range s.formTypes(taskID) {
		for i, e := range in.Data {
			if e.DataType != t.ID || e.Locked == lock {
				continue
			}
			if err := c.platform.lockData(c.ctx(), method, in.ID, e.ID); err != nil {
				return err
			}
			in.Data[i].Locked = lock
		}
	}
	return nil
}

// formTypes are the data types that hold the forms of a task.
func (s *Server) formTypes(taskID string) []app.DataType {
	var types []app.DataType
	for _, t := range s.folder.Metadata.DataTypes {
		if t.IsFormData() && t.TaskID == taskID {
			types = append(types, t)
		}
	}
	return types
}

// storePDF prints the form of a task and stores it, with a reference to the task.
func (s *Server) storePDF(c *call, in *storage.Instance, taskID string) error {
	var content bytes.Buffer
	if err := s.printForm(c, *in, taskID, &content); err != nil {
		return fmt.Errorf("make pdf of task %s: %w", taskID, err)
	}
	return s.insertPDF(c, in, app.PDFDataType, s.pdfName(c, ""), taskID, content.Bytes())
}

// insertPDF stores a PDF that the application has made.
func (s *Server) insertPDF(c *call, in *storage.Instance, dataType, filename, generatedFrom string, content []byte) error {
	element, err := c.platform.insertData(c.ctx(), in.ID, upload{
		dataType: dataType, contentType: "application/pdf", filename: filename,
		generatedFrom: generatedFrom, body: bytes.NewReader(content), size: int64(len(content)),
	})
	if err != nil {
		return err
	}
	in.Data = append(in.Data, element)
	return nil
}

// pdfName is the name of a PDF in the caller's language: a text, or the id of one,
// or the application's title where there is no name.
func (s *Server) pdfName(c *call, name string) string {
	if known, ok := s.folder.Texts[c.language()].Get(name); ok {
		name = known.Value
	}
	return strings.TrimSuffix(cmp.Or(name, s.title(c.language())), ".pdf") + ".pdf"
}

// cleanUp deletes what the metadata says shall not outlive the process. The
// process has ended by then, so a failure is only noted.
func (s *Server) cleanUp(c *call, in storage.Instance) {
	note := func(what string, err error) {
		if err != nil {
			s.cfg.Logger.WarnContext(c.ctx(), "not deleted at the end of the process", "what", what, "instance", in.ID, "reason", err)
		}
	}
	for _, e := range in.Data {
		if t, ok := s.folder.Metadata.DataType(e.DataType); ok && t.AppLogic != nil && t.AppLogic.AutoDeleteOnProcessEnd {
			note("data element "+e.ID, c.platform.removeData(c.ctx(), in.ID, e.ID, true))
		}
	}
	if s.folder.Metadata.AutoDeleteOnProcessEnd {
		_, err := c.platform.removeInstance(c.ctx(), in.ID, true)
		note("instance", err)
	}
}
