package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
)

// What does not work in a folder is told when it is new, for as long as it is there.
func TestFindingsAreToldOnce(t *testing.T) {
	t.Parallel()
	apps := []readyApp{{ID: "a/form", Folder: "/form"}, {ID: "a/case", Folder: "/case"}}
	fault := func(component string) control.LayoutFault {
		return control.LayoutFault{Application: "a/form", File: "ui/p.json", Page: "p", Component: component, Text: "It is wrong.", Detail: "why"}
	}
	hook := func(class string, line int) control.Hook {
		return control.Hook{Application: "a/form", Class: class, Interface: "IProcessEnd", File: "End.cs", Line: line}
	}
	page := fault("")
	page.Detail = ""
	var told bytes.Buffer
	news := newFolderNews(&term.Stream{Writer: &told}, apps, map[string]control.Reading{"a/form": {LayoutFaults: []control.LayoutFault{fault("known")}}})
	broken := errors.New("it is broken")
	for n, step := range []struct {
		news local.FolderNews
		want []string
	}{
		{local.FolderNews{Reading: control.Reading{LayoutFaults: []control.LayoutFault{fault("known"), fault("new"), page}}}, []string{
			"[ok] application a/form is served as its files are now", "warning: /form/ui/p.json: component new: It is wrong. (why)", "warning: /form/ui/p.json: page p: It is wrong.",
		}},
		{local.FolderNews{CodeOnly: true, Reading: control.Reading{LayoutFaults: []control.LayoutFault{fault("new")}, Hooks: []control.Hook{hook("A", 3)}}}, []string{
			"warning: application a/form has a hook in C# that the local platform does not run (A: IProcessEnd, End.cs:3).",
			"  To run the application itself, start this platform with --app a/form=http://localhost:5005 --app /case",
			"  and in another terminal: dotnet build /form/App && stafett local exec -- dotnet run --no-build --project /form/App",
		}},
		{local.FolderNews{CodeOnly: true, Reading: control.Reading{Hooks: []control.Hook{hook("A", 4)}}}, nil}, // it has moved
		{local.FolderNews{Err: broken}, []string{"warning: it is broken", "  Until that is mended, the application is served as it was before."}},
		{local.FolderNews{Err: broken}, nil},
		{local.FolderNews{Reading: control.Reading{LayoutFaults: []control.LayoutFault{fault("known")}, Hooks: []control.Hook{hook("A", 4)}}}, []string{
			"[ok] application a/form is served as its files are now", "warning: /form/ui/p.json: component known: It is wrong. (why)", // it is back
		}},
		{local.FolderNews{Err: broken}, []string{"warning: it is broken", "  Until that is mended, the application is served as it was before."}},
	} {
		step.news.Application = "a/form"
		told.Reset()
		news.tell(step.news)
		want := ""
		if len(step.want) > 0 {
			want = strings.Join(step.want, "\n") + "\n"
		}
		if told.String() != want {
			t.Errorf("step %d told\n%swant\n%s", n, &told, want)
		}
	}
}
