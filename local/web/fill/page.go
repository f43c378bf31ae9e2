package fill

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/process"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// showAll in the query shows all that is wrong on a page, as after an attempt to
// send the form in.
const showAll = "show"

// formPage is what a page of a form shows.
type formPage struct {
	App    string // the application's title
	Base   string // address of the instance
	Inbox  string // where the inbox shows it
	Action string // where the page is posted
	View   form.View
	Faults []frame.Fault
	// Outcome tells the script what became of what was typed: it is "saved", or
	// saved but for what is wrong ("partly") or has been changed elsewhere
	// ("clash"). Empty on a whole page.
	Outcome string
	Uploads bool // the page takes files
	// Controls tells that there is something to fill in.
	Controls bool
	// Return is the page from which the person came to mend something, and
	// ReturnText what the button says that leads back there; empty if none.
	Return, ReturnText string
	// What ends a task whose form is not filled in but, say, confirmed stands on the
	// last page, and wherever the layout has a button for it.
	ending
}

// entry is what a page shows besides what is stored.
type entry struct {
	form.Entry
	clashes
	// told tells that the top of the page lists what is wrong: all that is marked
	// below, and more.
	told bool
	more []form.Issue
}

func (a *area) showPage(c *frame.Call) (frame.Answer, error) {
	s, err := a.stand(c)
	if err != nil {
		return frame.Answer{}, err
	}
	if !s.hasPages() {
		return frame.Redirect(s.address()), nil
	}
	e := entry{Entry: form.Entry{Show: shown(c)}}
	if e.Show == form.ShowAll && s.state.Write {
		found, err := s.client.Validate(c.Context(), s.app, s.place.instance)
		if err != nil {
			return frame.Answer{}, lacking("read", err)
		}
		e.Issues = s.definition.Form.Explain(s.state, definition.Found(found))
	}
	return a.pageOf(c, s, c.PathValue("page"), e)
}

// shown is how much of what is wrong a page shows.
func shown(c *frame.Call) form.Show {
	if c.URL.Query().Get(showAll) == "all" {
		return form.ShowAll
	}
	return form.ShowNone
}

// pageOf shows a page of the form, or goes to one that is shown.
func (a *area) pageOf(c *frame.Call, s *standing, name string, e entry) (frame.Answer, error) {
	data, ok, err := a.pageData(c, s, name, e)
	if err != nil {
		return frame.Answer{}, err
	}
	if !ok {
		if pages := s.definition.Form.Pages(s.state); len(pages) > 0 {
			return frame.Redirect(s.page(pages[0].Name)), nil
		}
		return frame.Redirect(s.address()), nil // what was saved has hidden them all
	}
	a.visited.note(c.Person.UserID, s.place.instance, name)
	return frame.Show("page", data.View.Title+" – "+data.App, data), nil
}

func (a *area) pageData(c *frame.Call, s *standing, name string, e entry) (formPage, bool, error) {
	view, ok := s.definition.Form.View(s.state, name, e.Entry)
	if !ok {
		return formPage{}, false, nil
	}
	data := formPage{
		App: title(c, s.definition.Metadata.Title, s.app), Base: s.address(), Inbox: s.inbox(), View: view,
	}
	data.Action = s.page(name) + query(max(shown(c), e.Show), returnTo(c))
	data.returning(c, s)
	more := append(e.clashes.show(c, view), e.more...)
	if e.told {
		data.Faults = faults(c, s, name, inOrder(s, append(marked(view), more...)))
	}
	walk(view.Components, func(component *form.Component) {
		data.Uploads = data.Uploads || component.Kind == form.KindFiles && !component.ReadOnly
		data.Controls = data.Controls || data.Uploads || component.Name != ""
	})
	err := data.endsTask(c, s)
	return data, true, err
}

// endsTask adds what ends a task whose form is not filled in. The buttons of the
// layout name those of the page, below, and take no place of their own.
func (p *formPage) endsTask(c *frame.Call, s *standing) error {
	task := s.process.CurrentTask
	labels, shown := make(map[string]string), p.View.Next == ""
	walk(p.View.Components, func(component *form.Component) {
		shown = shown || endsTask(*component, task)
		if component.Kind == form.KindAction && component.Label != "" {
			labels[component.Action] = component.LabelText
		}
	})
	if task.Type == process.TypeData || !shown {
		return nil
	}
	var err error
	if p.ending, err = endingOf(c, s); err != nil {
		return err
	}
	for i, step := range p.Steps {
		p.Steps[i].Text = cmp.Or(labels[cmp.Or(step.Action, process.DefaultAction(task.Type))], step.Text)
	}
	p.View.Components = withoutEnding(p.View.Components, task)
	return nil
}

// endsTask tells that the page draws a component among its buttons.
func endsTask(component form.Component, task *api.Task) bool {
	switch component.Kind {
	case form.KindAction:
		return component.Action == process.DefaultAction(task.Type) || slices.ContainsFunc(task.UserActions, func(a api.UserAction) bool { return a.ID == component.Action && a.Type == api.ProcessAction })
	case form.KindPayment:
		return task.Type == process.TypePayment
	}
	return false
}

// withoutEnding leaves out what the page draws among its buttons.
func withoutEnding(components []form.Component, task *api.Task) []form.Component {
	components = slices.DeleteFunc(components, func(c form.Component) bool { return endsTask(c, task) })
	for i := range components {
		components[i].Components = withoutEnding(components[i].Components, task)
	}
	return components
}

// part answers the script with the form as it is now.
func (a *area) part(c *frame.Call, s *standing, name string, o outcome) (frame.Answer, error) {
	show := max(form.ShowEntered, shown(c))
	data, ok, err := a.pageData(c, s, name, entry{Entry: form.Entry{Values: o.posted, Issues: o.issues, Show: show}, clashes: o.clashes, told: true})
	if err != nil {
		return frame.Answer{}, err
	}
	if !ok {
		return frame.Answer{}, frame.Refuse(http.StatusConflict, "page.gone")
	}
	switch {
	case len(o.changed)+len(o.gone) > 0:
		data.Outcome = "clash"
	case !o.accepted():
		data.Outcome = "partly"
	default:
		data.Outcome = "saved"
	}
	return frame.Fragment("page#form", data), nil
}

// again shows the page with what was typed and what is wrong with it.
func (a *area) again(c *frame.Call, s *standing, name string, o outcome, show form.Show, more []form.Issue) (frame.Answer, error) {
	issues := append(o.issues, more...)
	e := entry{Entry: form.Entry{Values: o.posted, Issues: issues, Show: show}, clashes: o.clashes, told: true, more: issues}
	answer, err := a.pageOf(c, s, name, e)
	return answer.WithStatus(http.StatusUnprocessableEntity), err
}

// field is the id of the element in which a component is filled in.
func field(component string) string { return form.IDPrefix + component }

// describedBy lists the ids of what describes a control.
func describedBy(c form.Component) string {
	var ids []string
	if c.Description != "" || c.Format != "" || c.Kind == form.KindTextArea && c.MaxLength > 0 || c.Kind == form.KindFiles {
		ids = append(ids, "description-"+c.ID)
	}
	if len(c.Errors) > 0 || len(c.Warnings) > 0 {
		ids = append(ids, "remarks-"+c.ID)
	}
	return strings.Join(ids, " ")
}
