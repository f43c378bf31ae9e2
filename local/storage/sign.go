package storage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// signRequest asks for a signature over some data elements.
type signRequest struct {
	DataType          string             `json:"signatureDocumentDataType"`
	GeneratedFromTask string             `json:"generatedFromTask"`
	Elements          []elementSignature `json:"dataElementSignatures"`
	Signee            json.RawMessage    `json:"signee"`
}

type elementSignature struct {
	DataElementID string `json:"dataElementId"`
	Signed        bool   `json:"signed"`
}

// signatureDocument is what is stored for a signature.
type signatureDocument struct {
	ID           string             `json:"id"`
	InstanceGUID string             `json:"instanceGuid"`
	SignedTime   time.Time          `json:"signedTime"`
	Signee       json.RawMessage    `json:"signeeInfo,omitempty"`
	Elements     []elementSignature `json:"dataElementSignatures"`
}

// sign stores a signature document as a data element of the asked type.
func (s *Server) sign(c *call) error {
	if err := s.may(c, "sign"); err != nil {
		return err
	}
	var body signRequest
	if err := c.body(&body); err != nil {
		return err
	}
	if _, ok := s.dataType(c, body.DataType); !ok {
		return refuseProblem(http.StatusBadRequest, "The data type of the signature is not declared by the application.")
	}
	now := instant(s.cfg.Now())
	element := DataElement{
		ID: newGUID(), InstanceGUID: c.instance.guid(), DataType: body.DataType,
		ContentType: "application/json", IsRead: true, FileScanResult: ScanNotApplicable,
		Created: &now, CreatedBy: c.caller.Actor(),
	}
	element.BlobStoragePath = c.instance.AppID + "/" + element.InstanceGUID + "/data/" + element.ID
	if body.GeneratedFromTask != "" {
		element.References = []Reference{{Value: body.GeneratedFromTask, Relation: generatedFrom, ValueType: "Task"}}
	}
	document, err := json.Marshal(signatureDocument{element.ID, element.InstanceGUID, now, body.Signee, body.Elements})
	if err != nil {
		return fmt.Errorf("write signature: %w", err)
	}
	blob, size, err := s.blobs.put(bytes.NewReader(document))
	if err != nil {
		return err
	}
	element.Size = size
	_, err = s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		for _, signed := range body.Elements {
			if _, err := ch.element(signed.DataElementID); err != nil {
				return refuseProblem(http.StatusBadRequest, "A data element that is to be signed does not exist.")
			}
		}
		element.changed(ch)
		ch.touch()
		if err := ch.addElement(element, blob); err != nil {
			return err
		}
		return ch.record(EventSigned, element.ID)
	})
	if err != nil {
		s.blobs.remove(blob)
		return err
	}
	return s.answerElement(c, http.StatusCreated, element)
}
