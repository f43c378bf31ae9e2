package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stafett/stafett/local/control"
)

// localAppPort is where Altinn's template lets an application listen.
const localAppPort = "5005"

// readyHook is a class of an application whose code does not run, since the
// platform serves the application's configuration.
type readyHook struct {
	Class     string `json:"class"`
	Interface string `json:"interface"`
	File      string `json:"file"` // below the application's folder
	Line      int    `json:"line"`
}

// hooksText tells of the hooks of one application, which the others are served beside:
// what does not run, and how it can.
func hooksText(apps []readyApp, one readyApp, hooks []control.Hook) string {
	names := make([]string, len(hooks))
	for n, hook := range hooks {
		names[n] = fmt.Sprintf("%s: %s, %s:%d", hook.Class, hook.Interface, hook.File, hook.Line)
	}
	noun := "a hook"
	if len(names) > 1 {
		noun = fmt.Sprintf("%d hooks", len(names))
	}
	return fmt.Sprintf("application %s has %s in C# that the local platform does not run (%s).\n  To run the application itself, start this platform with %s\n  and in another terminal: %s",
		one.ID, noun, strings.Join(names, "; "), flagsToPassOn(apps, one.ID), runCommand(one.Folder))
}

// runCommand is the command that runs the application of a folder. It is built
// before, since inside the local platform there is no NuGet.
func runCommand(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "config")); err != nil {
		dir = filepath.Join(dir, "App")
	}
	return fmt.Sprintf("dotnet build %[1]s && stafett local exec -- dotnet run --no-build --project %[1]s", quoted(dir))
}

// flagsToPassOn name all applications that are served, since what no --app names is
// not: the one with the id as a process, the others as they are.
func flagsToPassOn(apps []readyApp, id string) string {
	flags := make([]string, len(apps))
	for n, one := range apps {
		named := one.Folder
		switch {
		case one.ID == id:
			named = id + "=http://localhost:" + localAppPort
		case one.Process != "":
			named = one.ID + "=" + one.Process
		}
		flags[n] = "--app " + quoted(named)
	}
	return strings.Join(flags, " ")
}
