package fill

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// savePage saves a page and does what its button says:
//
//	save, next, back, submit
//	go:{page}                  show another page
//	go:{page}#{component}      show it at a field, to come back from there
//	add:{group}                add a row
//	remove:{group}:{row}       remove one
//	upload:{component}         store the files that are chosen, as every button does
//	delete:{data element}      delete a file
//	step:{action}              end the task by an action of the process
func (a *area) savePage(c *frame.Call) (frame.Answer, error) {
	s, err := a.stand(c)
	if err != nil {
		return frame.Answer{}, err
	}
	name := c.PathValue("page")
	var view form.View
	known := s.hasPages()
	if known {
		view, known = s.definition.Form.View(s.state, name, form.Entry{})
	}
	if !known {
		return frame.Answer{}, frame.Refuse(http.StatusConflict, "page.gone")
	}
	files := newUploads(c, s, view)
	posted, err := readPosted(c, files.take)
	if err != nil {
		return frame.Answer{}, err
	}
	s.state.Files = definition.Files(s.definition, s.instance)
	if err := a.attach(c, s, files.stored); err != nil {
		return frame.Answer{}, err
	}
	action, object, _ := strings.Cut(posted.Get("action"), ":")
	o := outcome{posted: posted}
	if s.state.Write {
		if o, err = a.save(c, s, name, posted); err != nil {
			return frame.Answer{}, err
		}
	}
	o.issues = append(o.issues, files.issues...)
	if byScript(c) {
		return a.part(c, s, name, o)
	}
	switch action {
	case "add", "remove", "delete":
		return a.change(c, s, view, o, action, object)
	}
	if !o.accepted() && action != "back" {
		return a.again(c, s, name, o, form.ShowEntered, nil)
	}
	switch action {
	case "next":
		return a.next(c, s, name, o)
	case "back":
		return a.back(c, s, name, o)
	case "go":
		page, component, _ := strings.Cut(object, "#")
		if component == "" {
			return frame.Redirect(s.page(page)), nil
		}
		return frame.Redirect(s.page(page) + query(form.ShowNone, name) + fragment(component)), nil
	case "submit":
		return a.submit(c, s, name, o)
	case "step":
		if pays(s, object) {
			return a.pay(c, s, s.page(name))
		}
		return a.take(c, s, object, name, o)
	}
	if len(files.stored) > 0 {
		c.Notice(c.T("file.stored", len(files.stored)))
	} else {
		c.Notice(c.T("saved"))
	}
	return frame.Redirect(a.here(c, s, name)), nil
}

// change adds or removes a row or a file. What was typed elsewhere on the page
// and not accepted is shown again.
func (a *area) change(c *frame.Call, s *standing, view form.View, o outcome, action, object string) (frame.Answer, error) {
	var at string
	var err error
	switch action {
	case "add":
		at, err = a.addRow(c, s, view, object)
	case "remove":
		if !asShown(view, object, o.posted) {
			changed := form.Issue{Page: view.Name, Severity: form.SeverityError, Text: c.T("row.changed")}
			return a.again(c, s, view.Name, o, form.ShowEntered, []form.Issue{changed})
		}
		// Whatever is typed in a row that goes away needs not be right.
		o.issues = outsideRow(view, object, o.issues)
		if !o.accepted() {
			return a.again(c, s, view.Name, o, form.ShowEntered, nil)
		}
		at, err = a.removeRow(c, s, object)
	case "delete":
		at, err = a.deleteFile(c, s, view, object)
	}
	if err != nil {
		return frame.Answer{}, err
	}
	if !o.accepted() {
		return a.again(c, s, view.Name, o, form.ShowEntered, nil)
	}
	return frame.Redirect(a.here(c, s, view.Name) + fragment(at)), nil
}

// addRow adds a row, and tells where it is.
func (a *area) addRow(c *frame.Call, s *standing, view form.View, group string) (string, error) {
	err := a.write(c, s, func() ([]form.Operation, error) {
		ops, err := s.definition.Form.AddRow(s.state, group)
		if err != nil {
			return nil, frame.Refuse(http.StatusConflict, "row.refused")
		}
		return ops, nil
	})
	if err != nil {
		return "", err
	}
	c.Notice(c.T("row.added"))
	last := group
	if now, ok := s.definition.Form.View(s.state, view.Name, form.Entry{}); ok {
		walk(now.Components, func(component *form.Component) {
			if component.ID == group && len(component.Rows) > 0 {
				last = group + "-row-" + strconv.Itoa(component.Rows[len(component.Rows)-1].Index)
			}
		})
	}
	return last, nil
}

// removeRow removes the row of "{group}:{index}".
func (a *area) removeRow(c *frame.Call, s *standing, object string) (string, error) {
	group, index, err := rowOf(object)
	if err != nil {
		return "", frame.Refuse(http.StatusBadRequest, "posted.unreadable")
	}
	ops, err := s.definition.Form.RemoveRow(s.state, group, index)
	if err != nil {
		return "", frame.Refuse(http.StatusConflict, "row.refused")
	}
	if err := a.patch(c, s, ops); err != nil {
		return "", err
	}
	c.Notice(c.T("row.removed"))
	return group, nil
}

func rowOf(object string) (group string, index int, err error) {
	at := strings.LastIndexByte(object, ':')
	if at < 0 {
		return "", 0, errors.New("no row is named")
	}
	index, err = strconv.Atoi(object[at+1:])
	return object[:at], index, err
}

// walkRow visits the components of the row "{group}:{index}".
func walkRow(view form.View, object string, visit func(*form.Component)) {
	group, index, err := rowOf(object)
	if err != nil {
		return
	}
	walk(view.Components, func(component *form.Component) {
		for _, row := range component.Rows {
			if component.ID == group && row.Index == index {
				walk(row.Components, visit)
			}
		}
	})
}

// asShown tells that a row is still the one of the page that was posted. Rows
// have no names: another takes the place of one that is removed elsewhere.
func asShown(view form.View, object string, posted url.Values) bool {
	same := true
	walkRow(view, object, func(c *form.Component) {
		shown, told := posted[c.ShownName]
		if now := newlines(c.Shown); told && now != newlines(shown[0]) && now != joined(posted[c.Name]) {
			same = false
		}
	})
	return same
}

// outsideRow leaves out the issues of a row.
func outsideRow(view form.View, object string, issues []form.Issue) []form.Issue {
	inside := make(map[string]bool)
	walkRow(view, object, func(child *form.Component) { inside[child.ID] = true })
	return slices.DeleteFunc(slices.Clone(issues), func(issue form.Issue) bool { return inside[issue.Component] })
}

// attach lets the form name the files that components bound to it have got, as
// in rows, where each has its own.
func (a *area) attach(c *frame.Call, s *standing, stored []storedFile) error {
	for _, file := range stored {
		err := a.write(c, s, func() ([]form.Operation, error) {
			return s.definition.Form.Attach(s.state, file.component, file.id), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteFile deletes a file that the page lists.
func (a *area) deleteFile(c *frame.Call, s *standing, view form.View, id string) (string, error) {
	var owner string
	walk(view.Components, func(component *form.Component) {
		if component.Kind == form.KindFiles && !component.ReadOnly &&
			slices.ContainsFunc(component.Files, func(f form.File) bool { return f.ID == id }) {
			owner = component.ID
		}
	})
	if owner == "" {
		return "", frame.Refuse(http.StatusConflict, "file.gone")
	}
	if err := s.client.Remove(c.Context(), s.app, s.place.instance, id); err != nil {
		return "", lacking("write", err)
	}
	s.instance.Data = slices.DeleteFunc(s.instance.Data, func(e api.DataElement) bool { return e.ID == id })
	s.state.Files = definition.Files(s.definition, s.instance)
	err := a.write(c, s, func() ([]form.Operation, error) { return s.definition.Form.Detach(s.state, owner, id), nil })
	if err != nil {
		return "", err
	}
	c.Notice(c.T("file.deleted"))
	return owner, nil
}
