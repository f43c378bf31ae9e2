package prepare

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LocalFiles are the files of this machine.
type LocalFiles struct{}

// Read implements [Files].
func (LocalFiles) Read(path string) ([]byte, error) { return os.ReadFile(path) }

// Replace implements [Files]: the new content is written beside the file, synced,
// and renamed over it, with the file's own mode. A crash leaves the old content
// or the new. A symbolic link stays, and what it leads to is replaced.
func (LocalFiles) Replace(path string, before, after []byte) error {
	mode := fs.FileMode(0o644)
	current, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if before != nil {
			return &StaleError{What: path}
		}
	case err != nil:
		return fmt.Errorf("replace file: %w", err)
	case before == nil || !bytes.Equal(current, before):
		return &StaleError{What: path}
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return fmt.Errorf("replace file: %w", err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("replace file: %w", err)
		}
		mode = info.Mode().Perm()
	}
	if err := writeAtomically(path, mode, after); err != nil {
		return fmt.Errorf("replace file: %w", err)
	}
	return nil
}

func writeAtomically(path string, mode fs.FileMode, content []byte) (err error) {
	dir := filepath.Dir(path)
	temporary, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temporary.Close()
			_ = os.Remove(temporary.Name())
		}
	}()
	if _, err := temporary.Write(content); err != nil {
		return err
	}
	if err := temporary.Chmod(mode); err != nil {
		return err
	}
	if err := temporary.Sync(); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	syncDirectory(dir)
	return nil
}

// syncDirectory makes the rename durable where directories can be synced. The
// new content is whole either way, so a system that cannot is no failure.
func syncDirectory(dir string) {
	opened, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = opened.Sync()
	_ = opened.Close()
}
