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

// noProjectError says that no project file was found from a folder upwards.
type noProjectError struct{ from string }

func (e *noProjectError) Error() string {
	return fmt.Sprintf("find %s: there is none in %s or the folders above it", projectFile, e.from)
}

// findProject reads the project file that --project or STAFETT_PROJECT names,
// else the nearest one from the working folder upwards. Without any, the error
// is a [*noProjectError].
func (s *session) findProject() (*project.Project, error) {
	if s.project != "" {
		return project.Load(s.project)
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
			return nil, &noProjectError{from}
		}
	}
}
