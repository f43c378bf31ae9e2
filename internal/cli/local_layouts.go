package cli

import (
	"path/filepath"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/definition"
)

// warnOfLayouts tells what is wrong with the applications' layouts, a line each:
// the console cannot show these components, and an application that is deployed
// may not work either.
func (s *session) warnOfLayouts(folders []*app.Folder) error {
	for _, folder := range folders {
		faults, err := definition.Faults(folder)
		if err != nil {
			return err
		}
		for _, f := range faults {
			what := "page " + f.Page
			if f.Component != "" {
				what = "component " + f.Component
			}
			text := f.Text
			if f.Detail != "" {
				text += " (" + f.Detail + ")"
			}
			s.warn("%s: %s: %s", filepath.Join(folder.Dir, folder.Root, filepath.FromSlash(f.File)), what, text)
		}
	}
	return nil
}
