package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/project"
)

// appError says what is wrong with an --app, and what to write instead.
type appError struct {
	given, remedy string
	err           error
}

func (e *appError) Error() string { return fmt.Sprintf("--app %s: %v", e.given, e.err) }
func (e *appError) Unwrap() error { return e.err }

// Remedy tells which forms there are, or which of them was meant.
func (e *appError) Remedy() string { return e.remedy }

const appForms = "write --app FOLDER, the folder that holds config/ or App/config/, or --app org/app=http://localhost:5005 for a process that runs"

// servedApp is one application that is named on the command line.
type servedApp struct {
	folder *app.Folder  // nil for a process
	remote local.Remote // of a process
}

func (a servedApp) id() string {
	if a.folder != nil {
		return a.folder.ID
	}
	return a.remote.ID
}

func (a servedApp) org() string {
	org, _, _ := strings.Cut(a.id(), "/")
	return org
}

// readApps reads what the --app flags name. All that is wrong is told at once.
func readApps(given []string) ([]servedApp, error) {
	var served []servedApp
	var errs []error
	for _, text := range given {
		one, err := readApp(text)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if slices.ContainsFunc(served, func(a servedApp) bool { return a.id() == one.id() }) {
			errs = append(errs, &appError{given: text, err: fmt.Errorf("application %s is given twice", one.id()), remedy: "leave one of the two out: the platform serves an id once, from a folder or from a process"})
			continue
		}
		served = append(served, one)
	}
	if len(errs) > 0 {
		return nil, &usageError{errors.Join(errs...)}
	}
	return served, nil
}

func readApp(given string) (servedApp, error) {
	if id, address, ok := strings.Cut(given, "="); ok && (strings.Contains(address, "://") || isNoFolder(given)) {
		remote := local.Remote{ID: id, URL: strings.TrimSuffix(address, "/")}
		if err := remote.Check(); err != nil {
			return servedApp{}, &appError{given: given, err: err, remedy: appForms}
		}
		return servedApp{remote: remote}, nil
	}
	dir, err := filepath.Abs(given)
	if err != nil {
		return servedApp{}, &appError{given: given, err: err, remedy: appForms}
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return servedApp{}, &appError{given: given, err: errors.New("there is no such folder"), remedy: appForms}
	case err == nil && !info.IsDir():
		return servedApp{}, &appError{given: given, err: errors.New("it is no folder"), remedy: appForms}
	}
	folder, err := app.Load(dir)
	if err != nil {
		return servedApp{}, &appError{given: given, err: err, remedy: remedyOfFiles(err)}
	}
	return servedApp{folder: folder}, nil
}

func isNoFolder(path string) bool {
	_, err := os.Stat(path)
	return err != nil
}

// remedyOfFiles is what to do about a folder that cannot be read as an application;
// empty where the error's text says so of the file already.
func remedyOfFiles(err error) string {
	if told, ok := errors.AsType[*app.Fault](err); ok && told.Remedy() != "" {
		return ""
	}
	return "mend the file that is named, or name another folder"
}

// chooseApps makes the applications on the command line those that are served. The
// project, which may be missing, tells of its own owner; its path is returned if
// both its applications are served.
func (s *session) chooseApps(config *local.Config, served []servedApp, known *project.Project) (projectPath string) {
	var owners []local.Organisation
	for _, one := range served {
		if one.folder != nil {
			config.Apps = append(config.Apps, one.folder)
		} else {
			config.Remotes = append(config.Remotes, one.remote)
		}
		if slices.ContainsFunc(owners, func(o local.Organisation) bool { return o.Code == one.org() }) {
			continue
		}
		if known != nil && known.Owner.Org == one.org() {
			owners = append([]local.Organisation{ownerOf(known)}, owners...)
			config.Vault, config.Scopes = known.Vault, callerScopes(known)
			continue
		}
		owner, synthetic := local.OwnerByCode(one.org())
		if synthetic {
			s.warn("the number of the owner %s is made up: %s; owner.organisationNumber in stafett.yaml would tell the real one", owner.Code, owner.Number)
		}
		owners = append(owners, owner)
	}
	config.Owner, config.Others, config.Original = owners[0], owners[1:], served[0].id()
	config.RemoteTold = s.tellRemote(config.Remotes)
	if known == nil {
		return ""
	}
	original, receiving, err := loadApplications(known)
	if err != nil {
		return "" // a project whose folders cannot be read is not what is served
	}
	for _, folder := range []*app.Folder{original, receiving} {
		if !slices.ContainsFunc(served, func(a servedApp) bool { return a.id() == folder.ID }) {
			return ""
		}
	}
	config.Original = original.ID
	return known.Path
}

// ownerOf is the owner of a project's applications.
func ownerOf(p *project.Project) local.Organisation {
	if p.Owner.Org == local.Example.Code && p.Owner.OrganisationNumber == local.Example.Number {
		return local.Example // by its name
	}
	return local.Organisation{Code: p.Owner.Org, Number: p.Owner.OrganisationNumber, Name: p.Owner.Org}
}

// callerScopes are the scopes of the owner's own that its integrations may have.
func callerScopes(p *project.Project) []string {
	if scope := p.Service.Callers.Scope; scope != "" {
		return []string{scope}
	}
	return nil
}

// tellRemote tells what became of an application that runs as a process of its own.
func (s *session) tellRemote(remotes []local.Remote) func(asked local.Remote, err error) {
	answered := make([]bool, len(remotes))
	return func(asked local.Remote, err error) {
		at := slices.IndexFunc(remotes, func(r local.Remote) bool { return r.ID == asked.ID })
		id, address, out := asked.ID, asked.URL, s.streams.Err
		wrong, isWrong := errors.AsType[*local.WrongApplicationError](err)
		switch {
		case isWrong:
			out.Printf("warning: %v; %s\n", wrong, wrong.Remedy())
		case err != nil && answered[at]:
			out.Printf("warning: application %s at %s cannot be read any more: %v; what it told before holds until it can\n", id, address, err)
		case err != nil:
			out.Printf("waiting: application %s cannot be read at %s: %v; it is served as soon as it can\n", id, address, err)
		default:
			answered[at] = true
			out.Printf("%s application %s answers at %s\n", out.Mark(term.OK), id, address)
		}
	}
}
