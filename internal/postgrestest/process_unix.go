//go:build unix

package postgrestest

import (
	"os/exec"
	"syscall"
)

const supported = true

// isolate has a program run as a user, if uid is not negative, and in a process
// group of its own, so that an interrupt from the terminal reaches the test alone.
func isolate(cmd *exec.Cmd, uid, gid int) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid >= 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // G115: ids of the system's own user list
	}
}
