package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// findProject reads the project file that --project or STAFETT_PROJECT names,
// else the nearest one from the working folder upwards. Without any, the error
// is a [*noProjectError]. Paths in the project are absolute, so that what names
// one can be copied into any terminal.
func (s *session) findProject() (*project.Project, error) {
	if s.project != "" {
		path, err := filepath.Abs(s.project)
		if err != nil {
			return nil, fmt.Errorf("find the project file: %w", err)
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
