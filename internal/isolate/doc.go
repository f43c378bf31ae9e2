// Package isolate runs a program in a network of its own, in which only chosen
// names and addresses exist, and nothing of the operating system is changed for
// anybody else. It uses user, network and mount namespaces and therefore works on
// Linux alone (namespaces(7)); no root is needed where the system lets everybody
// make user namespaces.
//
// What the program connects to ends in listeners inside of its network; they are
// handed out to [Run], whose process stays outside and serves them.
//
// It keeps a program from reaching the network by mistake, whatever the program
// thinks of proxies. It is no sandbox for a hostile one: files, other processes
// and Unix sockets, such as that of a container engine, are as outside.
package isolate

import (
	"net"
	"net/netip"
)

// Program is what [Run] runs, and the world that it sees.
type Program struct {
	// Path is the file to execute; Args are its arguments, its name first; Environ
	// is its whole environment.
	Path          string
	Args, Environ []string
	// Enter are the arguments with which this very executable calls [Enter] and
	// nothing else; one more follows, which Enter is given.
	Enter []string
	// Names are the host names that exist, besides localhost. All lead to
	// 127.0.0.1.
	Names []string
	// Addresses belong to the program's own machine, besides 127.0.0.1 and ::1.
	// They are IPv4.
	Addresses []netip.Addr
	// Doors are where something answers.
	Doors []Door
	// Trusted are PEM certificates that stand in place of the system's own bundle,
	// wherever there is one.
	Trusted []byte
}

// Door is a TCP address inside, served outside.
type Door struct {
	Address netip.AddrPort
	// Serve is given the listener and returns when that is closed.
	Serve func(net.Listener)
}

// UnavailableError says that programs cannot be isolated on this machine.
type UnavailableError struct {
	setting string // what to change; empty if unknown
	err     error
}

func (e *UnavailableError) Error() string {
	return "isolate a program: " + e.err.Error()
}

func (e *UnavailableError) Unwrap() error { return e.err }

// Remedy names the setting that does not permit it, if it can be told which.
func (e *UnavailableError) Remedy() string { return e.setting }

// StartError says that the program itself could not be executed.
type StartError struct{ Err error }

func (e *StartError) Error() string { return "start the program: " + e.Err.Error() }
func (e *StartError) Unwrap() error { return e.Err }
