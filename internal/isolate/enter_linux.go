package isolate

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Enter is the half of [Run] that happens inside: in the process that Run has
// started, it makes the world that the program sees and becomes the program. The
// argument is the one that Run adds: the file descriptor of the connection to it. It
// returns only if that fails, and has told Run then.
func Enter(descriptor string) error {
	runtime.LockOSThread() // what follows holds for the thread that executes the program
	number, err := strconv.ParseUint(descriptor, 10, 31)
	if err != nil {
		return fmt.Errorf("enter a network: %w", err)
	}
	conn, err := socketOf(os.NewFile(uintptr(number), "outside"))
	if err != nil {
		return fmt.Errorf("enter a network: %w", err)
	}
	told, err := learn(conn)
	if err != nil {
		return fmt.Errorf("enter a network: %w", err)
	}
	listeners, err := told.make()
	if err != nil {
		return errors.Join(err, send(conn, outcomeOf(err)))
	}
	if err := send(conn, outcome{}, listeners...); err != nil {
		return err
	}
	err = told.become()
	return errors.Join(err, send(conn, outcomeOf(err)))
}

// make makes network and files, and returns the listeners of the doors.
func (s setup) make() ([]*os.File, error) {
	if err := s.makeNetwork(); err != nil {
		return nil, err
	}
	if err := s.makeFiles(); err != nil {
		return nil, err
	}
	var listeners []*os.File
	for _, door := range s.Doors {
		listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(door))
		if err != nil {
			return nil, fmt.Errorf("make a door: %w", err)
		}
		file, err := listener.File()
		if err != nil {
			return nil, fmt.Errorf("make a door: %w", err)
		}
		listeners = append(listeners, file)
	}
	return listeners, nil
}

// makeNetwork brings up the one device that a new network has.
func (s setup) makeNetwork() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a network: %w", err)
	}
	defer func() { _ = unix.Close(socket) }()
	device, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("make a network: %w", err)
	}
	device.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, device); err != nil {
		return fmt.Errorf("bring the loopback device up: %w", err)
	}
	for n, address := range s.Addresses {
		if err := addAddress(socket, fmt.Sprintf("lo:%d", n+1), address); err != nil {
			return fmt.Errorf("give the loopback device the address %s: %w", address, err)
		}
	}
	return nil
}

// addAddress gives an alias of a device one IPv4 address, without its network.
func addAddress(socket int, alias string, address netip.Addr) error {
	for _, step := range []struct {
		request uint
		address netip.Addr
	}{{unix.SIOCSIFADDR, address}, {unix.SIOCSIFNETMASK, netip.AddrFrom4([4]byte{255, 255, 255, 255})}} {
		request, err := unix.NewIfreq(alias)
		if err != nil {
			return err
		}
		if err := request.SetInet4Addr(step.address.AsSlice()); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(socket, step.request, request); err != nil {
			return err
		}
	}
	return nil
}

// become gives back what was needed for the setting up, and executes the program.
func (s setup) become() error {
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("give up capabilities: %w", err)
	}
	// It was asked for on another thread, perhaps.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("ask to end with the process outside: %w", err)
	}
	if unix.Getppid() != s.Parent {
		return errors.New("the process outside has ended")
	}
	args := make([]string, len(s.Args))
	for n, arg := range s.Args {
		args[n] = string(arg)
	}
	return unix.Exec(string(s.Path), args, os.Environ())
}
