package form

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
)

// Explain finds the places of the issues that the application has found, and
// says them in the reader's language where it can: with the text resource that
// the application names, or as [Form.Validate] says what it finds at the same
// place.
func (f *Form) Explain(s State, issues []BackendIssue) []Issue {
	l := f.look(s)
	own := f.Validate(s)
	var out []Issue
	for _, b := range issues {
		text, chosen := l.said(b)
		issue := Issue{Field: l.written(b.Field), Text: text, Severity: b.Severity}
		if issue.Severity == 0 {
			issue.Severity = SeverityError
		}
		issue.Page, issue.Component = l.place(issue.Field)
		if found, ok := sameFinding(own, issue); ok && !chosen {
			found.Severity = issue.Severity
			issue = found
		}
		if !slices.Contains(out, issue) {
			out = append(out, issue)
		}
	}
	return out
}

// sameFinding finds the own issue at the place of another.
func sameFinding(own []Issue, other Issue) (Issue, bool) {
	i := slices.IndexFunc(own, func(i Issue) bool {
		return other.Component != "" && i.Component == other.Component || other.Field != "" && i.Field == other.Field
	})
	if i < 0 {
		return Issue{}, false
	}
	return own[i], true
}

// said is what the application says: a text resource of its own, which it has
// chosen, or its description.
func (l *look) said(b BackendIssue) (text string, chosen bool) {
	for _, id := range []string{b.TextKey, b.Description, b.Code} {
		t, ok := l.source.Texts.Get(id)
		if id == "" || !ok {
			continue
		}
		t.Variables = slices.Clone(t.Variables)
		for n, v := range t.Variables {
			if value, ok := b.TextParams[v.Key]; ok && v.DataSource == "customTextParameters" {
				t.Variables[n] = app.Variable{DefaultValue: value}
			}
		}
		return l.markdown.plain(l.fill(t, nil, literally)), true
	}
	if b.Description != "" {
		return b.Description, false
	}
	return b.Code, false
}

// place finds the page and the component that show a field, or the files of a
// data type. A group stands for what is in it and not shown itself.
func (l *look) place(field string) (page, component string) {
	if field == "" {
		return "", ""
	}
	for _, p := range l.shownPages() {
		for _, i := range l.instances(p) {
			if i.kind == KindFiles && i.ID == field || i.kind == KindRepeating && i.rows.resolve(i.bound[groupBinding].Path) == field {
				return p.name, i.id()
			}
			for _, k := range l.controls(i) {
				if k.path == field {
					return p.name, k.id
				}
			}
		}
	}
	return "", ""
}

// written gives a field's path as the data model writes it. Applications may
// write it in another case.
func (l *look) written(path string) string {
	if l.source.Schema == nil || path == "" {
		return path
	}
	var plain, out string
	for _, s := range steps(path) {
		if s.isIndex {
			out += "[" + strconv.Itoa(s.index) + "]"
			continue
		}
		plain = join(plain, s.name)
		field, ok := l.source.Schema.Field(plain)
		if !ok {
			return path
		}
		out = join(out, lastName(field))
	}
	return out
}

func lastName(f model.Field) string { return f.Path[strings.LastIndexByte(f.Path, '.')+1:] }

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}
