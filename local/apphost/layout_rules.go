package apphost

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/local/storage"
)

// layoutIssues are what the layout of the current task, and the rules of
// models/*.validation.json, say about the form, where the application's settings
// say that this is for the application and not for the browser alone.
func (s *Server) layoutIssues(c *call, in storage.Instance) ([]issue, error) {
	task := currentTask(in)
	layout, listed := s.folder.LayoutSet(task)
	if !listed || s.folder.LayoutSetsJSON == nil || !s.settings.requires && !s.settings.evaluates {
		return nil, nil
	}
	t, known := s.folder.Metadata.DataType(layout.DataType)
	if types := s.formTypes(task); !known && len(types) > 0 {
		t = types[0]
	}
	i := slices.IndexFunc(in.Data, func(e storage.DataElement) bool { return e.DataType == t.ID })
	if i < 0 {
		return nil, nil
	}
	schema, f, err := s.readForm(c, in.ID, t, in.Data[i])
	if err != nil {
		return nil, err
	}
	layout.DataType = t.ID
	state := s.layoutStateOf(c, in, layout, schema, f)
	var out []issue
	if s.settings.requires {
		out, err = state.missing()
	}
	if s.settings.evaluates && err == nil {
		var found []issue
		found, err = state.broken(s.rules[t.ID])
		out = append(out, found...)
	}
	if err != nil {
		return nil, &refusal{problem(http.StatusInternalServerError, somethingWrong, err.Error()), err}
	}
	for n := range out {
		out[n].DataElementID = nullable(in.Data[i].ID)
	}
	return out, nil
}

// missing lists the fields that are empty though a component says that they are
// required.
func (l *layoutState) missing() ([]issue, error) {
	var out []issue
	err := l.each(func(page app.Page, c app.Component, rows []int, hidden bool) error {
		if hidden {
			return nil
		}
		required, err := l.isTrue(c.Required, rows)
		if err != nil {
			return fmt.Errorf("required of component %s: %w", c.ID, err)
		}
		if !required {
			return nil
		}
		for binding, path := range c.DataModelBinding {
			value, err := l.value(path, rows)
			if err != nil {
				return err
			}
			if !isEmpty(value) {
				continue
			}
			field := l.indexed(path, rows)
			out = append(out, issue{
				Severity: severityError, Field: nullable(field), Code: "required", Source: sourceRequired,
				Description:   fmt.Sprintf("%s must be filled in, says the component %s", field, c.ID),
				CustomTextKey: nullable("backend.validation_errors.required"),
				CustomTextParameters: map[string]string{
					"field": field, "layoutId": l.layout.ID, "pageId": page.Name, "componentId": c.ID, "bindingName": binding,
				},
			})
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b issue) int { return strings.Compare(*a.Field, *b.Field) })
	return out, err
}

// isEmpty tells whether a required field still has to be filled in.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// broken lists the rules that the form breaks. Fields that are only shown in
// hidden components are left in peace.
func (l *layoutState) broken(rules []fieldRules) ([]issue, error) {
	shown, unshown := map[string]bool{}, map[string]bool{}
	if err := l.each(func(_ app.Page, c app.Component, rows []int, hidden bool) error {
		for _, path := range c.DataModelBinding {
			if field := l.indexed(path, rows); hidden {
				unshown[field] = true
			} else {
				shown[field] = true
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	var out []issue
	for _, of := range rules {
		for _, field := range l.occurrences(of.field) {
			if unshown[field] && !shown[field] {
				continue
			}
			ctx := l.context(indices(field))
			ctx.Args = []any{field}
			for _, rule := range of.rules {
				isBroken, err := rule.condition.Eval(ctx)
				if err != nil {
					return nil, fmt.Errorf("rule %s of %s: %w", rule.message, field, err)
				}
				switch isBroken {
				case true:
					out = append(out, issue{
						Severity: rule.severity, Field: nullable(field), Code: rule.message, Source: sourceExpression,
						CustomTextKey: nullable(rule.message),
					})
				case false:
				default:
					return nil, fmt.Errorf("rule %s of %s is not true or false", rule.message, field)
				}
			}
		}
	}
	return out, nil
}

// occurrences writes a path once for each row that it leads through.
func (l *layoutState) occurrences(path string) []string {
	found := []string{""}
	parts := strings.Split(path, ".")
	for i, part := range parts {
		var next []string
		for _, prefix := range found {
			whole := strings.TrimPrefix(prefix+"."+part, ".")
			field, ok := l.schema.Field(whole)
			if !ok || !field.Repeating || i == len(parts)-1 || strings.HasSuffix(part, "]") {
				next = append(next, whole)
				continue
			}
			value, err := expression.ModelLookup(l.form)(whole, "")
			if err != nil {
				continue
			}
			list, _ := value.([]any)
			for n := range list {
				next = append(next, whole+"["+strconv.Itoa(n)+"]")
			}
		}
		found = next
	}
	return found
}

var pathIndex = regexp.MustCompile(`\[([0-9]+)\]`)

// indices are the rows that a path leads through.
func indices(path string) []int {
	var rows []int
	for _, match := range pathIndex.FindAllStringSubmatch(path, -1) {
		row, err := strconv.Atoi(match[1])
		if err != nil {
			return rows // no list is that long
		}
		rows = append(rows, row)
	}
	return rows
}
