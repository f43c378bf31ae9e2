package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stafettFolder is the name of the folder beside stafett.yaml.
const stafettFolder = ".stafett"

// stafettDir is the folder beside stafett.yaml for what this program keeps: the
// journal and the audit log. It is made readable for its owner alone, and so that
// version control leaves it out, since the journal tells who has sent in what.
func (c *connection) stafettDir() (string, error) {
	dir := filepath.Join(c.project.Dir, stafettFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of journal and audit log: %w", err)
	}
	ignored := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignored); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignored, []byte("*\n"), 0o600); err != nil {
			return "", fmt.Errorf("keep the journal out of version control: %w", err)
		}
	}
	return dir, nil
}
