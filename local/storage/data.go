package storage

import (
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
)

// Values of DataElement.FileScanResult.
const (
	ScanNotApplicable = "NotApplicable"
	ScanPending       = "Pending"
	ScanClean         = "Clean"
	ScanInfected      = "Infected"
)

// generatedFrom is the relation of a data element to the task that made it.
const generatedFrom = "GeneratedFrom"

// createData streams a new data element. The application's limits on number and
// size are the application's own business.
func (s *Server) createData(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	dataType, ok := s.dataType(c, c.r.URL.Query().Get("dataType"))
	if !ok {
		return refuse(http.StatusBadRequest, "Requested element type is not declared in application metadata")
	}
	blob, size, err := s.receive(c)
	if err != nil {
		return err
	}
	element := DataElement{
		ID: newGUID(), InstanceGUID: c.instance.guid(), DataType: dataType.ID,
		IsRead: c.caller.UserID != 0, FileScanResult: ScanNotApplicable, CreatedBy: c.caller.Actor(),
	}
	element.BlobStoragePath = c.instance.AppID + "/" + element.InstanceGUID + "/data/" + element.ID
	if dataType.EnableFileScan {
		element.FileScanResult = ScanPending
	}
	_, err = s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		element.Created = &ch.now
		element.describe(c.r, size)
		element.changed(ch)
		ch.touch()
		if err := ch.addElement(element, blob); err != nil {
			return err
		}
		return ch.record(EventCreated, element.ID)
	})
	if err != nil {
		s.blobs.remove(blob)
		return err
	}
	return s.answerElement(c, http.StatusCreated, element)
}

// replaceData streams new content into an element that is not locked.
func (s *Server) replaceData(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	element, ok := c.element()
	if !ok {
		return refuse(http.StatusNotFound, "Unable to find data element "+c.r.PathValue("data"))
	}
	dataType, ok := s.dataType(c, element.DataType)
	if !ok {
		return refuse(http.StatusBadRequest, "Requested element type is not declared in application metadata")
	}
	blob, size, err := s.receive(c)
	if err != nil {
		return err
	}
	return s.changeElementFor(c, blob, EventSaved, func(e *DataElement) error {
		if e.Locked {
			return refuse(http.StatusConflict, "Data element "+e.ID+" is locked and cannot be updated")
		}
		e.describe(c.r, size)
		if dataType.EnableFileScan {
			e.FileScanResult = ScanPending
		}
		return nil
	})
}

// getData streams the bytes. The first reader who is not the service owner
// marks the element as read.
func (s *Server) getData(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	element, file, err := s.openData(c)
	if errors.Is(err, errNotFound) {
		return refuse(http.StatusNotFound, "Unable to find data element "+c.r.PathValue("data"))
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if !element.IsRead && c.caller.Org != c.instance.Org {
		_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
			e, err := ch.element(element.ID)
			if err != nil {
				return err
			}
			e.IsRead = true
			return ch.saveElement(e, "")
		})
		if err != nil {
			return err
		}
	}
	header := c.w.Header()
	header.Set("Content-Type", element.ContentType)
	header.Set("Content-Length", strconv.FormatInt(element.Size, 10))
	if element.Filename != "" {
		header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": element.Filename}))
	}
	if _, err := io.Copy(c.w, file); err != nil {
		s.cfg.Logger.InfoContext(c.ctx(), "data element not sent to its end", "error", err)
	}
	return nil
}

// openData opens the content of an element as the rows have it now. Content
// that is replaced between the two steps is looked up anew.
func (s *Server) openData(c *call) (DataElement, *os.File, error) {
	for {
		element, ok := c.element()
		if !ok {
			return DataElement{}, nil, errNotFound
		}
		blob, err := readBlobName(c.ctx(), s.db.sql, element.ID)
		if err != nil {
			return DataElement{}, nil, err
		}
		file, err := s.blobs.open(blob)
		if err == nil {
			info, err := file.Stat()
			if err != nil {
				return DataElement{}, nil, err
			}
			element.Size = info.Size()
			return element, file, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return DataElement{}, nil, err
		}
		if now, err := readBlobName(c.ctx(), s.db.sql, element.ID); err != nil || now == blob {
			return DataElement{}, nil, errors.Join(err, errNotFound)
		}
	}
}

// deleteData removes an element at once or, with delay, only hides it until the
// process ends, which is for types that the application deletes then.
func (s *Server) deleteData(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	element, ok := c.element()
	if !ok {
		return refuse(http.StatusNotFound, "Unable to find data element "+c.r.PathValue("data"))
	}
	delay, _ := strconv.ParseBool(c.r.URL.Query().Get("delay"))
	if delay {
		dataType, ok := s.dataType(c, element.DataType)
		if !ok || dataType.AppLogic == nil || !dataType.AppLogic.AutoDeleteOnProcessEnd {
			return refuse(http.StatusBadRequest, "DataType "+element.DataType+" does not support delayed deletion")
		}
		return s.changeElementFor(c, "", EventDeleted, func(e *DataElement) error {
			e.DeleteStatus = &DeleteStatus{IsHardDeleted: true, HardDeleted: new(instant(s.cfg.Now()))}
			return nil
		})
	}
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		e, err := ch.element(element.ID)
		if err != nil {
			return err
		}
		if e.Locked {
			return refuse(http.StatusConflict, "Data element "+e.ID+" is locked and cannot be deleted")
		}
		ch.touch()
		if err := ch.removeElement(element.ID); err != nil {
			return err
		}
		return ch.record(EventDeleted, element.ID)
	})
	if err != nil {
		return err
	}
	return s.answerElement(c, http.StatusOK, element)
}

// receive streams the body to disk: 400 when it is empty, 413 when it is over
// the limit.
func (s *Server) receive(c *call) (blob string, size int64, err error) {
	blob, size, err = s.blobs.put(http.MaxBytesReader(c.w, c.r.Body, s.cfg.MaxDataSize))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", 0, refuse(http.StatusRequestEntityTooLarge, "The data element is too large.")
	case err != nil:
		return "", 0, err
	case size == 0:
		s.blobs.remove(blob)
		return "", 0, refuse(http.StatusBadRequest, "Empty stream. Cannot store an empty data element.")
	}
	return blob, size, nil
}

func (s *Server) dataType(c *call, id string) (app.DataType, bool) {
	folder, ok := s.cfg.Applications(c.instance.AppID)
	if !ok {
		return app.DataType{}, false
	}
	return folder.Metadata.DataType(id)
}

// element finds the data element that the path names.
func (c *call) element() (DataElement, bool) {
	id := strings.ToLower(c.r.PathValue("data"))
	at := slices.IndexFunc(c.instance.Data, func(e DataElement) bool { return e.ID == id })
	if at < 0 {
		return DataElement{}, false
	}
	return c.instance.Data[at], true
}

// describe takes the metadata of an upload from its request.
func (e *DataElement) describe(r *http.Request, size int64) {
	e.Size = size
	e.ContentType = r.Header.Get("Content-Type")
	if e.ContentType == "" {
		e.ContentType = "application/octet-stream"
	}
	// ParseMediaType prefers filename* (RFC 6266) and gives it as filename.
	if _, params, err := mime.ParseMediaType(r.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		e.Filename = params["filename"]
	}
	query := r.URL.Query()
	for _, refs := range query["refs"] {
		for ref := range strings.SplitSeq(refs, ",") {
			if ref != "" && !slices.Contains(e.Refs, ref) {
				e.Refs = append(e.Refs, ref)
			}
		}
	}
	if task := query.Get("generatedFromTask"); task != "" && !e.generatedFrom(task) {
		e.References = append(e.References, Reference{Value: task, Relation: generatedFrom, ValueType: "Task"})
	}
}

// generatedFrom reports whether the end of a task made the element.
func (e *DataElement) generatedFrom(task string) bool {
	return slices.Contains(e.References, Reference{Value: task, Relation: generatedFrom, ValueType: "Task"})
}

func (e *DataElement) changed(ch *change) {
	e.LastChanged = &ch.now
	e.LastChangedBy = ch.caller.Actor()
}
