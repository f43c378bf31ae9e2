package storage

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

func (s *Server) listElements(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	instance := c.instance
	if !c.isOwner() {
		instance.hideDeletedData()
	}
	s.link(&instance)
	return c.answerJSON(http.StatusOK, map[string]any{"dataElements": instance.Data})
}

// putElement stores the members of an element's metadata that are not Storage's
// own. Who changed it, and when, is what the caller says; without a time the
// instance does not count as changed.
func (s *Server) putElement(c *call) error {
	if err := s.may(c, "write"); err != nil {
		return err
	}
	var body DataElement
	if err := c.body(&body); err != nil {
		return err
	}
	if body.ID != strings.ToLower(c.r.PathValue("data")) || body.InstanceGUID != c.instance.guid() {
		return refuse(http.StatusBadRequest, "Mismatch between path and dataElement content")
	}
	if _, ok := s.dataType(c, body.DataType); !ok {
		return refuse(http.StatusBadRequest, undeclared)
	}
	return s.changeElement(c, "", "", func(ch *change, e *DataElement) error {
		e.Locked, e.Refs, e.References, e.Tags = body.Locked, body.Refs, body.References, body.Tags
		e.UserMetadata, e.Metadata, e.DeleteStatus = body.UserMetadata, body.Metadata, body.DeleteStatus
		if body.LastChangedBy != "" {
			e.LastChangedBy = body.LastChangedBy
		}
		if at := instantOf(body.LastChanged); at != nil {
			e.LastChanged = at
			ch.Instance.LastChanged, ch.Instance.LastChangedBy = at, e.LastChangedBy
		}
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
		return refuseParameter("fileScanResult", "The value is not a file scan result.")
	}
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		e, err := ch.element(strings.ToLower(c.r.PathValue("data")))
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

// setLocked is for those who may write, and for those who may end the task. An
// element that is locked anew is answered 201. It is no change of the instance.
func (s *Server) setLocked(c *call, locked bool) error {
	if err := s.may(c, "write"); err != nil {
		if _, ok := errors.AsType[*refusal](err); !ok {
			return err
		}
		if err := s.mayProcessNext(c); err != nil {
			return err
		}
	}
	if element, ok := c.element(); ok && locked && element.Locked {
		return s.answerElement(c, http.StatusOK, element)
	}
	var changed DataElement
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		e, err := ch.element(strings.ToLower(c.r.PathValue("data")))
		if err != nil {
			return refuse(http.StatusNotFound, "")
		}
		e.Locked = locked
		changed = *e
		return ch.saveElement(e, "")
	})
	if err != nil {
		return err
	}
	if locked {
		s.linkElement(&c.instance, &changed)
		c.w.Header().Set("Location", changed.ID)
		return c.answerJSON(http.StatusCreated, changed)
	}
	return s.answerElement(c, http.StatusOK, changed)
}

// changeElement changes the element that the path names, and answers with it.
// Content comes in if blob is not empty; a blob that does not come to use is
// removed. An event type makes an entry in the audit trail.
func (s *Server) changeElement(c *call, blob, eventType string, f func(ch *change, e *DataElement) error) error {
	var changed DataElement
	_, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		e, err := ch.element(strings.ToLower(c.r.PathValue("data")))
		if err != nil {
			return c.noElement()
		}
		if err := f(ch, e); err != nil {
			return err
		}
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
