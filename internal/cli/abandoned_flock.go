//go:build linux || darwin

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	localFolders = "stafett-local-" // and something random
	lockFile     = "lock"
	// lockedBy is when a process has surely locked the folder that it made.
	lockedBy = time.Minute
)

// makeLocalFolder makes a folder below parent that is this process's own until
// it ends, however it ends: the system then lets the lock go.
func makeLocalFolder(parent string) (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp(parent, localFolders) // mode 0700
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the local platform: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = flock(lock)
	}
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("lock a folder for the local platform: %w", err), os.RemoveAll(dir))
	}
	return dir, func() error { return errors.Join(removeLocalFolder(dir, os.RemoveAll), lock.Close()) }, nil
}

// removeAbandoned removes those folders of makeLocalFolder below parent whose
// process is gone, if they are this user's. What cannot be removed is left.
func removeAbandoned(parent string, now time.Time) {
	for _, dir := range named(parent, localFolders, "") {
		if isOurs(dir) && isUnlocked(filepath.Join(dir, lockFile), now) {
			_ = removeLocalFolder(dir, os.RemoveAll)
		}
	}
}

// removeLocalFolder removes the lock only after all else, so that what is left when
// that fails, or when the process is killed meanwhile, is still known as abandoned.
func removeLocalFolder(dir string, removeAll func(path string) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if entry.Name() != lockFile {
			err = errors.Join(err, removeAll(filepath.Join(dir, entry.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("remove the folder of the local platform: %w", err)
	}
	return removeAll(dir)
}

func isOurs(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(owner.Uid) == os.Getuid()
}

// isUnlocked reports whether there is a lock that nobody holds. A folder without
// one is somebody else's, or just being made.
func isUnlocked(path string, now time.Time) bool {
	lock, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = lock.Close() }()
	info, err := lock.Stat()
	return err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > lockedBy && flock(lock) == nil
}

func flock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
