package inbox

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// detailPage is the page of one instance.
type detailPage struct {
	Instance api.Instance
	Path     string
	Party    frame.Party
	// Title is the application's, and Text what tells this instance from others.
	Title, Text string
	Status      label
	Substatus   *storage.Substatus
	Overdue     bool
	Waiting     *time.Time
	CreatedBy   string
	ChangedBy   string
	Task        *step // current; nil if there is none
	Received    []received
	// BackPath is the folder that the instance is in.
	BackPath string
	// FillPath opens the instance in its application; empty for a deleted one, of
	// which the application shows nothing.
	FillPath string
	// CanFinish and CanDelete tell what is left to do. Whether the person may, the
	// policy says when they try.
	CanFinish, CanDelete bool
	Answers              answers
	Files                []file
	Origin               *origin
	History              []event
}

// received is a service owner's confirmation that it has what it needs.
type received struct {
	Who  string
	When *time.Time
}

// step is a task of the process.
type step struct {
	ID   string
	Name label
}

// event is one thing that happened to the process.
type event struct {
	Kind label
	Task *step // nil where the event is about none
	When *time.Time
	By   string
}

// detail shows an instance, which marks it as read.
func (a *area) detail(c *frame.Call) (frame.Answer, error) {
	seen, err := stored(c)
	if err != nil {
		return a.explained(c, err, need{action: "read"})
	}
	if seen.Instance, err = seen.client.Instance(c.Context(), seen.AppID, seen.ID); err != nil {
		return a.explained(c, err, need{action: "read", in: seen.Instance})
	}
	process, err := seen.client.Process(c.Context(), seen.AppID, seen.ID)
	if err != nil {
		return a.explained(c, err, need{action: "read", in: seen.Instance})
	}
	history, err := seen.client.History(c.Context(), seen.ID)
	if err != nil {
		return a.explained(c, err, need{action: "read", in: seen.Instance})
	}
	page := newDetail(c, seen, a.cfg.Now())
	page.CanFinish = !seen.Status.IsSoftDeleted && finishable(process.CurrentTask) != ""
	page.History = eventsOf(c, seen.Instance, history)
	formTask := lastFormTask(process, history)
	page.Answers = a.answersOf(c, seen, formTask)
	page.Files = filesOf(page.Answers.metadata, seen.Instance, c.Language)
	page.Origin = originOf(c, seen, page.Answers.data)
	title := page.Title
	if page.Text != "" {
		title = page.Text + " – " + page.Title
	}
	return frame.Show("detail", title, page), nil
}

// newDetail tells of an instance what it says itself.
func newDetail(c *frame.Call, o opened, now time.Time) detailPage {
	known := newApplications(c)
	metadata := known.of(o.AppID)
	page := detailPage{
		Instance: o.Instance, Path: o.path(), Party: o.party,
		Title: titleOf(metadata, o.AppID, c.Language), Text: presentationOf(metadata, o.PresentationTexts),
		Status: statusOf(o.Instance), Substatus: known.substatus(o.AppID, o.Status.Substatus),
		Overdue:   o.DueBefore != nil && now.After(*o.DueBefore) && !o.Ended(),
		Waiting:   waiting(o.Instance, now),
		CreatedBy: whoIs(c, o.CreatedBy), ChangedBy: whoIs(c, o.LastChangedBy),
		BackPath:  folderWith(o.Instance).path(o.InstanceOwner.PartyID),
		CanDelete: !o.Status.IsSoftDeleted,
	}
	if o.Process != nil && o.Process.CurrentTask != nil {
		task := o.Process.CurrentTask
		page.Task = stepOf(task)
	}
	if !o.Status.IsSoftDeleted {
		page.FillPath = "/fill/" + o.AppID + "/" + o.ID
	}
	for _, by := range o.CompleteConfirmations {
		page.Received = append(page.Received, received{whoIs(c, by.StakeholderID), by.ConfirmedOn})
	}
	return page
}

// lastFormTask is the data task where the instance is or has been last, whose
// form holds its answers; empty if the process has none.
func lastFormTask(process api.ProcessState, history []storage.InstanceEvent) string {
	isForm := func(id string) bool {
		return slices.ContainsFunc(process.Tasks, func(t api.ProcessTask) bool { return t.ID == id && t.Type == "data" })
	}
	if process.CurrentTask != nil && isForm(process.CurrentTask.ID) {
		return process.CurrentTask.ID
	}
	for _, item := range slices.Backward(history) {
		if task := taskOf(item); task != nil && isForm(task.ElementID) {
			return task.ElementID
		}
	}
	for _, task := range process.Tasks {
		if task.Type == "data" {
			return task.ID
		}
	}
	return ""
}

// eventsOf tells the history of the process, oldest first.
func eventsOf(c *frame.Call, in api.Instance, history []storage.InstanceEvent) []event {
	var events []event
	for _, item := range history {
		made := event{Kind: eventLabel(item.EventType), When: item.Created, By: whoDid(c, in, item.User)}
		if task := taskOf(item); task != nil {
			made.Task = stepOf(task)
		}
		events = append(events, made)
	}
	return events
}

// taskOf is the task that an event of the process is about; nil if it is about none.
func taskOf(item storage.InstanceEvent) *storage.ProcessTask {
	if item.ProcessInfo == nil {
		return nil
	}
	return item.ProcessInfo.CurrentTask
}

// whoDid names who caused an event.
func whoDid(c *frame.Call, in api.Instance, user *storage.EventUser) string {
	switch {
	case user == nil:
		return ""
	case user.OrgID == in.Org && in.Org != "":
		return c.T("service-owner", in.Org)
	case user.UserID != nil:
		return whoIs(c, strconv.Itoa(*user.UserID))
	}
	return whoIs(c, user.OrgID)
}

// stepOf is a task under the name that its process gives it, or else that of its type.
func stepOf(task *storage.ProcessTask) *step {
	if task.Name != "" {
		return &step{ID: task.ElementID, Name: label{Text: task.Name}}
	}
	return &step{ID: task.ElementID, Name: taskLabel(task.AltinnTaskType)}
}

func taskLabel(kind string) label {
	switch kind {
	case "data", "confirmation", "signing", "payment", "feedback":
		return label{Key: "task." + kind}
	}
	return label{Text: kind}
}

func eventLabel(kind string) label {
	switch kind {
	case "process_StartEvent", "process_EndEvent", "process_StartTask", "process_EndTask", "process_AbandonTask":
		return label{Key: "event." + strings.TrimPrefix(kind, "process_")}
	}
	return label{Text: kind}
}
