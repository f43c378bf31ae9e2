package apphost

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
)

// checkCreate decides whether the caller may add an element of a data type, of
// a size in bytes (-1 when it is not known yet), to an instance.
func (s *Server) checkCreate(c *call, in storage.Instance, t app.DataType, size int64) error {
	if err := s.checkWrite(c, in, t); err != nil {
		return err
	}
	if t.MaxCount > 0 && countData(in, t.ID) >= t.MaxCount {
		return problem(http.StatusConflict, "Max Count Exceeded",
			fmt.Sprintf("The instance has %d elements of data type %s already", t.MaxCount, t.ID))
	}
	if limit, limited := t.MaxBytes(); limited && size > limit {
		return uploadRefused(fileIssue("DataElementTooLarge", fmt.Sprintf("The file is larger than the %d bytes that data type %s allows", limit, t.ID)))
	}
	if t.AppLogic != nil && t.AppLogic.DisallowUserCreate && c.caller.Org == "" {
		return problem(http.StatusBadRequest, "User Create Disallowed", "Users may not create elements of data type "+t.ID)
	}
	if currentTask(in) == "" {
		return problem(http.StatusConflict, "No current task", "The process of the instance is not in a task")
	}
	return nil
}

// checkWrite decides whether the caller may write elements of a data type at all.
func (s *Server) checkWrite(c *call, in storage.Instance, t app.DataType) error {
	if t.ID == app.PDFDataType {
		return problem(http.StatusForbidden, "Forbidden", "Data type "+t.ID+" is written by the platform alone")
	}
	if task := currentTask(in); s.settings.enforcesTask && t.TaskID != "" && t.TaskID != task {
		return problem(http.StatusConflict, "Conflict with Current Task",
			fmt.Sprintf("Data type %s can be changed in %s only, and the instance is in %s", t.ID, t.TaskID, cmp.Or(task, "no task")))
	}
	if err := s.permitDataAction(c, in, t.ActionRequiredToWrite); err != nil {
		return err
	}
	if status := in.Status; status != nil && (status.IsArchived || status.IsSoftDeleted || status.IsHardDeleted) {
		return problem(http.StatusConflict, "Instance Not Active", "The instance is archived or deleted")
	}
	if !mayContribute(t.AllowedContributors, c) {
		return problem(http.StatusForbidden, "Forbidden", "The caller is not among those who may write data type "+t.ID)
	}
	return nil
}

// permitDataAction asks for the action that a data type demands, if any.
func (s *Server) permitDataAction(c *call, in storage.Instance, action string) error {
	if action == "" {
		return nil
	}
	allowed, err := s.permitted(c, currentTask(in), action)
	if err != nil {
		return err
	}
	if !allowed[0] {
		return problem(http.StatusForbidden, "Unauthorized", "The action "+action+" is needed for this data type")
	}
	return nil
}

// mayContribute compares the caller with the list of contributors. "app:owned"
// is the application itself, which is never the caller.
func mayContribute(contributors []string, c *call) bool {
	if len(contributors) == 0 {
		return true
	}
	for _, entry := range contributors {
		kind, value, _ := strings.Cut(entry, ":")
		switch {
		case kind == "org" && c.caller.Org != "" && strings.EqualFold(value, c.caller.Org):
			return true
		case kind == "orgno" && c.caller.OrgNumber != "" && value == c.caller.OrgNumber:
			return true
		}
	}
	return false
}
