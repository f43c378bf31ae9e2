package fill

import (
	"net/url"
	"strings"

	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// here is the page that was posted.
func (a *area) here(c *frame.Call, s *standing, name string) string {
	return s.page(name) + query(shown(c), returnTo(c))
}

// back in the query names the page from which the person came to mend something.
const back = "back"

func returnTo(c *frame.Call) string { return c.URL.Query().Get(back) }

// query is that of a page's address: how much of what is wrong it shows, and to
// which page it leads back, if any.
func query(show form.Show, to string) string {
	values := url.Values{}
	if show == form.ShowAll {
		values.Set(showAll, "all")
	}
	if to != "" {
		values.Set(back, to)
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// returning offers the way back to the page from which the person came.
func (p *formPage) returning(c *frame.Call, s *standing) {
	to, ok := s.definition.Form.View(s.state, returnTo(c), form.Entry{})
	if !ok || to.Name == p.View.Name {
		return
	}
	p.Return, p.ReturnText = to.Name, c.T("return", to.Title)
	walk(to.Components, func(component *form.Component) {
		if component.Kind == form.KindSummary {
			p.ReturnText = c.T("return.summary")
		}
	})
}

func fragment(component string) string {
	if component == "" {
		return ""
	}
	return "#" + (&url.URL{Fragment: field(component)}).EscapedFragment()
}

// next goes to the page after this one, which is checked first if the
// application wants that.
func (a *area) next(c *frame.Call, s *standing, name string, o outcome) (frame.Answer, error) {
	view, ok := s.definition.Form.View(s.state, name, form.Entry{})
	if ok && view.ValidateOnNext && s.state.Write {
		if issues := s.definition.Form.Validate(s.state, name); len(errorsOnly(issues)) > 0 {
			return a.again(c, s, name, o, form.ShowAll, issues)
		}
	}
	return a.turn(s, name, func(v form.View) string { return v.Next })
}

// turn goes to another page as seen from this one, in the form as it is now:
// what was saved may have hidden some.
func (a *area) turn(s *standing, name string, to func(form.View) string) (frame.Answer, error) {
	view, ok := s.definition.Form.View(s.state, name, form.Entry{})
	if !ok || to(view) == "" {
		return frame.Redirect(s.address()), nil
	}
	return frame.Redirect(s.page(to(view))), nil
}

// back goes to the page before this one, also where something could not be
// saved: the page that it leads to tells what.
func (a *area) back(c *frame.Call, s *standing, name string, o outcome) (frame.Answer, error) {
	if view, ok := s.definition.Form.View(s.state, name, form.Entry{}); ok && !o.accepted() {
		var lost []string
		for _, issue := range errorsOnly(o.issues) {
			lost = append(lost, issue.Text)
		}
		walk(view.Components, func(component *form.Component) {
			if _, ok := o.changed[component.Name]; ok && component.Name != "" {
				lost = append(lost, c.T("clash", component.LabelText, stored(*component)))
			}
		})
		for _, typed := range o.gone {
			lost = append(lost, c.T("clash.gone", typed))
		}
		c.Warn(c.T("back.lost", view.Title, strings.Join(lost, " ")))
	}
	return a.turn(s, name, func(v form.View) string { return v.Previous })
}
