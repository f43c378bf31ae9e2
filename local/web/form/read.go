package form

import (
	"net/url"
	"slices"
	"strings"
)

// Read turns what was posted from a page into a patch of the form data, and
// tells what cannot be a value of its field: such text gives an issue and no
// operation. Only components that the page shows and that can be written are
// read; one that is empty now is removed from the data. What equals the data, or
// what the page showed, gives no operation.
func (f *Form) Read(s State, name string, posted url.Values) ([]Operation, []Issue) {
	l := f.look(s)
	p, ok := l.page(name)
	if !ok || !s.Write {
		return nil, nil
	}
	change := newPatch(s)
	var issues []Issue
	for _, i := range l.instances(p) {
		if l.isReadOnly(i.component, i.rows) {
			continue
		}
		for _, k := range l.controls(i) {
			values, touched := k.posted(posted)
			if !touched {
				continue
			}
			value, wrong := l.read(k, values)
			if wrong != nil {
				issue := l.issue(k, wrong.pattern, wrong.args...)
				issue.Unread = true
				issues = append(issues, issue)
				continue
			}
			if !l.same(k, value, at(s.Data, k.path)) {
				change.set(k.path, value)
				l.setLabel(k, value, &change)
			}
		}
	}
	return change.operations, issues
}

// posted finds what was posted for a control. False means that the page did not
// hold the control, or that the person has left it as it was shown.
func (k control) posted(all url.Values) ([]string, bool) {
	values, there := all[k.name()]
	shown, wasShown := all[k.shown()]
	if !there {
		// Boxes and buttons that are not chosen are not posted.
		if !wasShown || k.kind == KindInput || k.kind == KindTextArea || k.kind == KindDate {
			return nil, false
		}
		values = []string{""}
	}
	if len(values) == 0 {
		return nil, false
	}
	now := values[0]
	if k.several() {
		now = strings.Join(slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" }), ",")
	}
	if wasShown && len(shown) > 0 && sameText(now, shown[0]) {
		return nil, false
	}
	return values, true
}

// sameText compares texts as browsers post them, with other ends of lines.
func sameText(a, b string) bool {
	return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}

// setLabel keeps the label of a choice where the layout binds it too.
func (l *look) setLabel(k control, value any, change *patch) {
	field, ok := k.bound[labelBinding]
	if !ok || k.kind != KindRadio && k.kind != KindDropdown {
		return
	}
	if value == nil {
		change.set(k.rows.resolve(field.Path), nil)
		return
	}
	change.set(k.rows.resolve(field.Path), strings.Join(l.chosenLabels(k, value), ","))
}

// issue is something wrong with a control. The first argument of the sentence is
// the control's name.
func (l *look) issue(k control, pattern string, args ...string) Issue {
	return Issue{
		Page: k.page.name, Component: k.id, Field: k.path, Severity: SeverityError,
		Text: sentence(pattern, append([]string{k.label}, args...)...),
	}
}
