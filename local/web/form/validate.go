package form

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stafett/stafett/app/model"
)

// Validate checks the pages named, or all: what is required, what the data model
// says, and how many rows and files there are. Only what is shown is checked.
// The issues stand in the order of the form.
func (f *Form) Validate(s State, pages ...string) []Issue {
	l := f.look(s)
	var out []Issue
	for _, p := range l.shownPages() {
		if len(pages) == 0 || slices.Contains(pages, p.name) {
			out = append(out, l.validate(p)...)
		}
	}
	return out
}

// validate checks one page.
func (l *look) validate(p *page) []Issue {
	found := l.schemaIssues(p)
	var out []Issue
	for _, i := range l.instances(p) {
		if i.isFaulty() {
			continue // nobody can mend it here
		}
		switch i.kind {
		case KindFiles:
			out = append(out, l.fileIssues(i)...)
		case KindRepeating:
			out = append(out, l.rowIssues(i)...)
		}
		for _, k := range l.controls(i) {
			if issue, wrong := l.check(k, found[k.path]); wrong {
				out = append(out, issue)
			}
		}
	}
	return out
}

// check finds the first thing that is wrong with a control.
func (l *look) check(k control, schema []model.Issue) (Issue, bool) {
	value := at(l.state.Data, k.path)
	if isEmpty(value) {
		required := slices.ContainsFunc(schema, func(i model.Issue) bool { return i.Keyword == "required" })
		if !required && !l.isRequired(k) {
			return Issue{}, false
		}
		if short := l.markdown.plain(l.text(k.component, "shortName", k.rows)); short != "" && k.part == "" {
			k.label = short
		}
		issue := l.issue(k, l.requiredSentence(k))
		issue.Missing = true
		return issue, true
	}
	pattern, limit := l.limits(k, value)
	if pattern == "" {
		pattern, limit = l.againstSchema(k, value, schema)
	}
	if pattern == "" {
		return Issue{}, false
	}
	return l.issue(k, pattern, limit), true
}

// requiredSentence says that nothing is filled in: in the application's words if
// it has any.
func (l *look) requiredSentence(k control) string {
	if own := l.markdown.plain(l.text(k.component, "requiredValidation", k.rows)); own != "" {
		return own
	}
	if t, ok := l.source.Texts.Get("form_filler.error_required"); ok {
		return l.markdown.plain(t.Value)
	}
	switch k.kind {
	case KindCheckbox, KindMultiple:
		return l.words.requiredChecks
	case KindRadio, KindDropdown:
		return l.words.requiredChoice
	}
	return l.words.required
}

// limits checks what the layout says of a value. The sentence is empty if it is
// right.
func (l *look) limits(k control, value any) (pattern, limit string) {
	text, isText := value.(string)
	longest := maxLength(k)
	switch k.kind {
	case KindDate:
		return l.dateLimits(k, text)
	case KindInput, KindTextArea:
		if isText && longest > 0 && utf8.RuneCountInString(text) > longest {
			return l.words.tooLong, strconv.Itoa(longest)
		}
	case KindCheckbox, KindMultiple, KindRadio, KindDropdown:
		options := l.options(k.component, k.rows)
		for _, choice := range k.chosen(value) {
			if len(options) > 0 && !offers(options, choice) {
				return l.words.notChoice, ""
			}
		}
	}
	return "", ""
}

func (l *look) dateLimits(k control, text string) (pattern, limit string) {
	day, ok := dateOf(text, l.zone)
	if !ok {
		return l.words.notDate, ""
	}
	if first, ok := l.limitDate(k.minDate, k.rows); ok && day.Before(first) {
		return l.words.tooEarly, first.Format(shownDate)
	}
	if last, ok := l.limitDate(k.maxDate, k.rows); ok && day.After(last) {
		return l.words.tooLate, last.Format(shownDate)
	}
	return "", ""
}

// againstSchema says the first of what the data model finds wrong with a value,
// in the order in which it helps to know.
func (l *look) againstSchema(k control, value any, issues []model.Issue) (pattern, limit string) {
	w, f := l.words, k.field
	sentences := []struct{ keyword, pattern, limit string }{
		{"type", l.wrongType(k), ""},
		{"enum", w.notChoice, ""},
		{"format", l.wrongFormat(f.Format), ""},
		{"maxLength", w.tooLong, strconv.Itoa(f.MaxLength)},
		{"minLength", w.tooShort, strconv.Itoa(f.MinLength)},
		{"minimum", w.tooSmall, numberText(f.Minimum, noBreak, w)},
		{"maximum", w.tooLarge, numberText(f.Maximum, noBreak, w)},
	}
	for _, s := range sentences {
		if slices.ContainsFunc(issues, func(i model.Issue) bool { return i.Keyword == s.keyword }) {
			return s.pattern, s.limit
		}
	}
	if len(issues) > 0 {
		text, _ := value.(string)
		return l.wrongForm(k, text)
	}
	return "", ""
}

func (l *look) wrongType(k control) string {
	switch k.field.Type {
	case model.Integer:
		return l.words.notWhole
	case model.Number:
		return l.words.notNumber
	}
	return l.words.malformed
}

func (l *look) wrongFormat(format string) string {
	if strings.HasPrefix(format, "date") {
		return l.words.notDate
	}
	if format == "email" {
		return l.words.notEmail
	}
	return l.words.malformed
}

// schemaIssues are what the data model finds wrong, by path. Groups that must be
// there count as there, so that what lacks in them is found.
func (l *look) schemaIssues(p *page) map[string][]model.Issue {
	if l.source.Schema == nil {
		return nil
	}
	change := newPatch(l.state)
	for _, i := range l.instances(p) {
		for _, k := range l.controls(i) {
			l.completeGroups(&change, k.path)
		}
	}
	out := map[string][]model.Issue{}
	for _, issue := range l.source.Schema.Validate(change.data) {
		out[issue.Path] = append(out[issue.Path], issue)
	}
	return out
}

// completeGroups makes the groups around a field that the data model requires,
// and the rows that are shown.
func (l *look) completeGroups(change *patch, path string) {
	way := steps(path)
	name := ""
	for n := range len(way) - 1 {
		if !way[n].isIndex {
			name = strings.TrimPrefix(name+"."+way[n].name, ".")
			if field, ok := l.source.Schema.Field(name); !ok || !field.Required {
				return
			}
		}
		if lookUp(change.data, way[:n+1]) != nil {
			continue
		}
		if way[n+1].isIndex {
			change.lengthen(way[:n+1], way[n+1].index)
			continue
		}
		change.apply("add", way[:n+1], map[string]any{})
	}
}

// fileIssues checks the number of files.
func (l *look) fileIssues(i instance) []Issue {
	u, files := l.upload(i), l.filesOf(i)
	k := control{component: i.component, rows: i.rows, id: i.id(), label: l.name(i.component, i.rows)}
	switch {
	case len(files) < u.MinCount:
		issue := l.issue(k, l.words.fewFiles, strconv.Itoa(u.MinCount))
		issue.Missing = true
		return []Issue{issue}
	case u.MaxCount > 0 && len(files) > u.MaxCount:
		return []Issue{l.issue(k, l.words.manyFiles, strconv.Itoa(u.MaxCount))}
	}
	return nil
}

// rowIssues checks the number of rows. Empty rows that are shown say themselves
// what they lack.
func (l *look) rowIssues(i instance) []Issue {
	n := len(i.list(l.state))
	k := control{component: i.component, rows: i.rows, id: i.id(), label: l.name(i.component, i.rows), path: i.rows.resolve(i.bound[groupBinding].Path)}
	switch {
	case i.MaxCount > 0 && n > i.MaxCount:
		return []Issue{l.issue(k, l.words.manyRows, strconv.Itoa(i.MaxCount))}
	case n < i.MinCount && n == len(l.rowsOf(i.component, i.rows)):
		issue := l.issue(k, l.words.fewRows, strconv.Itoa(i.MinCount))
		issue.Missing = true
		return []Issue{issue}
	}
	return nil
}
