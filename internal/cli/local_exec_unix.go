//go:build unix

package cli

import "syscall"

// become makes this process the program, so that its signals, its exit code and
// its place in the terminal are its own. It returns only if that fails.
func become(path string, command, environ []string) error {
	return newProgramError(command[0], syscall.Exec(path, command, environ)) //nolint:gosec // running what a person names is what the command is for
}
