package apphost

import (
	"errors"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

// createData answers POST data?dataType=: 201 with the element. It is the older
// form, which writes the issues of a refused file as one text.
func (s *Server) createData(w http.ResponseWriter, c *call) error {
	in, element, _, err := s.addData(c, c.r.URL.Query().Get("dataType"))
	var refused *uploadProblem
	if errors.As(err, &refused) {
		descriptions := make([]string, len(refused.issues))
		for i, found := range refused.issues {
			descriptions[i] = found.Description
		}
		return text(http.StatusBadRequest, "%s", strings.Join(descriptions, ";"))
	}
	if err != nil {
		return err
	}
	out := s.dataElementForm(c.r, in.ID, element)
	w.Header().Set("Location", *out.SelfLinks.Apps)
	writeJSON(w, http.StatusCreated, jsonType, out)
	return nil
}

// newDataModel is form data that a request has made or changed.
type newDataModel struct {
	DataElementID string       `json:"dataElementId"`
	DataType      string       `json:"dataType"`
	Data          formOfSchema `json:"data"`
}

// createDataOfType answers POST data/{dataType}: 200 with the instance.
func (s *Server) createDataOfType(w http.ResponseWriter, c *call) error {
	in, element, models, err := s.addData(c, c.r.PathValue("dataType"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, map[string]any{
		"newDataElementId": element.ID,
		"instance":         s.instanceForm(c.r, in, nil),
		"newDataModels":    models,
		"validationIssues": []any{},
	})
	return nil
}

// addData stores the body of the request as a new element, after the checks in
// their order.
func (s *Server) addData(c *call, dataType string) (storage.Instance, storage.DataElement, []newDataModel, error) {
	models := []newDataModel{}
	in, err := s.writableInstance(c)
	if err != nil {
		return in, storage.DataElement{}, nil, err
	}
	t, known := s.folder.Metadata.DataType(dataType)
	if !known {
		return in, storage.DataElement{}, nil, problem(http.StatusBadRequest, "Data Type Not Found", "The application has no data type "+dataType)
	}
	if err := s.checkCreate(c, in, t, c.r.ContentLength); err != nil {
		return in, storage.DataElement{}, nil, err
	}
	var element storage.DataElement
	if t.IsFormData() {
		var f form
		element, f, err = s.insertFormBody(c, &in, t)
		models = append(models, newDataModel{element.ID, t.ID, formOfSchema{s.folder.Models[t.ID], f}})
	} else {
		element, err = s.insertFile(c, &in, t)
	}
	if err != nil {
		return in, element, nil, problemFor(err, "Something went wrong.")
	}
	return in, element, models, nil
}

// writableInstance reads the instance for a caller who may write to it.
func (s *Server) writableInstance(c *call) (storage.Instance, error) {
	if err := s.permit(c, "write"); err != nil {
		return storage.Instance{}, err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return in, problemFor(err, "Instance Not Found")
	}
	return in, nil
}

// insertFile stores a binary body.
func (s *Server) insertFile(c *call, in *storage.Instance, t app.DataType) (storage.DataElement, error) {
	filename, content, err := s.receiveFile(c.r, t)
	if err != nil {
		return storage.DataElement{}, err
	}
	defer content.close()
	element, err := c.platform.insertData(c.ctx(), in.ID, upload{
		dataType: t.ID, contentType: c.r.Header.Get("Content-Type"), filename: filename,
		body: content.open(), size: content.size,
	})
	if err == nil {
		in.Data = append(in.Data, element)
	}
	return element, err
}

// receiveFile reads a binary body. The caller closes the spool.
func (s *Server) receiveFile(r *http.Request, t app.DataType) (string, *spool, error) {
	filename, err := checkFile(r.Header, t)
	if err != nil {
		return "", nil, err
	}
	body := r.Body
	if limit, limited := t.MaxBytes(); limited {
		body = http.MaxBytesReader(nil, body, limit)
	}
	content, err := newSpool(body, s.cfg.SpoolDir)
	if err != nil {
		return "", nil, err
	}
	if content.size == 0 {
		content.close()
		return "", nil, uploadRefused(fileIssue("DataElementTooLarge", "The file is empty"))
	}
	return filename, content, nil
}

// putData answers PUT data/{id}: 201, since nothing is calculated here that
// would make it 200.
func (s *Server) putData(w http.ResponseWriter, c *call) error {
	in, t, element, err := s.writableElement(c)
	if err != nil {
		return err
	}
	if t.IsFormData() {
		element, err = s.replaceForm(c, &in, t, element.ID)
	} else {
		element, err = s.replaceFile(c, in, t, element.ID)
	}
	if err != nil {
		return problemFor(err, "Something went wrong.")
	}
	out := s.dataElementForm(c.r, in.ID, element)
	w.Header().Set("Location", *out.SelfLinks.Apps)
	writeJSON(w, http.StatusCreated, jsonType, out)
	return nil
}

func (s *Server) replaceFile(c *call, in storage.Instance, t app.DataType, id string) (storage.DataElement, error) {
	filename, content, err := s.receiveFile(c.r, t)
	if err != nil {
		return storage.DataElement{}, err
	}
	defer content.close()
	return c.platform.replaceData(c.ctx(), in.ID, id, upload{
		contentType: c.r.Header.Get("Content-Type"), filename: filename, body: content.open(), size: content.size,
	})
}

// writableElement finds the element of the path for a caller who may write it.
func (s *Server) writableElement(c *call) (storage.Instance, app.DataType, storage.DataElement, error) {
	in, err := s.writableInstance(c)
	if err != nil {
		return in, app.DataType{}, storage.DataElement{}, err
	}
	t, element, err := s.element(c, in)
	if err == nil {
		err = s.checkWrite(c, in, t)
	}
	return in, t, element, err
}

// element finds the element of the path in an instance.
func (s *Server) element(c *call, in storage.Instance) (app.DataType, storage.DataElement, error) {
	return s.elementByID(in, c.r.PathValue("data"))
}

func (s *Server) elementByID(in storage.Instance, id string) (app.DataType, storage.DataElement, error) {
	for _, e := range in.Data {
		if !strings.EqualFold(e.ID, id) {
			continue
		}
		t, known := s.folder.Metadata.DataType(e.DataType)
		if !known {
			return t, e, problem(http.StatusBadRequest, "Data Type Not Found", "The application has no data type "+e.DataType)
		}
		return t, e, nil
	}
	return app.DataType{}, storage.DataElement{}, problem(http.StatusNotFound, "Data Element Not Found", "The instance has no data element with this id")
}

// deleteData answers DELETE data/{id}.
func (s *Server) deleteData(w http.ResponseWriter, c *call) error {
	in, t, element, err := s.writableElement(c)
	if err != nil {
		return err
	}
	if t.IsFormData() && t.MaxCount == 1 && t.MinCount == 1 {
		return problem(http.StatusBadRequest, "Data Element Not Deleted", "The form of the task cannot be deleted")
	}
	if t.AppLogic != nil && t.AppLogic.DisallowUserDelete && !s.ownsApplication(c) {
		return problem(http.StatusBadRequest, "Data Element Not Deleted", "Users may not delete elements of data type "+t.ID)
	}
	if err := c.platform.removeData(c.ctx(), in.ID, element.ID, false); err != nil {
		return problemFor(err, "Something went wrong.")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
