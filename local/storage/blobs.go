package storage

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

// incoming is how the names of files begin that are not whole yet.
const incoming = "incoming-"

// blobs keeps bytes in files. A blob is written once under a name of its own
// and never changed, so whoever has one open reads it to its end.
type blobs struct{ dir string }

func openBlobs(dir string) (*blobs, error) {
	b := &blobs{dir: filepath.Join(dir, "blobs")}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), incoming) {
			_ = os.Remove(filepath.Join(b.dir, entry.Name())) // of a run that was cut short; it only takes up room
		}
	}
	return b, nil
}

// put streams a blob to disk; it is there under its name only when whole.
func (b *blobs) put(content io.Reader) (name string, size int64, err error) {
	temp, err := os.CreateTemp(b.dir, incoming+"*")
	if err != nil {
		return "", 0, fmt.Errorf("write blob: %w", err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if size, err = io.Copy(temp, content); err != nil {
		return "", 0, fmt.Errorf("write blob: %w", err)
	}
	if err = temp.Close(); err != nil {
		return "", 0, fmt.Errorf("write blob: %w", err)
	}
	name = uuid.NewString()
	if err = os.MkdirAll(filepath.Dir(b.path(name)), 0o700); err != nil {
		return "", 0, fmt.Errorf("write blob: %w", err)
	}
	if err = os.Rename(temp.Name(), b.path(name)); err != nil {
		return "", 0, fmt.Errorf("write blob: %w", err)
	}
	return name, size, nil
}

func (b *blobs) open(name string) (*os.File, error) { return os.Open(b.path(name)) }

// remove deletes blobs. One that cannot be deleted only takes up room.
func (b *blobs) remove(names ...string) {
	for _, name := range names {
		_ = os.Remove(b.path(name))
	}
}

// path spreads the blobs over 256 folders.
func (b *blobs) path(name string) string { return filepath.Join(b.dir, name[:2], name) }
