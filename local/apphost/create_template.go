package apphost

import (
	"net/http"
	"strconv"

	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/urlquery"
)

// createFromTemplate answers POST instances: an owner in the query, a template
// as JSON, or a template and data elements as multipart/form-data.
func (s *Server) createFromTemplate(w http.ResponseWriter, c *call) error {
	if err := s.checkUserInstantiation(c); err != nil {
		return err
	}
	parts, err := s.readParts(c.r)
	defer func() { closeParts(parts) }()
	if err != nil {
		return err
	}
	instancePart, rest := takePart(parts, "instance")
	notificationPart, rest := takePart(rest, "notification")
	template, err := s.readTemplate(c, instancePart)
	if err != nil {
		return err
	}
	if notificationPart != nil {
		if err := readNotification(notificationPart.content.open()); err != nil {
			return text(http.StatusBadRequest, "The notification cannot be read: %v", err)
		}
	}
	if err := checkParts(s.folder.Metadata, rest); err != nil {
		return err
	}
	owner, err := s.admit(c, template.InstanceOwner, "")
	if err != nil {
		return err
	}
	created, err := s.instantiate(c, draft{template: template, owner: owner, parts: rest, fromTemplate: true})
	if err != nil {
		return err
	}
	s.answerCreated(w, c, created, owner)
	return nil
}

// readTemplate joins the template with the owner's party id of the query. A
// template without a party id wins over the query.
func (s *Server) readTemplate(c *call, part *requestPart) (storage.Instance, error) {
	partyID := urlquery.Of(c.r).Get("instanceOwnerPartyId")
	if partyID != "" {
		if _, err := strconv.Atoi(partyID); err != nil {
			return storage.Instance{}, bindingProblem("instanceOwnerPartyId", "The value is not an integer.")
		}
	}
	var template storage.Instance
	if part != nil {
		read, err := readTemplate(part.content.open())
		if err != nil {
			// Not caught by the application library: an unhandled exception.
			return template, &refusal{empty(http.StatusInternalServerError), err}
		}
		template = read
	}
	switch {
	case partyID != "" && template.InstanceOwner.PartyID != "":
		return template, text(http.StatusBadRequest, "The owner's party id is given both in the query and in the instance template; give it once")
	case hasOwner(template.InstanceOwner):
	case partyID == "":
		return template, ownerMissing()
	default:
		template.InstanceOwner.PartyID = partyID
	}
	return template, nil
}
