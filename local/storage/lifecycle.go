package storage

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/urlquery"
)

// Values of InstanceStatus.ReadStatus.
const (
	ReadStatusUnread  = "Unread"
	ReadStatusRead    = "Read"
	ReadStatusUpdated = "UpdatedSinceLastReview"
)

func (s *Server) getInstance(c *call) error {
	err := s.find(c, func(_, guid string) error { return refuse(http.StatusNotFound, "Unable to find instance "+guid) })
	if err != nil {
		return err
	}
	if err := s.may(c, "read"); err != nil {
		return err
	}
	if !c.isOwner() {
		c.instance.hideDeletedData()
	}
	return s.answerInstance(c, http.StatusOK, c.instance)
}

// hideDeletedData leaves out the data elements that only wait for their removal,
// which nobody but the service owner is shown.
func (i *Instance) hideDeletedData() {
	i.Data = slices.DeleteFunc(i.Data, func(e DataElement) bool { return e.isDeleted() })
}

// deleteInstance marks the instance as deleted; it never removes it. An
// application may forbid it for some days after the form was sent in.
func (s *Server) deleteInstance(c *call) error {
	if err := s.may(c, "delete"); err != nil {
		return err
	}
	hard := false
	if text := urlquery.Of(c.r).Get("hard"); text != "" {
		var err error
		if hard, err = readBool(text); err != nil {
			return refuseParameter("hard", notValid(text))
		}
	}
	folder, ok := s.cfg.Applications(c.instance.AppID)
	if archived := c.instance.Status.Archived; ok && archived != nil {
		days := folder.Metadata.PreventInstanceDeletionFor
		if s.cfg.Now().Before(archived.AddDate(0, 0, days)) {
			return refuse(http.StatusForbidden, "Instance cannot be deleted yet due to application restrictions.")
		}
	}
	deleted, err := s.change(c.ctx(), c.caller, c.instance.guid(), func(ch *change) error {
		status := ch.Instance.Status
		if hard {
			status.IsHardDeleted, status.HardDeleted = true, &ch.now
		}
		if !hard || status.SoftDeleted == nil {
			status.SoftDeleted = &ch.now
		}
		status.IsSoftDeleted = true
		ch.touch()
		return ch.record(EventDeleted, "")
	})
	if err != nil {
		return err
	}
	if hard {
		s.cfg.Deleted(deleted.AppID, deleted.ID)
	}
	return s.answerInstance(c, http.StatusOK, deleted)
}

// confirmComplete notes that the caller, a service owner, has received the
// instance; a second time changes nothing.
func (s *Server) confirmComplete(c *call) error {
	if c.caller.Org == "" {
		return refuse(http.StatusForbidden, "")
	}
	if err := s.may(c, "complete"); err != nil {
		return err
	}
	return s.changeInstance(c, func(ch *change) error {
		done := slices.ContainsFunc(ch.Instance.CompleteConfirmations, func(by CompleteConfirmation) bool {
			return by.StakeholderID == c.caller.Org
		})
		if done {
			return nil
		}
		ch.Instance.CompleteConfirmations = append(ch.Instance.CompleteConfirmations,
			CompleteConfirmation{StakeholderID: c.caller.Org, ConfirmedOn: &ch.now})
		ch.touch()
		return ch.record(EventConfirmedComplete, "")
	})
}

// putReadStatus does not count as a change of the instance.
func (s *Server) putReadStatus(c *call) error {
	if err := s.may(c, "read"); err != nil {
		return err
	}
	asked := urlquery.Of(c.r).Get("status")
	known := []string{ReadStatusUnread, ReadStatusRead, ReadStatusUpdated}
	at := slices.IndexFunc(known, func(status string) bool { return strings.EqualFold(status, asked) })
	if number, err := strconv.Atoi(asked); err == nil && number >= 0 && number < len(known) {
		at = number // the platform reads the value of its enumeration too
	}
	if at < 0 {
		return refuse(http.StatusBadRequest, "Invalid read status: "+asked+". Accepted types include: "+strings.Join(known, ", "))
	}
	return s.changeInstance(c, func(ch *change) error {
		ch.Instance.Status.ReadStatus = known[at]
		return nil
	})
}

// putSubstatus is for the service owner that the instance belongs to, whatever
// the policy says.
func (s *Server) putSubstatus(c *call) error {
	var substatus Substatus
	if err := c.body(&substatus); err != nil {
		return err
	}
	if substatus.Label == "" {
		return refuse(http.StatusBadRequest, "Invalid sub status. Substatus must be defined and include a label.")
	}
	if err := s.find(c, unableToFind); err != nil {
		return err
	}
	if !c.isOwner() {
		return refuse(http.StatusForbidden, "")
	}
	return s.changeInstance(c, func(ch *change) error {
		ch.Instance.Status.Substatus = &substatus
		ch.touch()
		return ch.record(EventSubstatusUpdated, "")
	})
}

func (s *Server) putPresentationTexts(c *call) error {
	var body struct {
		Texts values `json:"texts"`
	}
	if err := c.body(&body); err != nil {
		return err
	}
	return s.mergeValues(c, "presentationTexts", body.Texts, func(i *Instance) *map[string]string { return &i.PresentationTexts })
}

func (s *Server) putDataValues(c *call) error {
	var body struct {
		Values values `json:"values"`
	}
	if err := c.body(&body); err != nil {
		return err
	}
	return s.mergeValues(c, "dataValues", body.Values, func(i *Instance) *map[string]string { return &i.DataValues })
}

// mergeValues sets the given keys and leaves the others. An empty value is
// meant to remove its key, but on the platform the key stays as it was; so it
// does here. The platform does not count it as a change of the instance, so
// lists are not ordered anew.
func (s *Server) mergeValues(c *call, parameter string, given values, of func(*Instance) *map[string]string) error {
	if given == nil {
		return refuse(http.StatusBadRequest, "Missing parameter value: "+parameter+" is misformed or empty")
	}
	if err := s.find(c, unableToFind); err != nil {
		return err
	}
	if err := s.mayProcessNext(c); err != nil {
		return err
	}
	maps.DeleteFunc(given, func(_, v string) bool { return v == "" })
	return s.changeInstance(c, func(ch *change) error {
		target := of(ch.Instance)
		if *target == nil {
			*target = map[string]string{}
		}
		maps.Copy(*target, given)
		return nil
	})
}

// changeInstance changes the call's instance and answers with it.
func (s *Server) changeInstance(c *call, f func(ch *change) error) error {
	changed, err := s.change(c.ctx(), c.caller, c.instance.guid(), f)
	if err != nil {
		return err
	}
	return s.answerInstance(c, http.StatusOK, changed)
}

// inUTC gives a copy with all times in UTC, or a new status when there is none.
func (s *InstanceStatus) inUTC() *InstanceStatus {
	if s == nil {
		return &InstanceStatus{ReadStatus: ReadStatusUnread}
	}
	status := *s
	status.Archived, status.SoftDeleted, status.HardDeleted = instantOf(s.Archived), instantOf(s.SoftDeleted), instantOf(s.HardDeleted)
	if status.ReadStatus == "" {
		status.ReadStatus = ReadStatusUnread
	}
	return &status
}

// inUTC gives a copy with all times in UTC.
func (p *ProcessState) inUTC() *ProcessState {
	if p == nil {
		return nil
	}
	state := *p
	state.Started, state.Ended = instantOf(p.Started), instantOf(p.Ended)
	if p.CurrentTask != nil {
		task := *p.CurrentTask
		task.Started, task.Ended = instantOf(task.Started), instantOf(task.Ended)
		state.CurrentTask = &task
	}
	return &state
}
