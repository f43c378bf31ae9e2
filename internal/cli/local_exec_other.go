//go:build !unix

package cli

import (
	"errors"
	"os"
	"os/exec"
)

// become runs the program and ends with its exit code. An interrupt from the
// console reaches both; the program decides what it means.
func become(path string, command, environ []string) error {
	program := exec.Command(path, command[1:]...)
	program.Env = environ
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := program.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return &exitError{exit.ExitCode()}
	}
	if err != nil {
		return newProgramError(command[0], err)
	}
	return nil
}
