package inbox

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// maxSteps bounds how many tasks are ended at once: a process can lead in a
// circle.
const maxSteps = 20

// askPage asks before something that cannot be undone.
type askPage struct {
	Title, Text string
	Path        string // of the instance
	Faults      []frame.Fault
}

// finishable is the right that ends a task from here, if the task can be ended
// from here: a form, or a confirmation. Whoever signs or pays does it in the
// application.
func finishable(task *api.Task) string {
	if task == nil {
		return ""
	}
	switch task.Type {
	case "data":
		return "write"
	case "confirmation":
		return "confirm"
	}
	return ""
}

func (a *area) askFinish(c *frame.Call) (frame.Answer, error) {
	o, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	return frame.Show("finish", c.T("finish.title"), newAsk(c, o)), nil
}

func newAsk(c *frame.Call, o opened) askPage {
	metadata := newApplications(c).of(o.AppID)
	return askPage{
		Title: titleOf(metadata, o.AppID, c.Language), Text: presentationOf(metadata, o.PresentationTexts), Path: o.path(),
	}
}

// finish ends one task after the other until the process has ended, or until a
// task that is not for this page.
func (a *area) finish(c *frame.Call) (frame.Answer, error) {
	o, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	state, err := o.client.Process(c.Context(), o.AppID, o.ID)
	if err != nil {
		return a.explained(c, err, need{action: "read", in: o.Instance})
	}
	for range maxSteps {
		right := finishable(state.CurrentTask)
		if right == "" {
			break
		}
		task := state.CurrentTask.ID
		if state, err = o.client.Next(c.Context(), o.AppID, o.ID, ""); err == nil {
			continue
		}
		var refused *api.Error
		if errors.As(err, &refused) && len(refused.Issues) > 0 {
			return a.unfinished(c, o, task, refused.Issues)
		}
		return a.explained(c, err, need{action: right, task: task, in: o.Instance})
	}
	if state.CurrentTask != nil {
		c.Notice(c.T("finish.stopped", cmp.Or(state.CurrentTask.Name, state.CurrentTask.ID)))
	} else {
		c.Notice(c.T("finish.done"))
	}
	return frame.Redirect(o.path()), nil
}

// unfinished tells what is wrong, with links to where it is mended.
func (a *area) unfinished(c *frame.Call, o opened, task string, issues []api.Issue) (frame.Answer, error) {
	page := newAsk(c, o)
	page.Faults = a.faults(c, o, task, issues)
	return frame.Show("finish", c.T("finish.title"), page).WithStatus(http.StatusUnprocessableEntity), nil
}

// faults says what the application has found in the reader's words, or as the
// application does where the form cannot be read.
func (a *area) faults(c *frame.Call, o opened, task string, issues []api.Issue) []frame.Fault {
	found := definition.Found(slices.DeleteFunc(slices.Clone(issues), func(i api.Issue) bool { return !i.IsError() }))
	fill := "/fill/" + o.AppID + "/" + o.ID
	var faults []frame.Fault
	loaded, state, err := a.form(c, o, task)
	if err != nil || loaded.Form == nil {
		for _, issue := range found {
			faults = append(faults, frame.Fault{Text: issue.Description, Page: fill})
		}
		return faults
	}
	for _, issue := range loaded.Form.Explain(state, found) {
		fault := frame.Fault{Text: issue.Text, Page: fill}
		if issue.Page != "" {
			fault.Page += "/" + url.PathEscape(issue.Page)
		}
		if issue.Component != "" {
			fault.Field = form.IDPrefix + issue.Component
		}
		faults = append(faults, fault)
	}
	return faults
}
