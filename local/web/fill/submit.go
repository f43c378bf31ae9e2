package fill

import (
	"errors"
	"net/http"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// submit ends the task of a form that has no faults.
func (a *area) submit(c *frame.Call, s *standing, name string, o outcome) (frame.Answer, error) {
	if s.state.Write {
		if issues := s.definition.Form.Validate(s.state); len(errorsOnly(issues)) > 0 {
			return a.again(c, s, name, o, form.ShowAll, issues)
		}
	}
	return a.take(c, s, "", name, o)
}

// take ends the current task by an action, the usual one if it is empty. Faults
// that the application finds are shown on the page that was posted, or else on
// that of the task.
func (a *area) take(c *frame.Call, s *standing, action, name string, o outcome) (frame.Answer, error) {
	_, err := s.client.Next(c.Context(), s.app, s.place.instance, action)
	var refused *api.Error
	if errors.As(err, &refused) && refused.Status == http.StatusConflict {
		if len(refused.Issues) == 0 {
			return frame.Answer{}, frame.Refuse(http.StatusConflict, "task.moved")
		}
		issues := explain(s, refused.Issues)
		if name == "" {
			return a.showTask(c, s, http.StatusUnprocessableEntity, issues)
		}
		return a.again(c, s, name, o, form.ShowAll, issues)
	}
	if err != nil {
		return frame.Answer{}, lacking(rightOf(s, action), err)
	}
	return frame.Redirect(s.address()), nil
}

// explain finds the places of what the application has found.
func explain(s *standing, found []api.Issue) []form.Issue {
	if s.definition.Form != nil {
		return s.definition.Form.Explain(s.state, definition.Found(found))
	}
	var issues []form.Issue
	for _, issue := range found {
		issues = append(issues, form.Issue{Text: issue.Description, Severity: issue.Severity, Field: issue.Field})
	}
	return issues
}
