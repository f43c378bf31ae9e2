package apphost

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

// copyDisabled is the answer of an application that does not let its instances be
// copied.
func (s *Server) copyDisabled() error {
	if s.folder.Metadata.CopyInstance != nil && s.folder.Metadata.CopyInstance.Enabled {
		return nil
	}
	return text(http.StatusBadRequest, "Creating instance based on a copy from an archived instance is not enabled for this app.")
}

// sourceOf reads the instance that is to be copied. What the library does not
// catch there counts as a failure of the whole.
func (s *Server) sourceOf(c *call, id string, owner *party) (*storage.Instance, error) {
	_, guid, _ := strings.Cut(id, "/")
	if !isGUID(guid) {
		return nil, text(http.StatusInternalServerError, "Instantiation of appId %s failed for party %d", s.folder.ID, owner.PartyID)
	}
	source, err := c.platform.instance(c.ctx(), strconv.Itoa(owner.PartyID)+"/"+strings.ToLower(guid))
	var upstream *platformError
	switch {
	case errors.As(err, &upstream):
		return nil, &refusal{text(http.StatusInternalServerError, "Retrieving source instance failed with status code %s", upstream.Reason), err}
	case err != nil:
		return nil, err
	case source.Status == nil || !source.Status.IsArchived:
		return nil, text(http.StatusBadRequest, "It is not possible to copy an instance that isn't archived.")
	}
	return &source, nil
}

// copyData stores in a new instance the forms of another one that belong to the
// first task, and the files if the application wants that.
func (s *Server) copyData(c *call, in *storage.Instance, source storage.Instance, owner *party) error {
	settings := s.folder.Metadata.CopyInstance
	task := currentTask(*in)
	for _, e := range source.Data {
		t, known := s.folder.Metadata.DataType(e.DataType)
		if !known || t.TaskID != task || slices.Contains(settings.ExcludedDataTypes, t.ID) {
			continue
		}
		var err error
		switch {
		case t.IsFormData():
			err = s.copyForm(c, in, source.ID, t, e, owner)
		case settings.IncludeAttachments:
			err = s.copyFile(c, in, source.ID, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) copyForm(c *call, in *storage.Instance, sourceID string, t app.DataType, e storage.DataElement, owner *party) error {
	schema, f, err := s.readForm(c, sourceID, t, e)
	if err != nil {
		return err
	}
	for _, path := range s.folder.Metadata.CopyInstance.ExcludedDataFields {
		unset(schema, f, path)
	}
	if err := applyPrefillFile(schema, f, s.folder.Prefill[t.ID], owner); err != nil {
		return err
	}
	_, err = s.storeForm(c, in, t, f)
	return err
}

func (s *Server) copyFile(c *call, in *storage.Instance, sourceID string, e storage.DataElement) error {
	resp, err := c.platform.data(c.ctx(), sourceID, e.ID)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	stored, err := c.platform.insertData(c.ctx(), in.ID, upload{
		dataType: e.DataType, contentType: e.ContentType, filename: e.Filename, body: resp.Body, size: resp.ContentLength,
	})
	if err == nil {
		in.Data = append(in.Data, stored)
	}
	return err
}

// copyInstance answers GET legacy/instances/{instance}/copy, which a person's
// browser follows from the inbox: it leads on to the copy.
func (s *Server) copyInstance(w http.ResponseWriter, c *call) error {
	if c.caller.UserID == 0 {
		return empty(http.StatusForbidden)
	}
	if err := s.copyDisabled(); err != nil {
		return err
	}
	if err := s.enforce(c, s.instanceResource(c, ""), "read"); err != nil {
		return err
	}
	source, err := c.platform.instance(c.ctx(), c.instanceID)
	if isStatus(err, http.StatusForbidden, http.StatusNotFound) || err == nil && (source.Status == nil || !source.Status.IsArchived) {
		return text(http.StatusBadRequest, "The instance being copied must be archived.")
	}
	if err != nil {
		return &refusal{empty(http.StatusInternalServerError), err}
	}
	if err := s.permitInstantiate(c, c.partyID); err != nil {
		return err
	}
	owner, err := c.platform.partyByID(c.ctx(), source.InstanceOwner.PartyID)
	if err != nil || owner == nil {
		return empty(http.StatusInternalServerError)
	}
	made, err := s.instantiate(c, draft{
		template: storage.Instance{VisibleAfter: source.VisibleAfter, Status: &storage.InstanceStatus{ReadStatus: "Read"}},
		owner:    owner, source: &source,
	})
	if err != nil {
		return err
	}
	http.Redirect(w, c.r, s.pageAddress(c.r, made.ID), http.StatusFound)
	return nil
}
