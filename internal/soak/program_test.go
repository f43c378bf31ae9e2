//go:build !race

package soak_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a machine that has much else to do.
const patience = 4 * time.Minute

// service is one `stafett serve`, a process of its own. Its methods may be called
// from any goroutine.
type service struct {
	cmd   *exec.Cmd
	ready chan struct{} // closed when it has said that it serves
	dead  chan struct{} // closed when it has ended
	log   tail
	world *world

	mu   sync.Mutex
	trap *trap
}

// trap is a transition of the journal that a test waits for.
type trap struct {
	state  string
	skip   int // so many are let go first
	sprung func()
}

// serve starts a service. Build is another build of the program than this one, or
// empty.
func (w *world) serve(t testing.TB, build string, environ []string, args ...string) *service {
	t.Helper()
	s := &service{world: w, ready: make(chan struct{}), dead: make(chan struct{})}
	s.cmd = w.process(context.WithoutCancel(t.Context()), build, append([]string{
		"serve", "--local", "--json", "--yes", "--log-format", "json", "--unclear-wait", unclearWait.String(), "--sweep-every", "1s", "--listen", "127.0.0.1:0",
	}, args...)...)
	s.cmd.Env = append(s.cmd.Env, environ...)
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	var reading sync.WaitGroup
	reading.Go(func() { s.watchReady(stdout) })
	reading.Go(func() { s.watchLog(stderr) })
	go func() {
		reading.Wait()
		_ = s.cmd.Wait() // most are killed
		close(s.dead)
	}()
	return s
}

func (s *service) watchReady(stdout io.Reader) {
	if line, err := bufio.NewReader(stdout).ReadBytes('\n'); err == nil && bytes.Contains(line, []byte("stafett/serve/v1")) {
		close(s.ready)
	}
	_, _ = io.Copy(io.Discard, stdout)
}

// watchLog keeps the end of the log, and springs the trap.
func (s *service) watchLog(stderr io.Reader) {
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadBytes('\n')
		s.log.add(line)
		var told struct{ Msg, State, Key string }
		if json.Unmarshal(line, &told) == nil {
			s.world.remember(told.Key, s.cmd.Process.Pid, line)
			if told.Msg == "handover" {
				s.pass(told.State)
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *service) pass(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trap == nil || s.trap.state != state {
		return
	}
	if s.trap.skip--; s.trap.skip >= 0 {
		return
	}
	s.trap.sprung()
	s.trap = nil
}

// set lays a trap, in place of an earlier one. It is sprung in the goroutine that
// reads the log.
func (s *service) set(t *trap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trap = t
}

// signal sends a signal to the process; one that has ended gets none.
func (s *service) signal(signal syscall.Signal) { _ = s.cmd.Process.Signal(signal) }

// kill ends the process at once and returns when it is gone.
func (s *service) kill() {
	s.signal(syscall.SIGKILL)
	<-s.dead
}

// stop ends the process as an operator does, and returns how it ended.
func (s *service) stop() error {
	s.signal(syscall.SIGTERM)
	select {
	case <-s.dead:
	case <-time.After(patience):
		s.kill()
		return fmt.Errorf("the service does not stop\n%s", &s.log)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the service ended with %s\n%s", s.cmd.ProcessState, &s.log)
	}
	return nil
}

// serves returns when the service has said that it serves.
func (s *service) serves() error {
	select {
	case <-s.ready:
		return nil
	case <-s.dead:
		return fmt.Errorf("the service ended with %s before it served\n%s", s.cmd.ProcessState, &s.log)
	case <-time.After(patience):
		return errors.New("the service does not say that it serves\n" + s.log.String())
	}
}

// remember keeps what all services have logged of a handover.
func (w *world) remember(key string, process int, line []byte) {
	if key == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.histories == nil {
		w.histories = map[string]string{}
	}
	w.histories[key] += fmt.Sprintf("process %d: %s", process, line)
}

// history tells what all services have logged of a handover.
func (w *world) history(key string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.histories[key]
}

// errorAnd adds the end of a service's log to an error.
func errorAnd(err error, s *service) error { return fmt.Errorf("%w\n%s", err, &s.log) }

// tail keeps the last lines of a log.
type tail struct {
	mu    sync.Mutex
	lines [][]byte
}

const tailLines = 40

func (l *tail) add(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines = append(l.lines, line); len(l.lines) > tailLines {
		l.lines = l.lines[1:]
	}
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.Join(l.lines, nil))
}
