package apphost

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// spoolInMemory is the size up to which a spool stays in memory.
const spoolInMemory = 256 << 10

// spool keeps a part of a request until it goes to Storage: in memory while it
// is small, else in a temporary file.
type spool struct {
	memory []byte
	file   *os.File
	size   int64
}

// newSpool reads r to its end. On success the caller closes the spool.
func newSpool(r io.Reader, dir string) (*spool, error) {
	head, err := io.ReadAll(io.LimitReader(r, spoolInMemory))
	if err != nil {
		return nil, err
	}
	if len(head) < spoolInMemory {
		return &spool{memory: head, size: int64(len(head))}, nil
	}
	file, err := os.CreateTemp(dir, "stafett-part-*")
	if err != nil {
		return nil, fmt.Errorf("spool part of request: %w", err)
	}
	s := &spool{file: file}
	if s.size, err = io.Copy(file, io.MultiReader(bytes.NewReader(head), r)); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open gives the content from its beginning. Several readers may be used at once.
func (s *spool) open() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.memory)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// close removes the temporary file. What cannot be removed is left to the
// operating system.
func (s *spool) close() {
	if s.file == nil {
		return
	}
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}
