package fill

import (
	"slices"

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
			fault.Page = s.page(issue.Page) + query(form.ShowAll, page)
		}
		list = append(list, fault)
	}
	return list
}

// marked are the errors that a page marks, in its order.
func marked(view form.View) []form.Issue {
	var issues []form.Issue
	walk(view.Components, func(component *form.Component) {
		for _, text := range component.Errors {
			issues = append(issues, form.Issue{Page: view.Name, Component: component.ID, Text: text, Severity: form.SeverityError})
		}
	})
	return issues
}

// inOrder lists issues page by page, the first of those that say the same, and
// last what no page shows.
func inOrder(s *standing, issues []form.Issue) []form.Issue {
	pages := s.definition.Form.Pages(s.state)
	number := func(issue form.Issue) int {
		if i := slices.IndexFunc(pages, func(p form.Page) bool { return p.Name == issue.Page }); i >= 0 {
			return i
		}
		return len(pages)
	}
	var list []form.Issue
	for _, issue := range issues {
		same := func(other form.Issue) bool {
			return other.Page == issue.Page && other.Component == issue.Component && other.Text == issue.Text &&
				(issue.Component != "" || other.Field == issue.Field)
		}
		if !slices.ContainsFunc(list, same) {
			list = append(list, issue)
		}
	}
	slices.SortStableFunc(list, func(a, b form.Issue) int { return number(a) - number(b) })
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
