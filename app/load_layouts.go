package app

import (
	"encoding/json"
	"io/fs"
	"slices"
)

const layoutSetsFile = "ui/layout-sets.json"

// decode reads a JSON file; false means that it is not there or wrong.
func (l *loader) decode(file string, into any) bool {
	data, ok := l.file(file, "")
	if !ok {
		return false
	}
	if err := decodeJSON(data, into); err != nil {
		l.faults.add(l.path(file), "the JSON is not right", "", err)
		return false
	}
	return true
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
	var list struct {
		Sets []struct {
			ID       string   `json:"id"`
			DataType string   `json:"dataType"`
			Tasks    []string `json:"tasks"`
		} `json:"sets"`
	}
	if !l.decode(layoutSetsFile, &list) {
		return
	}
	for i, s := range list.Sets {
		if !fs.ValidPath(s.ID) || s.ID == "." {
			l.faults.addf(l.path(layoutSetsFile), "Give it the name of its folder below ui/.", "layout set number %d has the id %q", i+1, s.ID)
			continue
		}
		l.addSet(LayoutSet{ID: s.ID, DataType: s.DataType, Tasks: s.Tasks, file: layoutSetsFile}, "ui/"+s.ID)
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

type layoutSettings struct {
	DefaultDataType string `json:"defaultDataType"`
	Pages           struct {
		Order  []string `json:"order"`
		Groups []struct {
			Order []string `json:"order"`
		} `json:"groups"`
	} `json:"pages"`
}

// order returns the names of the pages, by group if there are groups.
func (s layoutSettings) order() []string {
	names := slices.Clone(s.Pages.Order)
	for _, g := range s.Pages.Groups {
		names = append(names, g.Order...)
	}
	return names
}

func (l *loader) addSet(set LayoutSet, folder string) {
	var settings layoutSettings
	l.decode(folder+"/Settings.json", &settings)
	if settings.DefaultDataType != "" {
		set.DataType = settings.DefaultDataType
	}
	names := settings.order()
	if len(names) == 0 {
		names = l.list(folder+"/layouts", ".json")
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
	var layout struct {
		Data struct {
			Hidden json.RawMessage `json:"hidden"`
			Layout []Component     `json:"layout"`
		} `json:"data"`
	}
	data, ok := l.file(file, "add the file, or take the page off the list in Settings.json")
	if !ok {
		return Page{}, false
	}
	if err := decodeJSON(data, &layout); err != nil {
		l.faults.add(l.path(file), "the layout is not right", "", err)
		return Page{}, false
	}
	return Page{Name: name, Hidden: layout.Data.Hidden, Components: layout.Data.Layout}, true
}
