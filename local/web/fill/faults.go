package fill

import (
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// faults are issues as the top of a page lists them, each leading to its field.
func faults(c *frame.Call, s *standing, page string, issues []form.Issue) []frame.Fault {
	var list []frame.Fault
	rows := make(map[string]map[string]string) // by page
	for _, issue := range errorsOnly(issues) {
		if _, read := rows[issue.Page]; !read {
			rows[issue.Page] = rowsOfPage(s, issue.Page)
		}
		fault := frame.Fault{Text: issue.Text}
		if row := rows[issue.Page][issue.Component]; row != "" {
			fault.Text = c.T("in-row", row, issue.Text)
		}
		switch {
		case issue.Component != "":
			fault.Field = field(issue.Component)
		case issue.Field != "":
			fault.Text = c.T("in-row", issue.Field, issue.Text) // nothing else tells what it is about
		}
		if issue.Page != "" && issue.Page != page {
			fault.Page = s.page(issue.Page) + "?" + showAll + "=all"
		}
		list = append(list, fault)
	}
	return list
}

// rowsOfPage tells in which row each component of a page stands, as people read
// it: the same question is asked in every row.
func rowsOfPage(s *standing, page string) map[string]string {
	rows := make(map[string]string)
	if s.definition.Form == nil {
		return rows
	}
	view, _ := s.definition.Form.View(s.state, page, form.Entry{})
	walk(view.Components, func(component *form.Component) {
		for _, row := range component.Rows {
			walk(row.Components, func(inside *form.Component) { rows[inside.ID] = row.Legend })
		}
	})
	return rows
}

func errorsOnly(issues []form.Issue) []form.Issue {
	var found []form.Issue
	for _, issue := range issues {
		if issue.Severity == form.SeverityError {
			found = append(found, issue)
		}
	}
	return found
}
