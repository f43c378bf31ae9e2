package cli

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets this test binary be the program too, so that scripts run it as
// a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(sharingKeys{m}, map[string]func(){
		"stafett":     func() { os.Exit(mainWith(sharedKeys(), os.Args[1:], os.Environ())) },
		"stafett-tty": func() { os.Exit(onTerminal()) },
		"altinn-app":  func() { os.Exit(serveApp()) },
	})
}

// onTerminal runs the program with all three streams on the controlling
// terminal, as a person has them; testscript itself attaches stdin at most.
func onTerminal() int {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "stafett-tty:", err)
		return 125
	}
	os.Stdin, os.Stdout, os.Stderr = terminal, terminal, terminal
	code := mainWith(sharedKeys(), os.Args[1:], os.Environ())
	// testscript closes its side of the terminal when the program ends, and loses
	// what it has not read by then. There is nothing to wait for that tells.
	time.Sleep(50 * time.Millisecond)
	return code
}
