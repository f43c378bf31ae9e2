package cli

import (
	"path/filepath"
	"slices"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// examine finds what does not work in applications that are served from folders, by id.
func examine(folders []*app.Folder) (map[string]control.Reading, error) {
	found := make(map[string]control.Reading, len(folders))
	for _, folder := range folders {
		reading, err := local.Examine(folder)
		if err != nil {
			return nil, err
		}
		found[folder.ID] = reading
	}
	return found, nil
}

// findings are texts about what does not work in applications: a line for each fault of
// a layout, which the console cannot show and with which an application that is
// deployed may not work either, and one text for all hooks of an application.
func findings(apps []readyApp, reading control.Reading) []string {
	var texts []string
	for _, one := range apps {
		for _, f := range reading.LayoutFaults {
			if f.Application == one.ID {
				texts = append(texts, filepath.Join(one.Folder, filepath.FromSlash(f.File))+": "+faultText(f))
			}
		}
		hooks := slices.DeleteFunc(slices.Clone(reading.Hooks), func(h control.Hook) bool { return h.Application != one.ID })
		if len(hooks) > 0 {
			texts = append(texts, hooksText(apps, one, hooks))
		}
	}
	return texts
}

func faultText(f control.LayoutFault) string {
	text := "page " + f.Page
	if f.Component != "" {
		text = "component " + f.Component
	}
	if text += ": " + f.Text; f.Detail != "" {
		text += " (" + f.Detail + ")"
	}
	return text
}

// folderNews tells on stderr what became of files that have changed while the platform
// serves them: of what does not work, what is new since the files were read before.
type folderNews struct {
	err     *term.Stream
	apps    []readyApp
	last    map[string]control.Reading // by application
	trouble map[string]*trouble
}

// newFolderNews begins with what was told at the start.
func newFolderNews(err *term.Stream, apps []readyApp, found map[string]control.Reading) *folderNews {
	news := &folderNews{err: err, apps: apps, last: found, trouble: make(map[string]*trouble, len(apps))}
	for _, one := range apps {
		news.trouble[one.ID] = &trouble{}
	}
	return news
}

func (n *folderNews) tell(news local.FolderNews) {
	id := news.Application
	if news.Err != nil {
		if n.trouble[id].isNews(news.Err) {
			n.err.Printf("warning: %v\n  Until that is mended, the application is served as it was before.\n", news.Err)
		}
		return
	}
	n.trouble[id].over()
	if !news.CodeOnly {
		n.err.Printf("%s application %s is served as its files are now\n", n.err.Mark(term.OK), id)
	}
	for _, text := range findings(n.apps, since(n.last[id], news.Reading)) {
		n.err.Printf("warning: %s\n", text)
	}
	n.last[id] = news.Reading
}

// since leaves of a reading what was not there before. A hook that has moved within its
// file is the same.
func since(before, now control.Reading) control.Reading {
	return control.Reading{
		LayoutFaults: slices.DeleteFunc(slices.Clone(now.LayoutFaults), func(f control.LayoutFault) bool {
			return slices.Contains(before.LayoutFaults, f)
		}),
		Hooks: slices.DeleteFunc(slices.Clone(now.Hooks), func(h control.Hook) bool {
			return slices.ContainsFunc(before.Hooks, func(known control.Hook) bool {
				known.Line = h.Line
				return known == h
			})
		}),
	}
}
