package doctor

import (
	"bytes"
	"io/fs"
)

// laidFS is a folder with other contents laid over some of its files.
type laidFS struct {
	fs.FS
	laid map[string][]byte // by path
}

// Open implements [fs.FS].
func (l laidFS) Open(name string) (fs.File, error) {
	content, ok := l.laid[name]
	if !ok {
		return l.FS.Open(name)
	}
	return laidFile{bytes.NewReader(content), name}, nil
}

type laidFile struct {
	*bytes.Reader
	name string
}

func (l laidFile) Stat() (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: l.name, Err: fs.ErrInvalid}
}

func (l laidFile) Close() error { return nil }
