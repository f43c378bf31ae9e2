package isolate

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// signals keeps those from ending this process that are meant for the program.
type signals struct {
	caught chan os.Signal
	end    chan struct{}
	passed sync.WaitGroup
}

// catchSignals leaves alone what this process ignores: the program inherits that.
func catchSignals() *signals {
	s := &signals{make(chan os.Signal, 16), make(chan struct{}), sync.WaitGroup{}}
	for _, one := range []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT} {
		if !signal.Ignored(one) {
			signal.Notify(s.caught, one)
		}
	}
	return s
}

// passTo hands signals to a process until release. Those that a terminal sends it
// has sent to the whole group already.
func (s *signals) passTo(process *os.Process) {
	s.passed.Go(func() {
		for {
			select {
			case caught := <-s.caught:
				if !fromTerminal(caught) {
					_ = process.Signal(caught)
				}
			case <-s.end:
				return
			}
		}
	})
}

func (s *signals) release() {
	signal.Stop(s.caught)
	close(s.end)
	s.passed.Wait()
}

// fromTerminal reports whether a signal is one that the keyboard makes while this
// process is in the foreground of a terminal. Who sent it cannot be known.
func fromTerminal(caught os.Signal) bool {
	switch caught {
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP:
	default:
		return false
	}
	terminal, err := os.OpenFile("/dev/tty", os.O_RDONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	defer func() { _ = terminal.Close() }()
	foreground, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}
