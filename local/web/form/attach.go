package form

import (
	"slices"

	"github.com/stafett/stafett/app/model"
)

// Attach returns the patch that lets the form name a file which has been stored
// for a component, by the id of its data element. There is none for a component
// that is not bound to the form: it has all files of its data type.
func (f *Form) Attach(s State, component, file string) []Operation {
	l := f.look(s)
	return l.rename(component, func(ids []string, several bool) []string {
		if !several {
			return []string{file}
		}
		return append(ids, file)
	})
}

// Detach returns the patch that lets a component of the form no longer name a
// file.
func (f *Form) Detach(s State, component, file string) []Operation {
	l := f.look(s)
	return l.rename(component, func(ids []string, _ bool) []string {
		return slices.DeleteFunc(ids, func(id string) bool { return id == file })
	})
}

// rename changes the files that the form names for a component.
func (l *look) rename(component string, change func(ids []string, several bool) []string) []Operation {
	for _, p := range l.shownPages() {
		for _, i := range l.instances(p) {
			field, bound := i.fileField()
			if i.kind != KindFiles || i.id() != component || !bound {
				continue
			}
			path := i.rows.resolve(field.Path)
			named := fileIDs(at(l.state.Data, path))
			ids := change(slices.Clone(named), field.Repeating)
			if slices.Equal(ids, named) {
				return nil
			}
			change := newPatch(l.state)
			change.set(path, idValue(ids, field.Repeating))
			return change.operations
		}
	}
	return nil
}

// idValue is how the form names files.
func idValue(ids []string, several bool) any {
	switch {
	case len(ids) == 0:
		return nil
	case !several:
		return ids[0]
	}
	list := make([]any, len(ids))
	for n, id := range ids {
		list[n] = id
	}
	return list
}

// fileField is what a component for files is bound to; false if to nothing.
func (i instance) fileField() (model.Field, bool) {
	if field, ok := i.bound[listBinding]; ok {
		return field, true
	}
	field, ok := i.bound[simpleBinding]
	return field, ok
}

// fileIDs are the ids that the form names: one, or a list.
func fileIDs(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var ids []string
		for _, element := range v {
			ids = append(ids, optionText(element))
		}
		return ids
	}
	return nil
}
