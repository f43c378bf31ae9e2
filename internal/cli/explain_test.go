package cli

import (
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

func TestWhatIsWrongWithAFileIsToldApart(t *testing.T) {
	t.Parallel()
	for wrong, want := range map[error]string{
		syscall.ENOSPC: "make room on the disk of /a/b",
		syscall.EACCES: "you may use them",
	} {
		told := explain(fmt.Errorf("write the state: %w", &fs.PathError{Op: "write", Path: "/a/b", Err: wrong}))
		if told.code != "FILE" || !strings.Contains(told.hint, want) {
			t.Errorf("%v: told %s, %q; want %q", wrong, told.code, told.hint, want)
		}
	}
}
