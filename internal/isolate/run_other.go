//go:build !linux

package isolate

import (
	"errors"
	"runtime"
)

// Run refuses: there are no namespaces on this system.
func Run(Program) (exitCode int, err error) {
	return 0, &UnavailableError{
		setting: "run it without isolation, in a Linux container or virtual machine, or lead its names to one TLS port: stafett local up --tls-listen",
		err:     errors.New("only Linux has networks for single programs, and this is " + runtime.GOOS),
	}
}

// Enter is never called here.
func Enter(string) error { return errors.ErrUnsupported }
