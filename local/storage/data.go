package storage

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/urlquery"
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

const undeclared = "Requested element type is not declared in application metadata"

// createData streams a new data element. The application's limits on number and
// size are the application's own business.
func (s *Server) createData(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	asked := urlquery.Of(c.r).Get("dataType")
	if asked == "" {
		return refuse(http.StatusBadRequest, "Missing parameter values: instanceId, elementType or attached file content cannot be null")
	}
	dataType, ok := s.dataType(c, asked)
	if !ok {
		return refuse(http.StatusBadRequest, undeclared)
	}
	received, err := s.receive(c)
	if err != nil {
		return err
	}
	if received.size == 0 {
		s.blobs.remove(received.blob)
		return refuse(http.StatusBadRequest, "Empty stream provided. Cannot persist data.")
	}
	element := DataElement{
		ID: uuid.NewString(), InstanceGUID: c.instance.guid(), DataType: dataType.ID,
		IsRead: !c.isOwner(), FileScanResult: ScanNotApplicable, CreatedBy: c.caller.Actor(),
	}
	element.BlobStoragePath = c.instance.AppID + "/" + element.InstanceGUID + "/data/" + element.ID
	if dataType.EnableFileScan {
		element.FileScanResult = ScanPending
	}
	_, err = s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		element.Created = &ch.now
		element.describe(c.r, received)
		element.changed(ch)
		ch.touch()
		if err := ch.addElement(element, received.blob); err != nil {
			return err
		}
		return ch.record(EventCreated, element.ID)
	})
	if err != nil {
		s.blobs.remove(received.blob)
		return err
	}
	return s.answerElement(c, http.StatusCreated, element)
}

// replaceData streams new content into an element that is neither locked nor
// deleted. What the service owner replaces has not been read.
func (s *Server) replaceData(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	element, ok := c.element()
	if !ok {
		return c.noElement()
	}
	dataType, ok := s.dataType(c, element.DataType)
	if !ok {
		return refuse(http.StatusBadRequest, undeclared)
	}
	received, err := s.receive(c)
	if err != nil {
		return err
	}
	return s.changeElement(c, received.blob, EventSaved, func(ch *change, e *DataElement) error {
		switch {
		case e.Locked:
			return refuse(http.StatusConflict, "Data element "+e.ID+" is locked and cannot be updated")
		case e.isDeleted():
			return refuse(http.StatusConflict, "Data element "+e.ID+" is deleted and cannot be updated")
		case received.size == 0:
			return refuse(http.StatusUnprocessableEntity, "Could not process attached file")
		}
		e.describe(c.r, received)
		e.FileScanResult = ScanNotApplicable
		if dataType.EnableFileScan {
			e.FileScanResult = ScanPending
		}
		if c.isOwner() {
			e.IsRead = false
			ch.unread()
		}
		e.changed(ch)
		ch.touch()
		return nil
	})
}

// unread makes an instance unread of which nothing is read any more.
func (c *change) unread() {
	anyRead := slices.ContainsFunc(c.Instance.Data, func(e DataElement) bool { return e.IsRead })
	if status := c.Instance.Status; !anyRead && status.ReadStatus == ReadStatusRead {
		status.ReadStatus = ReadStatusUnread
	}
}

// getData streams the bytes. The first reader who is not the service owner
// marks the element as read.
func (s *Server) getData(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	element, ok := c.element()
	if !ok {
		return c.noElement()
	}
	if element.isDeleted() && !c.isOwner() {
		return refuseProblem(http.StatusNotFound, "")
	}
	file, size, err := s.openData(c, element.ID)
	if errors.Is(err, errNotFound) {
		return refuse(http.StatusNotFound, "Unable to read data element from blob storage for "+element.ID)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if !element.IsRead && !c.isOwner() {
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
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	if element.Filename != "" {
		header.Set("Content-Disposition", contentDisposition(element.Filename))
	}
	if _, err := io.Copy(c.w, file); err != nil {
		s.cfg.Logger.InfoContext(c.ctx(), "data element not sent to its end", "error", err)
	}
	return nil
}

// openData opens the content of an element, and says how large it is. Content
// that is replaced between the two steps is looked up anew.
func (s *Server) openData(c *call, elementID string) (*os.File, int64, error) {
	for {
		blob, err := readBlobName(c.ctx(), s.db, elementID)
		if err != nil {
			return nil, 0, err
		}
		file, err := s.blobs.open(blob)
		if err == nil {
			info, err := file.Stat()
			if err != nil {
				_ = file.Close()
				return nil, 0, err
			}
			return file, info.Size(), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, err
		}
		if now, err := readBlobName(c.ctx(), s.db, elementID); err != nil || now == blob {
			return nil, 0, errors.Join(err, errNotFound)
		}
	}
}

// deleteData removes an element at once, also one that is locked; or, with delay,
// only hides it until the process ends, which is for types that the application
// deletes then.
func (s *Server) deleteData(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	delay := false
	if text := urlquery.Of(c.r).Get("delay"); text != "" {
		var err error
		if delay, err = readBool(text); err != nil {
			return refuseParameter("delay", notValid(text))
		}
	}
	element, ok := c.element()
	switch {
	case !ok:
		return c.noElement()
	case element.isDeleted() && !c.isOwner():
		return refuseProblem(http.StatusNotFound, "")
	case element.isDeleted() && delay:
		return s.answerElement(c, http.StatusOK, element)
	}
	dataType, ok := s.dataType(c, element.DataType)
	if !ok {
		return refuse(http.StatusBadRequest, undeclared)
	}
	if delay {
		if dataType.AppLogic == nil || !dataType.AppLogic.AutoDeleteOnProcessEnd {
			return refuse(http.StatusBadRequest, "DataType "+element.DataType+" does not support delayed deletion")
		}
		return s.changeElement(c, "", EventDeleted, func(ch *change, e *DataElement) error {
			e.DeleteStatus = &DeleteStatus{IsHardDeleted: true, HardDeleted: &ch.now}
			e.changed(ch)
			ch.touch()
			return nil
		})
	}
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		ch.touch()
		element.changed(ch)
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

func (s *Server) dataType(c *call, id string) (app.DataType, bool) {
	folder, ok := s.cfg.Applications(c.instance.AppID)
	if !ok {
		return app.DataType{}, false
	}
	return folder.Metadata.DataType(id)
}

func (c *call) noElement() error {
	return refuse(http.StatusNotFound, "Unable to find any data element with id: "+c.r.PathValue("data")+".")
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

// generatedFrom reports whether the end of a task made the element.
func (e *DataElement) generatedFrom(task string) bool {
	return slices.Contains(e.References, Reference{Value: task, Relation: generatedFrom, ValueType: "Task"})
}

func (e *DataElement) changed(ch *change) {
	e.LastChanged = &ch.now
	e.LastChangedBy = ch.caller.Actor()
}
