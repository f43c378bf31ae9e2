package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/project"
)

const projectFile = "stafett.yaml"

// noProjectError says that there is no project file: none at the path that was
// named, or none from a folder upwards.
type noProjectError struct{ named, from string }

func (e *noProjectError) Error() string {
	if e.named != "" {
		return fmt.Sprintf("read the project file: there is no %s", e.named)
	}
	return fmt.Sprintf("find %s: there is none in %s or the folders above it", projectFile, e.from)
}

// findProject reads the project file, or that in the folder, which --project or
// STAFETT_PROJECT names, else the nearest one from the working folder upwards. Without any, the error
// is a [*noProjectError]. Paths in the project are absolute, so that what names
// one can be copied into any terminal.
func (s *session) findProject() (*project.Project, error) {
	if s.project != "" {
		path, err := filepath.Abs(s.project)
		if err != nil {
			return nil, fmt.Errorf("find the project file: %w", err)
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, projectFile)
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, &noProjectError{named: path}
		}
		return project.Load(path)
	}
	from, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the working folder: %w", err)
	}
	for dir := from; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, projectFile)
		if _, err := os.Stat(path); err == nil {
			return project.Load(path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("find %s: %w", projectFile, err)
		}
		if dir == filepath.Dir(dir) {
			return nil, &noProjectError{from: from}
		}
	}
}

// noFolderError says that stafett.yaml, or the command line if project is empty,
// names a folder that is not there.
type noFolderError struct{ role, path, project string }

func (e *noFolderError) Error() string {
	return fmt.Sprintf("read the %s application: there is no folder %s", e.role, e.path)
}

// Remedy names the line to mend.
func (e *noFolderError) Remedy() string {
	if e.project == "" {
		return "name the folder that has config/applicationmetadata.json, or App/config/applicationmetadata.json"
	}
	return fmt.Sprintf("set applications.%s in %s to the folder that has config/applicationmetadata.json", e.role, e.project)
}

// givenFolderError says what is wrong with the files of an application that the
// command line names.
type givenFolderError struct{ err error }

func (e *givenFolderError) Error() string { return e.err.Error() }
func (e *givenFolderError) Unwrap() error { return e.err }

// loadApplications reads both folders of the project, and tells what is wrong
// with either.
func loadApplications(p *project.Project) (original, receiving *app.Folder, err error) {
	original, originalErr := loadApplication(p, "original", p.Applications.Original)
	receiving, receivingErr := loadApplication(p, "receiving", p.Applications.Receiving)
	return original, receiving, errors.Join(originalErr, receivingErr)
}

func loadApplication(p *project.Project, role, path string) (*app.Folder, error) {
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, &noFolderError{role: role, path: path, project: p.Path}
	}
	return app.Load(path)
}
