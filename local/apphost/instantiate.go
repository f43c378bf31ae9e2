package apphost

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/storage"
)

// draft is an instance that is about to be made.
type draft struct {
	template     storage.Instance
	owner        *party
	prefill      map[string]*string
	parts        []requestPart
	source       *storage.Instance // to copy the data of; nil for none
	fromTemplate bool              // POST instances, whose faults are worded otherwise
}

// checkUserInstantiation refuses users where the application says so; only an
// application in production does.
func (s *Server) checkUserInstantiation(c *call) error {
	if s.cfg.Production && s.folder.Metadata.DisallowUserInstantiation && c.caller.Org == "" {
		return text(http.StatusForbidden, "User instantiation is disabled for the application %s", s.folder.ID)
	}
	return nil
}

func ownerMissing() error {
	return text(http.StatusBadRequest, "The owner of the instance is missing: give instanceOwnerPartyId in the query, or instanceOwner with an identifier in the body")
}

// admit looks up the owner, asks whether the caller may make an instance for
// that party, and checks that the application takes such parties, in this order.
//
// The source of a copy, unless it is empty, must be the same owner's.
func (s *Server) admit(c *call, owner storage.InstanceOwner, sourceID string) (*party, error) {
	found, err := c.lookUpOwner(c.ctx(), owner)
	if err != nil {
		return nil, err
	}
	if of, _, _ := strings.Cut(sourceID, "/"); sourceID != "" && of != strconv.Itoa(found.PartyID) {
		return nil, text(http.StatusBadRequest, "It is not possible to copy instances between instance owners.")
	}
	if err := s.permitInstantiate(c, found.PartyID); err != nil {
		return nil, err
	}
	if err := s.checkPartyType(found); err != nil {
		return nil, err
	}
	return found, nil
}

// instantiate makes the instance in Storage and starts its first task. When
// something fails after Storage has made it, the instance is deleted again, if
// the caller's token is allowed to do so.
func (s *Server) instantiate(c *call, d draft) (storage.Instance, error) {
	start, err := s.firstState()
	if err != nil {
		return storage.Instance{}, text(http.StatusConflict, "The process cannot start: %v", err)
	}
	d.template.InstanceOwner = d.owner.owner()
	d.template.AppID, d.template.Org = s.folder.ID, s.folder.Org
	d.template.Process = start
	created, err := c.platform.createInstance(c.ctx(), s.folder.ID, d.template)
	if err != nil {
		return storage.Instance{}, s.instantiationFailure(err, fmt.Sprintf("Instantiation of appId %s failed for party %d", s.folder.ID, d.owner.PartyID))
	}
	done, err := s.fill(c, d, created)
	if err == nil {
		s.publish(c, done, events.TypeCreated)
		return done, nil
	}
	s.compensate(c, created.ID)
	message := fmt.Sprintf("Instantiation of appId %s failed for party %d", s.folder.ID, d.owner.PartyID)
	if d.fromTemplate {
		message = "Instantiation of data elements failed for instance " + created.ID
	}
	return storage.Instance{}, s.instantiationFailure(err, message)
}

// fill stores the parts, starts the first task, and stores what happened.
func (s *Server) fill(c *call, d draft, created storage.Instance) (storage.Instance, error) {
	c.partyID, c.instanceID = d.owner.PartyID, created.ID
	ctx := c.ctx()
	in, err := c.platform.instance(ctx, created.ID)
	if err != nil {
		return in, err
	}
	for _, p := range d.parts {
		if err := s.storePart(c, &in, p); err != nil {
			return in, err
		}
	}
	if d.source != nil {
		if err := s.copyData(c, &in, *d.source, d.owner); err != nil {
			return in, err
		}
	}
	if len(d.parts) > 0 || d.source != nil {
		if in, err = c.platform.instance(ctx, created.ID); err != nil {
			return in, err
		}
	}
	if err := s.startTask(c, &in, currentTask(in), d.owner, d.prefill); err != nil {
		return in, err
	}
	if err := c.platform.storeProcess(ctx, in.ID, in.Process, s.startEvents(c, in)); err != nil {
		return in, err
	}
	if c.caller.Org == "" {
		s.markRead(c, &in)
	}
	return c.platform.instance(ctx, in.ID)
}

// storePart stores one part of a create request as a data element.
func (s *Server) storePart(c *call, in *storage.Instance, p requestPart) error {
	t, _ := s.folder.Metadata.DataType(p.name) // checkParts has seen that it is there
	if err := s.checkCreate(c, *in, t, p.content.size); err != nil {
		return err
	}
	if t.IsFormData() {
		_, err := s.insertForm(c, in, t, p.contentType, p.content.open())
		return err
	}
	element, err := c.platform.insertData(c.ctx(), in.ID, upload{
		dataType: t.ID, contentType: p.contentType, filename: p.filename,
		body: p.content.open(), size: p.content.size,
	})
	if err != nil {
		return err
	}
	in.Data = append(in.Data, element)
	return nil
}

// compensate tries to delete an instance that could not be completed. Whether it
// succeeds makes no difference to the answer, so what was to be an instance may
// stay behind.
func (s *Server) compensate(c *call, id string) {
	if _, err := c.platform.removeInstance(c.ctx(), id, true); err != nil {
		s.cfg.Logger.WarnContext(c.ctx(), "half-made instance left behind", "instance", id, "reason", err)
	}
}

// instantiationFailure maps a failure at or after the creation in Storage.
// Answers that are ready stay as they are.
func (s *Server) instantiationFailure(err error, otherwise string) error {
	var ready *answer
	var upstream *platformError
	switch {
	case errors.As(err, &ready):
		return err
	case errors.As(err, &upstream):
		return &refusal{s.answerFor(upstream), err}
	}
	return &refusal{text(http.StatusInternalServerError, "%s", otherwise), err}
}

// answerCreated answers 201 with the instance.
func (s *Server) answerCreated(w http.ResponseWriter, c *call, created storage.Instance, owner *party) {
	w.Header().Set("Location", s.appAddress(c.r, created.ID))
	writeJSON(w, http.StatusCreated, jsonType, s.instanceForm(c.r, created, owner))
}

// hasData tells whether an instance has an element of a data type.
func hasData(in storage.Instance, dataType string) bool { return countData(in, dataType) > 0 }

func countData(in storage.Instance, dataType string) int {
	n := 0
	for _, e := range in.Data {
		if e.DataType == dataType {
			n++
		}
	}
	return n
}

// newTraceID makes a trace id in the form of W3C Trace Context.
func newTraceID() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return fmt.Sprintf("00-%x-%x-00", b[:16], b[16:])
}

// autoCreated are the data types whose form a task makes when it starts.
func (s *Server) autoCreated(taskID string) []app.DataType {
	var types []app.DataType
	for _, t := range s.folder.Metadata.DataTypes {
		if t.IsFormData() && t.AppLogic.AutoCreate && strings.EqualFold(t.TaskID, taskID) {
			types = append(types, t)
		}
	}
	return types
}
