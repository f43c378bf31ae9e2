package local

import (
	"fmt"
	"os"
	"path"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/web/definition"
)

// Examine tells what in an application does not work when its folder is served: faults
// of layouts, in English, and hooks in C#, which do not run. Code is looked for where
// the folder lies on disk. The error is for files that cannot be read.
func Examine(folder *app.Folder) (control.Reading, error) {
	reading := control.Reading{Applications: []string{folder.ID}}
	faults, err := definition.Faults(folder)
	if err != nil {
		return control.Reading{}, err
	}
	for _, f := range faults {
		reading.LayoutFaults = append(reading.LayoutFaults, control.LayoutFault{
			Application: folder.ID, File: path.Join(folder.Root, f.File), Page: f.Page, Component: f.Component, Text: f.Text, Detail: f.Detail,
		})
	}
	if !folder.HasHooks || folder.Dir == "" {
		return reading, nil
	}
	code, err := dotnet.Read(os.DirFS(folder.Dir))
	if err != nil {
		return control.Reading{}, fmt.Errorf("read the hooks of application %s: %w", folder.ID, err)
	}
	for _, hook := range code.Hooks() {
		reading.Hooks = append(reading.Hooks, control.Hook{
			Application: folder.ID, Class: hook.Class, Interface: hook.Interface, File: hook.File, Line: hook.Line,
		})
	}
	return reading, nil
}
