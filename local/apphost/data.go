package apphost

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
)

// createData answers POST data?dataType=: 201 with the element. It is the older
// form, which writes what is wrong with the request as one text.
func (s *Server) createData(w http.ResponseWriter, c *call) error {
	in, element, _, err := s.addData(c, urlquery.Of(c.r).Get("dataType"))
	if err != nil {
		return asText400(err)
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
	issues, err := s.incrementalIssues(c, in)
	if err != nil {
		return problemFor(err, platformFailed)
	}
	writeJSON(w, http.StatusOK, jsonType, map[string]any{
		"newDataElementId": element.ID,
		"instance":         s.instanceForm(c.r, in, nil),
		"newDataModels":    models,
		"validationIssues": issues,
	})
	return nil
}

// incrementalIssues are the issues after a change, by source, for a caller who
// names in the query the sources that are not to be asked.
func (s *Server) incrementalIssues(c *call, in storage.Instance) ([]sourceIssues, error) {
	ignored := urlquery.Of(c.r).Get("ignoredValidators")
	if ignored == "" {
		return []sourceIssues{}, nil
	}
	found, err := s.issues(c, in)
	if err != nil {
		return nil, err
	}
	return s.bySource(found, strings.Split(ignored, ",")), nil
}

// asText400 writes a problem with the request as a text: the descriptions of its
// issues, or what it says.
func asText400(err error) error {
	var refused *uploadProblem
	var a *answer
	switch {
	case errors.As(err, &refused):
		descriptions := make([]string, len(refused.issues))
		for i, found := range refused.issues {
			descriptions[i] = found.Description
		}
		return text(http.StatusBadRequest, "%s", strings.Join(descriptions, ";"))
	case errors.As(err, &a) && a.status == http.StatusBadRequest:
		return &refusal{text(http.StatusBadRequest, "%s", detailOf(err)), err}
	}
	return err
}

// detailOf is what a problem says.
func detailOf(err error) string {
	var a *answer
	if errors.As(err, &a) {
		if body, ok := a.body.(map[string]any); ok {
			detail, _ := body["detail"].(string)
			return detail
		}
	}
	return err.Error()
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
		return in, element, nil, problemFor(err, platformFailed)
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
	if content.size == 0 {
		return storage.DataElement{}, problem(http.StatusBadRequest, "Invalid data", "The file is zero bytes.")
	}
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
	return filename, content, nil
}

// putData answers PUT data/{id}: 201, since nothing is calculated here that
// would make it 200.
func (s *Server) putData(w http.ResponseWriter, c *call) error {
	in, t, element, err := s.writableElement(c)
	if err != nil {
		return err
	}
	if err := checkType(c, t); err != nil {
		return err
	}
	switch {
	case !t.IsFormData():
		element, err = s.replaceFile(c, in, t, element.ID)
	case currentTask(in) == "":
		return problem(http.StatusConflict, "No current task", "The process of the instance is not in a task")
	default:
		element, err = s.replaceForm(c, &in, t, element.ID)
	}
	if err != nil {
		return dataFailure(err)
	}
	out := s.dataElementForm(c.r, in.ID, element)
	w.Header().Set("Location", *out.SelfLinks.Apps)
	writeJSON(w, http.StatusCreated, jsonType, out)
	return nil
}

func (s *Server) replaceFile(c *call, in storage.Instance, t app.DataType, id string) (storage.DataElement, error) {
	filename, content, err := s.receiveFile(c.r, t)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return storage.DataElement{}, text(http.StatusBadRequest, "The request body is larger than %d bytes.", tooLarge.Limit)
	}
	if err != nil {
		return storage.DataElement{}, asText400(err)
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
		return problem(http.StatusBadRequest, "Cannot Delete main data element", "The form of the task cannot be deleted")
	}
	if t.AppLogic != nil && t.AppLogic.DisallowUserDelete && c.caller.Org == "" {
		return problem(http.StatusBadRequest, "User Delete Disallowed", "Users may not delete elements of data type "+t.ID)
	}
	if err := c.platform.removeData(c.ctx(), in.ID, element.ID, false); err != nil {
		return dataFailure(err)
	}
	in.Data = slices.DeleteFunc(in.Data, func(e storage.DataElement) bool { return e.ID == element.ID })
	issues, err := s.incrementalIssues(c, in)
	if err != nil {
		return dataFailure(err)
	}
	writeJSON(w, http.StatusOK, jsonType, map[string]any{
		"instance": s.instanceForm(c.r, in, nil), "validationIssues": issues, "newDataModels": []newDataModel{},
	})
	return nil
}

// checkType compares the data type that an address may name with that of the
// element.
func checkType(c *call, t app.DataType) error {
	if named := c.r.PathValue("dataType"); named != "" && named != t.ID {
		return text(http.StatusBadRequest, "Data type %s does not match data element %s, which is of type %s", named, c.r.PathValue("data"), t.ID)
	}
	return nil
}

// platformFailed is the title of the problem when a platform service refuses to
// take new data.
const platformFailed = "Platform error"

// dataFailure maps a failure of a platform service as the endpoints for existing
// data do.
func dataFailure(err error) error {
	var upstream *platformError
	if !errors.As(err, &upstream) {
		return err
	}
	switch upstream.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
		return &refusal{platformAnswer(upstream, platformFailed), err}
	}
	return &refusal{text(upstream.Status, "%d - %s - %s", upstream.Status, upstream.Reason, upstream.Content), err}
}
