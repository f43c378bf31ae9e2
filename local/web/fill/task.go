package fill

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// step is an action by which the person can end the current task.
type step struct {
	Action string
	Text   string // on the button
	// Main tells that it is the usual action of the task.
	Main bool
}

// stepsOf lists what the person may do with a task, the usual action first. One
// that the process does not name is offered too: whether it is permitted, the
// application says when it is asked to do it.
func stepsOf(c *frame.Call, task *api.Task) []step {
	if isService(task) {
		return []step{{Text: c.T("step.again"), Main: true}}
	}
	usual := process.DefaultAction(task.Type)
	var steps []step
	named := false
	for _, action := range task.UserActions {
		named = named || action.ID == usual && usual != "write"
		if action.Type != api.ProcessAction || !action.Authorized || action.ID == "read" || action.ID == "write" {
			continue
		}
		steps = append(steps, step{Action: action.ID, Text: stepText(c, action.ID), Main: action.ID == usual})
	}
	if !named && task.Write && task.Type != process.TypeFeedback {
		steps = append(steps, step{Action: "", Text: stepText(c, usual), Main: true})
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		switch {
		case a.Main == b.Main:
			return 0
		case a.Main:
			return -1
		}
		return 1
	})
	return steps
}

// isService tells that a task runs by itself. A process stands in such a one only
// when it failed, or when it has not been set off.
func isService(task *api.Task) bool { return task.ElementType == "ServiceTask" }

func stepText(c *frame.Call, action string) string {
	switch action {
	case "confirm", "reject", "sign", "pay", "write":
		return c.T("step." + action)
	}
	return c.T("step.other", action)
}

// rightOf is the right that a step takes.
func rightOf(s *standing, action string) string {
	return cmp.Or(action, process.DefaultAction(s.process.CurrentTask.Type))
}

// taskPage is a task without pages of its own: a confirmation, or one of which
// only the name and the possible steps are shown.
type taskPage struct {
	App    string
	Base   string
	Inbox  string
	Faults []frame.Fault
	ending
	// Standing is where the process stood when the page was shown.
	Standing string
	given
}

// ending is how the current task can come to its end.
type ending struct {
	Intro   string
	Waiting string // for whom or what, if the person can do nothing
	// Provider is where the person pays, if that is neither here nor done.
	Provider string
	Steps    []step
}

// endingOf tells how the current task can come to its end.
func endingOf(c *frame.Call, s *standing) (ending, error) {
	task := s.process.CurrentTask
	e := ending{Steps: stepsOf(c, task)}
	if len(e.Steps) == 0 {
		e.Waiting = waiting(c, task)
	}
	var err error
	if task.Type == process.TypePayment {
		err = e.payment(c, s)
	}
	return e, err
}

// showTask shows the current task.
func (a *area) showTask(c *frame.Call, s *standing, status int, issues []form.Issue) (frame.Answer, error) {
	task := s.process.CurrentTask
	if task == nil {
		return frame.Answer{}, frame.Refuse(http.StatusConflict, "task.not-begun")
	}
	name := title(c, s.definition.Metadata.Title, s.app)
	page := taskPage{App: name, Base: s.address(), Inbox: s.inbox(), Faults: faults(c, s, "", issues), Standing: s.standsAt()}
	var err error
	if page.ending, err = endingOf(c, s); err != nil {
		return frame.Answer{}, err
	}
	heading := cmp.Or(task.Name, task.ID)
	switch {
	case isService(task):
		page.Intro = c.T("service.intro")
	case task.Type == process.TypeConfirmation:
		heading, page.Intro = c.T("confirm"), c.T("confirm.intro")
	case task.Type == process.TypeSigning:
		page.Intro = c.T("sign.intro")
	case page.Intro == "":
		page.Intro = c.T("task.intro", task.Type)
	}
	if page.given, err = a.given(c, s); err != nil {
		return frame.Answer{}, err
	}
	return frame.Show("task", heading+" – "+name, map[string]any{"Heading": heading, "Page": page}).WithStatus(status), nil
}

// waiting tells who or what a task waits for.
func waiting(c *frame.Call, task *api.Task) string {
	if task.Type == process.TypeFeedback {
		return c.T("waiting.owner")
	}
	return c.T("waiting.right", process.DefaultAction(task.Type))
}

// step takes a step of the process from the page of a task.
func (a *area) step(c *frame.Call) (frame.Answer, error) {
	s, err := a.stand(c)
	if err != nil {
		return frame.Answer{}, err
	}
	if s.process.CurrentTask == nil {
		return frame.Redirect(s.address()), nil
	}
	if shown := c.PostFormValue("standing"); shown != "" && shown != s.standsAt() {
		c.Warn(c.T("task.reopened"))
		return frame.Redirect(s.address()), nil
	}
	if pays(s, c.PostFormValue("action")) {
		return a.pay(c, s, s.address())
	}
	return a.take(c, s, c.PostFormValue("action"), "", outcome{})
}

// standsAt tells one stay at a task from others: people go back and forth.
func (s *standing) standsAt() string {
	task := s.process.CurrentTask
	if task.Started == nil {
		return task.ID
	}
	return task.ID + " " + task.Started.UTC().Format(time.RFC3339Nano)
}
