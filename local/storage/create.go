package storage

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/local/urlquery"
)

// createInstance stores a new instance. Of the template it keeps the owner, the
// dates, status, process and data values; the data values are thus there from
// the first moment on. The id is always chosen here, so nothing makes two
// identical requests one instance.
func (s *Server) createInstance(c *call) error {
	var template struct {
		Instance
		DataValues values `json:"dataValues"`
	}
	if err := c.body(&template); err != nil {
		return err
	}
	party, err := strconv.Atoi(template.InstanceOwner.PartyID)
	if err != nil {
		return refuse(http.StatusBadRequest, "Cannot create an instance without an instanceOwner.PartyId.")
	}
	appID := urlquery.Of(c.r).Get("appId")
	folder, ok := s.cfg.Applications(appID)
	if !ok {
		return refuse(http.StatusNotFound, "Did not find application with appId="+appID)
	}
	_, name, _ := strings.Cut(folder.ID, "/")
	outcomes, err := s.decisions.Decide(c.ctx(), c.caller, authorization.Question{
		Action: "instantiate", Resource: authorization.Resource{Org: folder.Org, App: name, PartyID: party},
	})
	if err != nil {
		return err
	}
	if !outcomes[0].Permitted {
		return refuse(http.StatusForbidden, "")
	}

	now := instant(s.cfg.Now())
	instance := Instance{
		ID:            template.InstanceOwner.PartyID + "/" + uuid.NewString(),
		InstanceOwner: template.InstanceOwner,
		AppID:         folder.ID,
		Org:           folder.Org,
		DueBefore:     instantOf(template.DueBefore),
		VisibleAfter:  instantOf(template.VisibleAfter),
		Status:        template.Status.inUTC(),
		Process:       template.Process.inUTC(),
		DataValues:    template.DataValues,
		Created:       &now,
		CreatedBy:     c.caller.Actor(),
		LastChanged:   &now,
		LastChangedBy: c.caller.Actor(),
	}
	if instance.VisibleAfter == nil {
		instance.VisibleAfter = &now
	}
	err = s.db.write(c.ctx(), func(tx *transaction) error {
		seq, err := insertInstance(c.ctx(), tx, &instance)
		if err != nil {
			return err
		}
		return insertEvent(c.ctx(), tx, seq, newEvent(&instance, c.caller, EventCreated, "", now))
	})
	if err != nil {
		return err
	}
	timeline.Note(c.ctx(), changed(&instance, EventCreated, ""))
	return s.answerInstance(c, http.StatusCreated, instance)
}
