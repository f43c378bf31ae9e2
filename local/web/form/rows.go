package form

import (
	"errors"
	"fmt"
)

// ErrRows is the failure to add or remove a row that may not be added or removed.
var ErrRows = errors.New("the number of rows cannot change")

// AddRow returns the patch that adds a row at the end of a repeating group,
// named by its id on the page. Rows that are shown though the data have none
// come into being with it. The error is [ErrRows].
func (f *Form) AddRow(s State, group string) ([]Operation, error) {
	l := f.look(s)
	i, ok := l.group(group)
	switch {
	case !ok || l.isReadOnly(i.component, i.rows) || !l.holds(i.mayAdd, i.rows, true):
		return nil, fmt.Errorf("add a row to %s: %w", group, ErrRows)
	case i.MaxCount > 0 && len(i.list(s)) >= i.MaxCount:
		return nil, fmt.Errorf("add a row to %s: %w: there are %d already", group, ErrRows, i.MaxCount)
	}
	n := max(len(i.list(s)), min(i.MinCount, maxEmptyRows))
	if i.MaxCount > 0 {
		n = min(n, i.MaxCount-1)
	}
	path := i.rows.resolve(i.bound[groupBinding].Path)
	change := newPatch(s)
	change.set(fmt.Sprintf("%s[%d]", path, n), map[string]any{})
	return change.operations, nil
}

// RemoveRow returns the patch that removes a row, counted from 0 in the data. It
// begins with a test: it holds only as long as the row is what the state says.
// The error is [ErrRows].
func (f *Form) RemoveRow(s State, group string, index int) ([]Operation, error) {
	l := f.look(s)
	i, ok := l.group(group)
	list := i.list(s)
	switch {
	case !ok || l.isReadOnly(i.component, i.rows) || !l.holds(i.mayDrop, i.rows, true):
		return nil, fmt.Errorf("remove a row of %s: %w", group, ErrRows)
	case index < 0 || index >= len(list):
		return nil, fmt.Errorf("remove a row of %s: %w: there is no row %d", group, ErrRows, index)
	case len(list) <= i.MinCount:
		return nil, fmt.Errorf("remove a row of %s: %w: there must be %d", group, ErrRows, i.MinCount)
	}
	path := pointer(steps(fmt.Sprintf("%s[%d]", i.rows.resolve(i.bound[groupBinding].Path), index)))
	return []Operation{{Op: "test", Path: path, Value: list[index]}, {Op: "remove", Path: path}}, nil
}

// group finds a repeating group that is shown.
func (l *look) group(id string) (instance, bool) {
	for _, p := range l.shownPages() {
		for _, i := range l.instances(p) {
			if i.kind == KindRepeating && i.id() == id {
				return i, true
			}
		}
	}
	return instance{}, false
}

// list are the rows that the data have for a repeating group.
func (i instance) list(s State) []any {
	if i.component == nil {
		return nil
	}
	list, _ := at(s.Data, i.rows.resolve(i.bound[groupBinding].Path)).([]any)
	return list
}
