package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/local/storage"
)

// maxLookups bounds how deep conditions may look at components that have
// conditions themselves.
const maxLookups = 32

// maxNested bounds how deep groups may lie in groups.
const maxNested = 32

// layoutState answers what the layout of a task says about a form: which
// components are hidden, in which row, and which must be filled in. It serves one
// request.
type layoutState struct {
	layout app.LayoutSet
	schema *model.Schema
	form   form
	// outer is what expressions see besides the form and its components.
	outer  expression.Context
	other  func(path, dataType string) (any, error) // forms of other data types
	parent map[string]string                        // component → the group it lies in
	found  map[string]any                           // values of components in their rows, as others see them
	depth  int                                      // of conditions that look at others
	nested int                                      // of groups in groups
}

// layoutStateOf prepares the layout of the current task for a form.
func (s *Server) layoutStateOf(c *call, in storage.Instance, layout app.LayoutSet, schema *model.Schema, f form) *layoutState {
	l := &layoutState{
		layout: layout, schema: schema, form: f, parent: map[string]string{}, found: map[string]any{},
		other: s.formLookup(c, in, ""),
		outer: expression.Context{
			Language: c.language(), Location: norway,
			InstanceContext:  func(key string) (string, bool) { return instanceContext(in, key) },
			FrontendSettings: func(key string) (string, bool) { v, ok := s.settings.frontEnd[key]; return v, ok },
			CountDataElements: func(dataType string) (int, error) {
				return countData(in, dataType), nil
			},
			AuthContext: func(action string) (bool, error) {
				allowed, err := s.permitted(c, currentTask(in), action)
				if err != nil {
					return false, err
				}
				return allowed[0], nil
			},
			Text: func(key string) (string, bool) {
				text, ok := newFormPrinter(s.folder, in, c.language()).resource(key)
				return text.Value, ok
			},
		},
	}
	for _, page := range layout.Pages {
		for _, component := range page.Components {
			for _, id := range children(component) {
				l.parent[id] = component.ID
			}
		}
	}
	return l
}

// children are the ids inside a group. Groups that spread over pages have
// "page:id".
func children(c app.Component) []string {
	ids := make([]string, len(c.Children))
	for i, id := range c.Children {
		ids[i] = id
		if page, name, ok := strings.Cut(id, ":"); ok {
			if _, err := strconv.Atoi(page); err == nil {
				ids[i] = name
			}
		}
	}
	return ids
}

// each visits every component once for each row that it stands in, with whether
// it is hidden there, by itself or by what it lies in.
func (l *layoutState) each(visit func(page app.Page, c app.Component, rows []int, hidden bool) error) error {
	for _, page := range l.layout.Pages {
		hidden, err := l.isTrue(page.Hidden, nil)
		if err != nil {
			return fmt.Errorf("hidden of page %s: %w", page.Name, err)
		}
		for _, component := range page.Components {
			if l.parent[component.ID] != "" {
				continue
			}
			if err := l.walk(page, component, nil, hidden, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *layoutState) walk(page app.Page, c app.Component, rows []int, hidden bool, visit func(app.Page, app.Component, []int, bool) error) error {
	if l.nested++; l.nested > maxNested {
		return fmt.Errorf("the group %s lies in itself", c.ID)
	}
	defer func() { l.nested-- }()
	own, err := l.isTrue(c.Hidden, rows)
	if err != nil {
		return fmt.Errorf("hidden of component %s: %w", c.ID, err)
	}
	hidden = hidden || own
	if err := visit(page, c, rows, hidden); err != nil {
		return err
	}
	path, repeats := c.DataModelBinding["group"]
	if !repeats {
		return l.inside(page, c, rows, hidden, visit)
	}
	list, err := l.value(path, rows)
	if err != nil {
		return err
	}
	elements, _ := list.([]any)
	for i := range elements {
		row := append(slices.Clone(rows), i)
		hiddenRow, err := l.isTrue(member(c.Raw, "hiddenRow"), row)
		if err != nil {
			return fmt.Errorf("hiddenRow of component %s: %w", c.ID, err)
		}
		if err := l.inside(page, c, row, hidden || hiddenRow, visit); err != nil {
			return err
		}
	}
	return nil
}

func (l *layoutState) inside(page app.Page, group app.Component, rows []int, hidden bool, visit func(app.Page, app.Component, []int, bool) error) error {
	for _, id := range children(group) {
		i := slices.IndexFunc(page.Components, func(c app.Component) bool { return c.ID == id })
		if i < 0 || page.Components[i].ID == group.ID {
			continue
		}
		if err := l.walk(page, page.Components[i], rows, hidden, visit); err != nil {
			return err
		}
	}
	return nil
}

// member is one member of a component that has no field of its own.
func member(raw json.RawMessage, name string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	return members[name]
}

// isTrue evaluates a condition in a row: absent, a boolean, or an expression.
// Unlike a browser, an application fails where it cannot be evaluated.
func (l *layoutState) isTrue(condition json.RawMessage, rows []int) (bool, error) {
	if len(condition) == 0 {
		return false, nil
	}
	e, err := expression.Parse(condition)
	if err != nil {
		return false, err
	}
	return e.EvalBool(l.context(rows), false)
}

// context is what an expression in a row may look at.
func (l *layoutState) context(rows []int) expression.Context {
	ctx := l.outer
	ctx.DataModel = func(path, dataType string) (any, error) {
		if dataType != "" && dataType != l.layout.DataType {
			return l.other(path, dataType)
		}
		return l.value(path, rows)
	}
	ctx.Component = func(id string) (any, error) { return l.bound(id, rows) }
	return ctx
}

// value looks up a path of the form, in a row.
func (l *layoutState) value(path string, rows []int) (any, error) {
	return expression.ModelLookup(l.form)(l.indexed(path, rows), "")
}

// indexed gives a path the indices of a row: each list on the way that has none
// gets one. The end of a path stays as it is, and an index that is written ends
// it: what lies further in is another row's.
func (l *layoutState) indexed(path string, rows []int) string {
	parts := strings.Split(path, ".")
	for i := 0; i < len(parts)-1 && len(rows) > 0; i++ {
		if strings.HasSuffix(parts[i], "]") {
			break
		}
		if field, ok := l.schema.Field(strings.Join(parts[:i+1], ".")); ok && field.Repeating {
			parts[i] += "[" + strconv.Itoa(rows[0]) + "]"
			rows = rows[1:]
		}
	}
	return strings.Join(parts, ".")
}

// bound is the value of a component as other components see it: nothing while it
// is hidden.
func (l *layoutState) bound(id string, rows []int) (any, error) {
	key := fmt.Sprint(id, rows)
	if value, ok := l.found[key]; ok {
		return value, nil
	}
	value, err := l.lookUp(id, rows)
	if err == nil {
		l.found[key] = value
	}
	return value, err
}

func (l *layoutState) lookUp(id string, rows []int) (any, error) {
	if l.depth++; l.depth > maxLookups {
		return nil, errors.New("conditions of components look at each other")
	}
	defer func() { l.depth-- }()
	for _, page := range l.layout.Pages {
		i := slices.IndexFunc(page.Components, func(c app.Component) bool { return c.ID == id })
		if i < 0 {
			continue
		}
		hidden, err := l.isHidden(page, page.Components[i], rows)
		if err != nil || hidden {
			return nil, err
		}
		return l.value(page.Components[i].DataModelBinding["simpleBinding"], rows)
	}
	return nil, fmt.Errorf("there is no component %q", id)
}

// isHidden asks the component, what it lies in, and the page.
func (l *layoutState) isHidden(page app.Page, c app.Component, rows []int) (bool, error) {
	conditions := []json.RawMessage{page.Hidden, c.Hidden}
	for id := l.parent[c.ID]; id != "" && len(conditions) <= maxLookups; id = l.parent[id] {
		if i := slices.IndexFunc(page.Components, func(c app.Component) bool { return c.ID == id }); i >= 0 {
			conditions = append(conditions, page.Components[i].Hidden)
		}
	}
	for _, condition := range conditions {
		if hidden, err := l.isTrue(condition, rows); err != nil || hidden {
			return hidden, err
		}
	}
	return false, nil
}
