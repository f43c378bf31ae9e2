package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal makes a pair of pseudo-terminals: what a person sits at, and what
// a program has as its terminal.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals:", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	control := func(request uintptr, value *int32) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal("ioctl:", errno)
		}
	}
	var number, unlock int32
	control(syscall.TIOCSPTLCK, &unlock)
	control(syscall.TIOCGPTN, &number)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

// TestAnInterruptAtTheQuestionEndsAtOnce presses one key at prepare's question,
// on a terminal.
func TestAnInterruptAtTheQuestionEndsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for key, want := range map[string]struct {
		code int
		told string
	}{
		"\x03": {exitInterrupted, "error: interrupted; nothing was changed"},
		"\x04": {exitNeedsInput, "error: apply this plan: no answer was given"},
	} {
		person, program := openTerminal(t)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, "stafett", "prepare", "--local")
		cmd.Env = append(os.Environ(), append(b.environ, "LC_ALL=C")...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = program.Close() // the program has its own
		seen := readUntil(person, "[y/N] ")
		start := time.Now()
		if _, err := io.WriteString(person, key); err != nil {
			t.Fatal(err)
		}
		seen += readUntil(person, "")
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != want.code || !strings.Contains(seen, want.told) {
			t.Errorf("%q ends with %d after %s, want %d and %q:\n%s", key, code, time.Since(start), want.code, want.told, seen)
		}
	}
	if written := b.written(); len(written) > 0 {
		t.Errorf("it changed %q", written)
	}
}

// readUntil reads until mark has come, or to the end, which on a terminal is an
// error.
func readUntil(from io.Reader, mark string) string {
	var seen bytes.Buffer
	one := make([]byte, 1)
	for mark == "" || !strings.HasSuffix(seen.String(), mark) {
		n, err := from.Read(one)
		seen.Write(one[:n])
		if err != nil {
			break
		}
	}
	return seen.String()
}
