package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestAbandonedFoldersAreRemoved(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "[tmp") // no pattern
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(2 * lockedBy)
	inUse, remove, err := makeLocalFolder(parent)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for _, path := range []string{"stafett-local-1", "stafett-local-no-lock", "stafett-local-new", "other"} {
		if err := os.Mkdir(filepath.Join(parent, path), 0o700); err != nil {
			t.Fatal(err)
		}
		if path != "stafett-local-no-lock" {
			if err := os.WriteFile(filepath.Join(parent, path, lockFile), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	young := filepath.Join(parent, "stafett-local-new")
	if err := os.Chtimes(filepath.Join(young, lockFile), later, later); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(elsewhere, lockFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(parent, "stafett-local-link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	removeAbandoned(parent, later)
	for path, want := range map[string]bool{
		inUse: true, young: true, link: true, filepath.Join(elsewhere, lockFile): true,
		filepath.Join(parent, "other"): true, filepath.Join(parent, "stafett-local-no-lock"): true,
		filepath.Join(parent, "stafett-local-1"): false,
	} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", path, err == nil, want)
		}
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(inUse); err == nil {
		t.Error("the folder in use was not removed at the end")
	}
}

// TestTheLockOfAFolderGoesLast removes a folder half, as who is killed meanwhile does.
func TestTheLockOfAFolderGoesLast(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir, unlock, err := makeLocalFolder(parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "storage", "z"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	kept := errors.New("it is kept")
	err = removeLocalFolder(dir, func(path string) error {
		if filepath.Base(path) == "storage" {
			return kept
		}
		return os.RemoveAll(path)
	})
	if !errors.Is(err, kept) {
		t.Errorf("removed with %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 || left[0].Name() != lockFile {
		t.Errorf("left are %v, %v; want the lock beside what could not be removed", left, err)
	}
	for range 2 { // there may be nothing to remove any more
		if err := unlock(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder is left")
	}
}

// TestAClosedTerminalLeavesNothing starts the platform on a terminal, closes it,
// and looks for what is left. The second hang-up is the shell's.
func TestAClosedTerminalLeavesNothing(t *testing.T) {
	t.Parallel()
	// Under nohup the program goes on, as it should. A test run may itself be
	// under nohup: a signal that this process handles is not ignored in its child.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	person, program := openTerminal(t)
	temp, state := t.TempDir(), t.TempDir()
	cmd := exec.CommandContext(ctx, "stafett", "local", "up")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "STAFETT_STATE_DIR="+state, "STAFETT_PROJECT=", "LC_ALL=C")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = program.Close()
	readUntil(person, "Ctrl-C.")
	if err := person.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGHUP) // it may have ended
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitOK {
		t.Errorf("it ended with %s", cmd.ProcessState)
	}
	for _, dir := range []string{temp, state} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", dir, left, err)
		}
	}
}
