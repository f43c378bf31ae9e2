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
// or the new, and at most the file beside it, which the next Replace removes. A
// symbolic link stays, and what it leads to is replaced.
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
	besides := "." + filepath.Base(path) + ".stafett-*"
	if err := removeLeftovers(dir, besides); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(dir, besides)
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

// removeLeftovers removes what writeAtomically was writing when it was killed.
// Another process that is writing now then fails, as it should: it has planned
// for the content that is being replaced.
func removeLeftovers(dir, pattern string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if leftover, err := filepath.Match(pattern, entry.Name()); err != nil || !leftover {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
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
