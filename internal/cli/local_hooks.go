package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/local"
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

// servedFolder is what is to be told of an application that is served from a
// folder.
type servedFolder struct {
	dir   string
	hooks []readyHook
	run   string // the command that runs the application itself; empty without hooks
}

// readHooks finds the hooks of applications that are served from folders, by id.
func readHooks(folders []*app.Folder) (map[string]servedFolder, error) {
	all := make(map[string]servedFolder, len(folders))
	for _, folder := range folders {
		served := servedFolder{dir: folder.Dir}
		if folder.HasHooks {
			code, err := dotnet.Read(os.DirFS(folder.Dir))
			if err != nil {
				return nil, fmt.Errorf("read the hooks of application %s: %w", folder.ID, err)
			}
			for _, hook := range code.Hooks() {
				served.hooks = append(served.hooks, readyHook{hook.Class, hook.Interface, hook.File, hook.Line})
			}
		}
		if len(served.hooks) > 0 {
			served.run = "stafett local exec -- dotnet run --project " + quoted(filepath.Join(folder.Dir, folder.Root))
		}
		all[folder.ID] = served
	}
	return all, nil
}

// warnOfHooks tells, once for each application, what does not run, and how it can.
func (s *session) warnOfHooks(config local.Config, served map[string]servedFolder) {
	for _, folder := range config.Apps {
		found := served[folder.ID]
		if len(found.hooks) == 0 {
			continue
		}
		names := make([]string, len(found.hooks))
		for n, hook := range found.hooks {
			names[n] = fmt.Sprintf("%s: %s, %s:%d", hook.Class, hook.Interface, hook.File, hook.Line)
		}
		noun := "a hook"
		if len(names) > 1 {
			noun = fmt.Sprintf("%d hooks", len(names))
		}
		s.warn("application %s has %s in C# that the local platform does not run (%s).\n  To run the application itself, start this platform with %s\n  and in another terminal: %s",
			folder.ID, noun, strings.Join(names, "; "), flagsToPassOn(config, folder.ID), found.run)
	}
}

// flagsToPassOn name all applications that are served, since what no --app names is
// not: the one with the id as a process, the others as they are.
func flagsToPassOn(config local.Config, id string) string {
	var flags []string
	for _, folder := range config.Apps {
		named := folder.Dir
		if folder.ID == id {
			named = id + "=http://localhost:" + localAppPort
		}
		flags = append(flags, "--app "+quoted(named))
	}
	for _, remote := range config.Remotes {
		flags = append(flags, "--app "+quoted(remote.ID+"="+remote.URL))
	}
	return strings.Join(flags, " ")
}
