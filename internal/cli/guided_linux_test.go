package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stafett/stafett/jwk"
)

// TestAPastedKeyIsNotShown answers the question for a client id with a private
// key, as happens to whoever copies the wrong thing. The terminal itself shows what
// is typed, so its echo is turned off to see what the program writes.
func TestAPastedKeyIsNotShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, err := jwk.Generate("pasted", jwk.DefaultBits)
	if err != nil {
		t.Fatal(err)
	}
	person, program := openTerminal(t)
	var settings syscall.Termios
	control := func(request uintptr) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, program.Fd(), request, uintptr(unsafe.Pointer(&settings))); errno != 0 {
			t.Fatal("ioctl:", errno)
		}
	}
	control(syscall.TCGETS)
	settings.Lflag &^= syscall.ECHO
	control(syscall.TCSETS)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "stafett", "prepare", "--local", "--guided", "--yes", "--verbose")
	cmd.Env = append(os.Environ(), append(b.environ, "LC_ALL=C")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = program.Close() // the program has its own
	const question = "q to go on another time: "
	seen := readUntil(person, question)
	for _, answer := range []string{key.Encoded().Reveal(), "q"} {
		if _, err := io.WriteString(person, answer+"\n"); err != nil {
			t.Fatal(err)
		}
		seen += readUntil(person, question)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitNeedsInput || !strings.Contains(seen, "that is no client id: it looks like a key") {
		t.Errorf("it ends with %d:\n%s", code, seen)
	}
	if found := leaks(seen); len(found) > 0 || strings.Contains(seen, key.Encoded().Reveal()[:40]) {
		t.Errorf("it shows %q of what was pasted", found)
	}
}
