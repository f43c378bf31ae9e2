package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

const superuser = "postgres"

// Server is a PostgreSQL server that a test may stop, kill and start. Its methods
// may be called from any goroutine.
type Server struct {
	programs programs
	dir      string // of the socket, the data and the log
	settings []string
	guard    *exec.Cmd
	leash    io.Closer // the guard removes the server when this closes

	mu      sync.Mutex
	process *exec.Cmd // nil: stopped
	alive   *os.File  // at its end when every process of the server has ended
}

// Start starts a server for one test alone and removes it when the test ends. A
// setting is a line of postgresql.conf, such as "fsync=on".
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	need(t)
	s, err := start(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.end(syscall.SIGQUIT), s.leash.Close(), s.guard.Wait()); err != nil {
			t.Errorf("remove the test's PostgreSQL: %v", err)
		}
	})
	return s
}

// Start starts the server again after Stop or Kill, with the data that it had, and
// returns when it answers.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return errors.New("the test's PostgreSQL runs already")
	}
	return s.run()
}

// Stop ends the server as an administrator would: what runs is rolled back, and
// connections are told.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Kill ends the server as a crash would. When it returns, no process of the server
// is left.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil
}

// start makes a server with a new data folder and starts it.
func start(settings []string) (_ *Server, err error) {
	p, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{programs: p, settings: settings}
	// Not a folder of the test: the user that the server runs as need not be
	// allowed to go there, and a socket's path must be short.
	if s.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(s.dir))
		}
	}()
	if err := p.own(s.dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	initdb := p.command(ctx, s.dir, p.initdb, "--pgdata=data", "--no-sync", "--auth=trust", "--username="+superuser, "--encoding=UTF8", "--locale=C")
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, output)
	}
	if err := s.watch(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.run(); err != nil {
		return nil, errors.Join(err, s.leash.Close(), s.guard.Wait())
	}
	return s, nil
}

// guardScript waits until nobody holds the other end of its standard input, which
// is when the test program has ended, even by SIGKILL. Then it ends the server, if
// one runs, and removes the folder.
const guardScript = `
cat >/dev/null
if pid=$(head -n 1 data/postmaster.pid 2>/dev/null); then
	kill -QUIT "$pid"
	for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null && sleep 0.1; done
fi
rm -rf -- "$PWD"
`

// watch starts the guard.
func (s *Server) watch() error {
	s.guard = s.programs.command(context.Background(), s.dir, "/bin/sh", "-c", guardScript)
	var err error
	if s.leash, err = s.guard.StdinPipe(); err != nil {
		return err
	}
	return s.guard.Start()
}

// run starts the server and waits until it answers. The caller holds mu.
func (s *Server) run() (err error) {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// All processes of the server inherit the other end of this pipe.
	alive, held, err := os.Pipe()
	if err != nil {
		return err
	}
	settings := slices.Concat([]string{
		"listen_addresses=", "unix_socket_directories=" + s.dir, "max_connections=400", "fsync=off", "full_page_writes=off",
		"shared_buffers=64MB", "jit=off", "wal_level=minimal", "max_wal_senders=0", "timezone=UTC", "restart_after_crash=off",
	}, s.settings)
	args := []string{"-D", "data"}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	cmd := s.programs.command(context.Background(), s.dir, s.programs.postgres, args...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{held}
	if err := errors.Join(cmd.Start(), held.Close()); err != nil {
		return errors.Join(err, alive.Close())
	}
	s.process, s.alive = cmd, alive
	deadline := time.Now().Add(patience)
	for {
		err := s.admin(context.Background(), "SELECT 1")
		if err == nil {
			return nil
		}
		if s.gone(10*time.Millisecond) || time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			return errors.Join(fmt.Errorf("start PostgreSQL: %w; its log: %s", err, text), s.kill(syscall.SIGKILL))
		}
	}
}

// gone reports whether all processes of the server end within a time.
func (s *Server) gone(within time.Duration) bool {
	if err := s.alive.SetReadDeadline(time.Now().Add(within)); err != nil {
		return true
	}
	_, err := s.alive.Read(make([]byte, 1))
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

func (s *Server) end(how syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	return s.kill(how)
}

// kill ends the server and waits until its last process is gone: of a killed
// server, those of the connections notice it a moment later. The caller holds mu.
func (s *Server) kill(how syscall.Signal) error {
	err := s.process.Process.Signal(how)
	if !s.gone(patience) {
		return errors.Join(err, errors.New("PostgreSQL does not end"))
	}
	var status *exec.ExitError
	if waitErr := s.process.Wait(); waitErr != nil && !errors.As(waitErr, &status) {
		err = errors.Join(err, waitErr)
	}
	err = errors.Join(err, s.alive.Close())
	s.process, s.alive = nil, nil
	return err
}
