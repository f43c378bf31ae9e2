package app

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
)

const layoutSetsFile = "ui/layout-sets.json"

// parsed reads a file with one of the readers; false means that it is not there
// or wrong.
func parsed[T any](l *loader, file, problem string, parse func([]byte) (T, error)) (T, bool) {
	var none T
	data, ok := l.file(file, "")
	if !ok {
		return none, false
	}
	value, err := parse(data)
	if err != nil {
		l.faults.add(l.path(file), problem, "", err)
		return none, false
	}
	return value, true
}

// layouts reads the three forms in which applications have kept their layouts:
// sets listed in layout-sets.json (version 8), a folder per task (version 9),
// and layouts directly below ui/ (older).
func (l *loader) layouts() {
	switch {
	case l.exists(l.path(layoutSetsFile)):
		l.listedSets()
	case l.exists(l.path("ui/layouts")):
		l.addSet(LayoutSet{file: "ui/Settings.json", DataType: l.formOf(""), Tasks: l.tasksWithForms()}, "ui")
	default:
		l.taskFolders()
	}
}

func (l *loader) listedSets() {
	sets, ok := parsed(l, layoutSetsFile, "the JSON is not right", ParseLayoutSets)
	if !ok {
		return
	}
	data, _ := l.file(layoutSetsFile, "")
	l.folder.LayoutSetsJSON = bytes.TrimPrefix(data, []byte("\ufeff"))
	for i, set := range sets {
		if !fs.ValidPath(set.ID) || set.ID == "." {
			l.faults.addf(l.path(layoutSetsFile), "Give it the name of its folder below ui/.", "layout set number %d has the id %q", i+1, set.ID)
			continue
		}
		set.file = layoutSetsFile
		l.addSet(set, "ui/"+set.ID)
	}
}

// taskFolders reads ui/{task}/. A folder that is no task holds a form which
// others show, such as a subform.
func (l *loader) taskFolders() {
	entries, err := fs.ReadDir(l.fsys, l.path("ui"))
	if err != nil {
		return // no layouts at all: an application may be used through its API only
	}
	for _, e := range entries {
		folder := "ui/" + e.Name()
		if !e.IsDir() || !l.exists(l.path(folder+"/layouts")) {
			continue
		}
		set := LayoutSet{ID: e.Name(), file: folder + "/Settings.json"}
		if p := l.folder.Process; p != nil {
			if _, ok := p.Task(e.Name()); ok {
				set.Tasks, set.DataType = []string{e.Name()}, l.formOf(e.Name())
			}
		}
		l.addSet(set, folder)
	}
}

// formOf returns the id of the first form data type of a task, or of any task.
func (l *loader) formOf(task string) string {
	for _, t := range l.folder.Metadata.DataTypes {
		if t.IsFormData() && (task == "" || t.TaskID == task) {
			return t.ID
		}
	}
	return ""
}

func (l *loader) tasksWithForms() []string {
	var tasks []string
	for _, t := range l.folder.Metadata.DataTypes {
		if t.IsFormData() && t.TaskID != "" && !slices.Contains(tasks, t.TaskID) {
			tasks = append(tasks, t.TaskID)
		}
	}
	return tasks
}

func (l *loader) addSet(set LayoutSet, folder string) {
	settings, ok := parsed(l, folder+"/Settings.json", "the JSON is not right", ParseLayoutSettings)
	if ok {
		data, _ := l.file(folder+"/Settings.json", "")
		set.SettingsJSON = bytes.TrimPrefix(data, []byte("\ufeff"))
	}
	if settings.DefaultDataType != "" {
		set.DataType = settings.DefaultDataType
	}
	files := l.list(folder+"/layouts", ".json")
	set.Layouts = make(map[string]json.RawMessage, len(files))
	for _, name := range files {
		// A file that is not JSON is told of where a page needs it.
		if data, ok := l.file(folder+"/layouts/"+name+".json", ""); ok && json.Valid(standardJSON(data)) {
			set.Layouts[name] = standardJSON(data)
		}
	}
	names := settings.Order
	if len(names) == 0 {
		names = files
	}
	ids := map[string]string{}
	for _, name := range names {
		file := folder + "/layouts/" + name + ".json"
		page, ok := l.page(name, file)
		if !ok {
			continue
		}
		for _, c := range page.Components {
			if other, again := ids[c.ID]; again {
				l.faults.addf(l.path(file), "Give each component of a layout set an id of its own.", "the component id %q is already used on the page %q", c.ID, other)
			}
			ids[c.ID] = name
		}
		set.Pages = append(set.Pages, page)
	}
	l.folder.LayoutSets = append(l.folder.LayoutSets, set)
}

func (l *loader) page(name, file string) (Page, bool) {
	data, ok := l.file(file, "add the file, or take the page off the list in Settings.json")
	if !ok {
		return Page{}, false
	}
	page, err := ParseLayout(name, data)
	if err != nil {
		l.faults.add(l.path(file), "the layout is not right", "", err)
		return Page{}, false
	}
	return page, true
}
