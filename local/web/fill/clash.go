package fill

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// clashes are fields that have been changed both on the page that was posted and
// elsewhere since it was shown.
type clashes struct {
	changed map[string]clash // by the name of the control
	gone    []string         // what was typed in fields that the page no longer has
}

type clash struct {
	shownName string
	typed     []string
}

// clashesOf compares what was posted with the page as it would be shown now.
func clashesOf(view form.View, posted url.Values) clashes {
	found := clashes{changed: make(map[string]clash)}
	known := make(map[string]bool)
	walk(view.Components, func(c *form.Component) {
		if c.ShownName == "" {
			return
		}
		known[c.ShownName] = true
		before, ok := posted[c.ShownName]
		if !ok || len(before) == 0 {
			return // the field was not on the page that was posted
		}
		typed, now := joined(posted[c.Name]), newlines(c.Shown)
		if shown := newlines(before[0]); typed != shown && now != shown && typed != now {
			found.changed[c.Name] = clash{c.ShownName, posted[c.Name]}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(posted)) {
		id, ok := strings.CutPrefix(name, form.ShownPrefix)
		typed := joined(posted[form.NamePrefix+id])
		if ok && !known[name] && typed != "" && typed != newlines(posted.Get(name)) {
			found.gone = append(found.gone, typed)
		}
	}
	return found
}

// without is what was posted but for the fields that clash.
func (f clashes) without(posted url.Values) url.Values {
	if len(f.changed) == 0 {
		return posted
	}
	rest := maps.Clone(posted)
	for name, c := range f.changed {
		delete(rest, name)
		delete(rest, c.shownName)
	}
	return rest
}

// show puts what was typed back into the fields that clash, and says what they
// hold. Saved once more, it is written.
func (f clashes) show(c *frame.Call, view form.View) (issues []form.Issue) {
	walk(view.Components, func(component *form.Component) {
		found, ok := f.changed[component.Name]
		if !ok || component.Name == "" {
			return
		}
		text := c.T("clash", component.LabelText, stored(*component)) + " " + c.T("clash.decide")
		component.Errors = append(component.Errors, text)
		issues = append(issues, form.Issue{Page: view.Name, Component: component.ID, Text: text, Severity: form.SeverityError})
		component.Value = strings.Join(found.typed, ",")
		for i := range component.Choices {
			component.Choices[i].Checked = slices.Contains(found.typed, component.Choices[i].Value)
		}
	})
	for _, typed := range f.gone {
		issues = append(issues, form.Issue{Page: view.Name, Text: c.T("clash.gone", typed), Severity: form.SeverityError})
	}
	return issues
}

// stored is what a component holds, as people read it.
func stored(c form.Component) string {
	if len(c.Choices) == 0 {
		return c.Value
	}
	var labels []string
	for _, choice := range c.Choices {
		if choice.Checked {
			labels = append(labels, choice.LabelText)
		}
	}
	return strings.Join(labels, ", ")
}

// joined is a posted value as a page tells what it showed.
func joined(values []string) string {
	return newlines(strings.Join(slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" }), ","))
}

// newlines undoes what browsers make of the ends of lines.
func newlines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// walk visits components, also inside groups and rows.
func walk(components []form.Component, visit func(*form.Component)) {
	for i := range components {
		visit(&components[i])
		walk(components[i].Components, visit)
		for _, row := range components[i].Rows {
			walk(row.Components, visit)
		}
	}
}
