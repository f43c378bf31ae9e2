//go:build !linux && !darwin

package cli

import (
	"fmt"
	"os"
	"time"
)

// makeLocalFolder makes a folder below parent for this process.
func makeLocalFolder(parent string) (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp(parent, "stafett-local-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the local platform: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// removeAbandoned removes nothing here: without locks there is no telling whose
// process is gone.
func removeAbandoned(string, time.Time) {}

// isUnlocked knows nothing here, and so takes every lock for one that is held.
func isUnlocked(string, time.Time) bool { return false }
