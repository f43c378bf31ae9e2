package apphost

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/local/storage"
)

// formOfSchema is form data with its model, for writing as JSON.
type formOfSchema struct {
	schema *model.Schema
	form   form
}

// MarshalJSON implements [json.Marshaler]: the members in the order of the
// model, null where there is no value.
func (f formOfSchema) MarshalJSON() ([]byte, error) { return writeFormJSON(f.schema, f.form) }

// schemaOf finds the data model of a data type.
func (s *Server) schemaOf(t app.DataType) (*model.Schema, error) {
	schema, ok := s.folder.Models[t.ID]
	if !ok {
		return nil, fmt.Errorf("find data model of %s: the application has none", t.ID)
	}
	return schema, nil
}

// decodeForm reads form data of a content type. The errors are ready to be sent.
func decodeForm(schema *model.Schema, contentType string, content []byte) (form, error) {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	switch mediaType {
	case "application/xml", "text/xml":
		f, err := parseXML(schema, content)
		if err != nil {
			return nil, problem(http.StatusBadRequest, "Failed to deserialize XML", err.Error())
		}
		return f, nil
	case "application/json", "text/json":
		f, err := parseJSON(schema, content)
		if err != nil {
			return nil, problem(http.StatusBadRequest, "Failed to deserialize JSON", err.Error())
		}
		return f, nil
	}
	return nil, problem(http.StatusUnsupportedMediaType, "Unsupported Media Type",
		"Form data must be application/xml or application/json")
}

// encodeForm writes form data as the data type keeps it: XML, unless it allows
// JSON and not XML.
func encodeForm(schema *model.Schema, t app.DataType, f form) (upload, error) {
	content, contentType := writeXML(schema, f), "application/xml"
	if !slices.Contains(t.AllowedContentTypes, contentType) && slices.Contains(t.AllowedContentTypes, "application/json") {
		var err error
		if content, err = writeFormJSON(schema, f); err != nil {
			return upload{}, fmt.Errorf("write form data: %w", err)
		}
		contentType = "application/json"
	}
	return upload{dataType: t.ID, contentType: contentType, body: bytes.NewReader(content), size: int64(len(content))}, nil
}

// storeForm stores form data as a new element, and what the metadata copies of
// it onto the instance.
func (s *Server) storeForm(c *call, in *storage.Instance, t app.DataType, f form) (storage.DataElement, error) {
	schema, err := s.schemaOf(t)
	if err != nil {
		return storage.DataElement{}, err
	}
	content, err := encodeForm(schema, t, f)
	if err != nil {
		return storage.DataElement{}, err
	}
	element, err := c.platform.insertData(c.ctx(), in.ID, content)
	if err != nil {
		return element, err
	}
	in.Data = append(in.Data, element)
	return element, s.copyFields(c, in, t, f)
}

// insertForm decodes form data and stores it as a new element.
func (s *Server) insertForm(c *call, in *storage.Instance, t app.DataType, contentType string, body io.Reader) (storage.DataElement, error) {
	f, err := s.decodeBody(t, contentType, body)
	if err != nil {
		return storage.DataElement{}, err
	}
	return s.storeForm(c, in, t, f)
}

// insertFormBody stores the body of the request as a new form, with what the
// registers know. An empty body makes an empty form.
func (s *Server) insertFormBody(c *call, in *storage.Instance, t app.DataType) (storage.DataElement, form, error) {
	f := form{}
	if c.r.ContentLength != 0 || c.r.Header.Get("Content-Type") != "" {
		var err error
		if f, err = s.decodeBody(t, c.r.Header.Get("Content-Type"), c.r.Body); err != nil {
			return storage.DataElement{}, nil, err
		}
	}
	schema, err := s.schemaOf(t)
	if err != nil {
		return storage.DataElement{}, nil, err
	}
	if file := s.folder.Prefill[t.ID]; len(file) > 0 {
		owner, err := c.platform.partyByID(c.ctx(), in.InstanceOwner.PartyID)
		if err == nil {
			err = applyPrefillFile(schema, f, file, owner)
		}
		if err != nil {
			return storage.DataElement{}, nil, err
		}
	}
	element, err := s.storeForm(c, in, t, f)
	return element, f, err
}

// replaceForm replaces a form by the body of the request.
func (s *Server) replaceForm(c *call, in *storage.Instance, t app.DataType, id string) (storage.DataElement, error) {
	f, err := s.decodeBody(t, c.r.Header.Get("Content-Type"), c.r.Body)
	if err != nil {
		return storage.DataElement{}, err
	}
	return s.storeChangedForm(c, in, t, id, f)
}

// storeChangedForm stores form data in the place of an element, and what the
// metadata copies of it onto the instance.
func (s *Server) storeChangedForm(c *call, in *storage.Instance, t app.DataType, id string, f form) (storage.DataElement, error) {
	content, err := encodeForm(s.folder.Models[t.ID], t, f)
	if err != nil {
		return storage.DataElement{}, err
	}
	element, err := c.platform.replaceData(c.ctx(), in.ID, id, content)
	if err != nil {
		return element, err
	}
	return element, s.copyFields(c, in, t, f)
}

func (s *Server) decodeBody(t app.DataType, contentType string, body io.Reader) (form, error) {
	schema, err := s.schemaOf(t)
	if err != nil {
		return nil, err
	}
	content, err := readBounded(body)
	if err != nil {
		return nil, err
	}
	return decodeForm(schema, contentType, content)
}

// readForm reads a form from Storage.
func (s *Server) readForm(c *call, instanceID string, t app.DataType, element storage.DataElement) (*model.Schema, form, error) {
	schema, err := s.schemaOf(t)
	if err != nil {
		return nil, nil, err
	}
	content, err := c.platform.formBytes(c.ctx(), instanceID, element.ID)
	if err != nil {
		return nil, nil, err
	}
	f, err := decodeForm(schema, element.ContentType, content)
	if err != nil {
		return nil, nil, fmt.Errorf("read stored form %s: %v", element.ID, err) //nolint:errorlint // it is not the caller's fault, so the answer inside must not be sent
	}
	return schema, f, nil
}

// copyFields copies the values that presentationFields and dataFields name onto
// the instance. These are requests of their own, after the form has been stored.
func (s *Server) copyFields(c *call, in *storage.Instance, t app.DataType, f form) error {
	texts := changedFields(s.folder.Metadata.PresentationFields, t.ID, f, in.PresentationTexts)
	if len(texts) > 0 {
		if err := c.platform.setPresentationTexts(c.ctx(), in.ID, texts); err != nil {
			return err
		}
		in.PresentationTexts = merged(in.PresentationTexts, texts)
	}
	values := changedFields(s.folder.Metadata.DataFields, t.ID, f, in.DataValues)
	if len(values) > 0 {
		if err := c.platform.setDataValues(c.ctx(), in.ID, values); err != nil {
			return err
		}
		in.DataValues = merged(in.DataValues, values)
	}
	return nil
}

// changedFields are the fields of a data type whose value on the instance is
// another one. As in library generation 8 the first field of another data type
// ends the search.
func changedFields(fields []app.Field, dataType string, f form, known map[string]string) map[string]string {
	changed := map[string]string{}
	for _, field := range fields {
		if field.DataTypeID != dataType {
			break
		}
		if value := asText(at(f, field.Path)); value != known[field.ID] {
			changed[field.ID] = value
		}
	}
	return changed
}

func merged(into, changes map[string]string) map[string]string {
	out := make(map[string]string, len(into)+len(changes))
	for _, m := range []map[string]string{into, changes} {
		for key, value := range m {
			if out[key] = value; value == "" {
				delete(out, key)
			}
		}
	}
	return out
}
