//go:build unix

package sqlite

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lock locks a file of its own, to be out of the way of SQLite's locks on the
// database. The system lets the lock go when the process ends, however it ends. The
// file stays, since to remove it would let two processes lock two files of one name.
func lock(path string) (io.Closer, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}
