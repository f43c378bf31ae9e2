package storage

import (
	"errors"
	"net/http"
	"slices"
)

func (s *Server) listElements(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	instance := c.instance
	s.link(&instance)
	return c.answerJSON(http.StatusOK, map[string]any{"dataElements": instance.Data})
}

// putElement stores the members of an element's metadata that are not Storage's
// own.
func (s *Server) putElement(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	var body DataElement
	if err := c.body(&body); err != nil {
		return err
	}
	if body.ID != c.r.PathValue("data") || body.InstanceGUID != c.instance.guid() {
		return refuse(http.StatusBadRequest, "Mismatch between path and dataElement content")
	}
	return s.changeElement(c, EventSaved, func(e *DataElement) error {
		e.Locked, e.Refs, e.References, e.Tags = body.Locked, body.Refs, body.References, body.Tags
		e.DeleteStatus = body.DeleteStatus
		return nil
	})
}

// putFileScanStatus is how the platform's file scanner reports.
func (s *Server) putFileScanStatus(c *call) error {
	var body struct {
		FileScanResult string `json:"fileScanResult"`
	}
	if err := c.body(&body); err != nil {
		return err
	}
	if !slices.Contains([]string{ScanNotApplicable, ScanPending, ScanClean, ScanInfected}, body.FileScanResult) {
		return refuse(http.StatusBadRequest, "Invalid file scan result.")
	}
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		e, err := ch.element(c.r.PathValue("data"))
		if err != nil {
			return err
		}
		e.FileScanResult = body.FileScanResult
		return ch.saveElement(e, "")
	})
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) lockData(c *call) error   { return s.setLocked(c, true) }
func (s *Server) unlockData(c *call) error { return s.setLocked(c, false) }

// setLocked is for those who may write, and for those who may end the task.
func (s *Server) setLocked(c *call, locked bool) error {
	if err := s.may(c, "write"); err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			return err
		}
		if err := s.mayProcessNext(c); err != nil {
			return err
		}
	}
	return s.changeElement(c, "", func(e *DataElement) error {
		e.Locked = locked
		return nil
	})
}

// changeElement changes the metadata of the element that the path names, and
// answers with it. An event type makes an entry in the audit trail.
func (s *Server) changeElement(c *call, eventType string, f func(e *DataElement) error) error {
	return s.changeElementFor(c, "", eventType, f)
}

// changeElementFor is changeElement with new content, unless blob is empty. A
// blob that does not come to use is removed.
func (s *Server) changeElementFor(c *call, blob, eventType string, f func(e *DataElement) error) error {
	var changed DataElement
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		found, ok := c.element()
		if !ok {
			return errNotFound
		}
		e, err := ch.element(found.ID)
		if err != nil {
			return err
		}
		if err := f(e); err != nil {
			return err
		}
		e.changed(ch)
		ch.touch()
		changed = *e
		if err := ch.saveElement(e, blob); err != nil || eventType == "" {
			return err
		}
		return ch.record(eventType, e.ID)
	})
	if err != nil {
		if blob != "" {
			s.blobs.remove(blob)
		}
		return err
	}
	return s.answerElement(c, http.StatusOK, changed)
}
