package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
)

// signRequest asks for a signature over some data elements.
type signRequest struct {
	DataType          string             `json:"signatureDocumentDataType"`
	GeneratedFromTask string             `json:"generatedFromTask"`
	Elements          []elementSignature `json:"dataElementSignatures"`
	Signee            signee             `json:"signee"`
}

// signee is who signs; a user or a system user.
type signee struct {
	UserID             string `json:"userId,omitempty"`
	SystemUserID       string `json:"systemUserId,omitempty"`
	PersonNumber       string `json:"personNumber,omitempty"`
	OrganisationNumber string `json:"organisationNumber,omitempty"`
}

type elementSignature struct {
	DataElementID string `json:"dataElementId"`
	SHA256        string `json:"sha256Hash"`
	Signed        bool   `json:"signed"`
}

// signatureDocument is what is stored for a signature.
type signatureDocument struct {
	ID           string             `json:"id"`
	InstanceGUID string             `json:"instanceGuid"`
	SignedTime   time.Time          `json:"signedTime"`
	Signee       signee             `json:"signeeInfo"`
	Elements     []elementSignature `json:"dataElementSignatures"`
}

// sign stores a signature document, with what the signed data is just now, as a
// data element of the asked type. It takes the place of an earlier one of the
// same signee.
func (s *Server) sign(c *call) error {
	if err := s.may(c, "sign"); err != nil {
		return err
	}
	var body signRequest
	if err := c.body(&body); err != nil {
		return err
	}
	if body.Signee.UserID == "" && body.Signee.SystemUserID == "" {
		return refuseProblem(http.StatusBadRequest, "The 'UserId' or 'SystemUserId' parameter must be defined for signee.")
	}
	dataType, ok := s.dataType(c, body.DataType)
	if task := currentTask(&c.instance); ok && dataType.TaskID != "" {
		ok = task != nil && task.ElementID == dataType.TaskID
	}
	if !ok {
		return refuseProblem(http.StatusMethodNotAllowed, "DataType "+body.DataType+" is not declared in application metadata for app "+c.instance.AppID)
	}
	document := signatureDocument{
		ID: uuid.NewString(), InstanceGUID: c.instance.guid(), SignedTime: instant(s.cfg.Now()), Signee: body.Signee,
	}
	for _, asked := range body.Elements {
		hash, err := s.hash(c, asked.DataElementID)
		if err != nil {
			return err
		}
		document.Elements = append(document.Elements, elementSignature{asked.DataElementID, hash, asked.Signed})
	}
	if err := s.storeSignature(c, body, document); err != nil {
		return err
	}
	return c.answerJSON(http.StatusCreated, "SignDocument is created")
}

// hash is that of an element's content.
func (s *Server) hash(c *call, id string) (string, error) {
	notFound := refuseProblem(http.StatusNotFound, "DataElement not found, dataElementId: "+id)
	if !slices.ContainsFunc(c.instance.Data, func(e DataElement) bool { return e.ID == id }) {
		return "", notFound
	}
	file, _, err := s.openData(c, id)
	if errors.Is(err, errNotFound) {
		return "", notFound
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (s *Server) storeSignature(c *call, body signRequest, document signatureDocument) error {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("write signature: %w", err)
	}
	earlier, err := s.signaturesBy(c, body.DataType, document.Signee)
	if err != nil {
		return err
	}
	blob, size, err := s.blobs.put(bytes.NewReader(text))
	if err != nil {
		return err
	}
	element := DataElement{
		ID: document.ID, InstanceGUID: document.InstanceGUID, DataType: body.DataType,
		ContentType: "application/json", Filename: body.DataType + ".json", Size: size,
		FileScanResult: ScanNotApplicable, Created: &document.SignedTime, CreatedBy: c.caller.Actor(),
		BlobStoragePath: c.instance.AppID + "/" + document.InstanceGUID + "/data/" + document.ID,
	}
	if body.GeneratedFromTask != "" {
		element.References = []Reference{{Value: body.GeneratedFromTask, Relation: generatedFrom, ValueType: "Task"}}
	}
	_, err = s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		for _, id := range earlier {
			if err := ch.removeElement(id); err != nil {
				return err
			}
		}
		element.changed(ch)
		ch.touch()
		if err := ch.addElement(element, blob); err != nil {
			return err
		}
		return ch.record(EventSigned, "")
	})
	if err != nil {
		s.blobs.remove(blob)
	}
	return err
}

// signaturesBy finds the elements of a type that hold a signature of the signee.
func (s *Server) signaturesBy(c *call, dataType string, by signee) ([]string, error) {
	var found []string
	for _, e := range c.instance.Data {
		if e.DataType != dataType {
			continue
		}
		file, _, err := s.openData(c, e.ID)
		if err != nil {
			return nil, fmt.Errorf("read signature: %w", err)
		}
		var document signatureDocument
		err = json.NewDecoder(file).Decode(&document)
		_ = file.Close()
		if err == nil && document.Signee == by { // what is no signature stays
			found = append(found, e.ID)
		}
	}
	return found, nil
}
