package isolate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Run runs a program in a network of its own and returns its exit code, or 128
// and the number of the signal that ended it. Standard streams, working folder
// and process group are those of the caller, so that a terminal's signals reach
// the program; others are passed on to it. The program dies with the caller.
//
// The error is an [*UnavailableError] where the system does not permit isolation,
// and a [*StartError] where the program cannot be executed.
func Run(p Program) (exitCode int, err error) {
	// The system sends the signal that is asked for with Pdeathsig when the thread
	// ends that started the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	conn, inside, err := socketPair()
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	signals := catchSignals()
	defer signals.release()
	cmd, err := command(p, inside)
	if err != nil {
		return 0, errors.Join(err, inside.Close())
	}
	if err := errors.Join(cmd.Start(), inside.Close()); err != nil {
		return 0, &UnavailableError{permission(os.DirFS("/"), err), err}
	}
	serving, err := p.open(conn)
	defer serving.close()
	if err == nil {
		signals.passTo(cmd.Process)
	} else {
		_ = cmd.Process.Kill()
	}
	return ended(cmd.Wait(), err)
}

// command is this executable, started in namespaces of its own. It inherits a
// file at the number that it has here, which is free: the caller's own files keep
// theirs.
func command(p Program, inside *os.File) (*exec.Cmd, error) {
	if _, err := unix.FcntlInt(inside.Fd(), unix.F_SETFD, 0); err != nil {
		return nil, fmt.Errorf("hand a socket on: %w", err)
	}
	cmd := exec.Command("/proc/self/exe") //nolint:noctx // when it ends is the program's own affair
	cmd.Args = slices.Concat([]string{os.Args[0]}, p.Enter, []string{strconv.Itoa(int(inside.Fd()))})
	cmd.Env = p.Environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		// The program is who it was; nobody else exists.
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		// What it takes to set the namespaces up; Enter gives it back.
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE, unix.CAP_SYS_ADMIN},
		Pdeathsig:   syscall.SIGKILL,
	}
	return cmd, nil
}

// open tells the process inside what to make, and serves the doors.
func (p Program) open(conn *net.UnixConn) (*doors, error) {
	told := setup{Path: []byte(p.Path), Parent: os.Getpid(), Names: p.Names, Addresses: p.Addresses, Trusted: p.Trusted}
	for _, arg := range p.Args {
		told.Args = append(told.Args, []byte(arg))
	}
	for _, door := range p.Doors {
		told.Doors = append(told.Doors, door.Address)
	}
	var made outcome
	if err := tell(conn, told); err != nil {
		return nil, err
	}
	files, err := receive(conn, &made)
	if err != nil {
		return nil, err
	}
	serving, err := serve(p.Doors, files)
	switch {
	case made.Failed != "":
		return serving, &UnavailableError{permission(os.DirFS("/"), made), made}
	case err != nil:
		return serving, err
	}
	if _, err := receive(conn, &made); !errors.Is(err, io.EOF) {
		return serving, &StartError{errors.Join(err, made)}
	}
	return serving, nil
}

// doors are what is served outside.
type doors struct {
	listeners []net.Listener
	serving   sync.WaitGroup
}

// serve takes over the files of the listeners.
func serve(wanted []Door, files []*os.File) (*doors, error) {
	d := &doors{}
	var errs []error
	for _, file := range files {
		listener, err := net.FileListener(file)
		if err = errors.Join(err, file.Close()); err != nil {
			errs = append(errs, fmt.Errorf("take over a listener: %w", err))
			continue
		}
		d.listeners = append(d.listeners, listener)
	}
	if len(errs) == 0 && len(files) > 0 && len(files) != len(wanted) {
		errs = append(errs, fmt.Errorf("%d of %d listeners came out", len(files), len(wanted)))
	}
	if len(errs) > 0 {
		return d, errors.Join(errs...)
	}
	for n, listener := range d.listeners {
		d.serving.Go(func() { wanted[n].Serve(listener) })
	}
	return d, nil
}

func (d *doors) close() {
	if d == nil {
		return
	}
	for _, listener := range d.listeners {
		_ = listener.Close()
	}
	d.serving.Wait()
}

// ended tells how a program has ended. What kept it from being started goes
// before.
func ended(waited, kept error) (int, error) {
	var exit *exec.ExitError
	switch {
	case kept != nil:
		return 0, kept
	case waited == nil:
		return 0, nil
	case errors.As(waited, &exit):
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exit.ExitCode(), nil
	default:
		return 0, waited
	}
}

// loopback is where all names lead.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
