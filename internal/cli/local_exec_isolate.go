package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/internal/isolate"
	"github.com/stafett/stafett/local/front"
)

// enterNetwork is the command line with which this program starts itself in
// another network; one more argument follows. It is not for people. Nobody changes it.
var enterNetwork = []string{"local", "exec", "--enter-network"}

// enterIsolated becomes the program that the process outside has told of; that one
// also tells what goes wrong.
func enterIsolated(descriptor string) int {
	_ = isolate.Enter(descriptor)
	return exitFailed
}

// isolated runs a program in a network in which there is the local platform and
// nothing else, and ends with its exit code.
func isolated(ready readyDocument, path string, command, environ []string, ports []uint16) error {
	program, err := programInside(ready, ports)
	if err != nil {
		return err
	}
	program.Path, program.Args, program.Environ, program.Enter = path, command, environ, enterNetwork
	code, err := isolate.Run(program)
	if start := (*isolate.StartError)(nil); errors.As(err, &start) {
		return newProgramError(command[0], start.Err)
	}
	if err == nil && code != 0 {
		return &exitError{code}
	}
	return err
}

// programInside describes the world of a program: the served names under TLS and,
// where that is so, without; what else the platform has on loopback ports, and
// the ports that somebody wants.
func programInside(ready readyDocument, ports []uint16) (isolate.Program, error) {
	var program isolate.Program
	proxy, err := url.Parse(ready.Proxy)
	if err != nil {
		return program, fmt.Errorf("read proxy address in the state file: %w", err)
	}
	if program.Trusted, err = os.ReadFile(ready.CA); err != nil {
		return program, fmt.Errorf("read the platform's certificate: %w", err)
	}
	gateway := &front.Gateway{Proxy: proxy}
	here := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	open := func(address netip.Addr, port uint16, serve func(net.Listener)) {
		program.Doors = append(program.Doors, isolate.Door{Address: netip.AddrPortFrom(address, port), Serve: serve})
	}
	open(here, 443, gateway.ServeTLS)
	open(here, 80, gateway.ServePlain)
	for _, host := range ready.Hosts {
		address, err := netip.ParseAddr(host)
		if err != nil {
			program.Names = append(program.Names, host)
			continue
		}
		program.Addresses = append(program.Addresses, address)
		open(address, 80, gateway.ServePlain)
	}
	for _, address := range loopbackAddresses(ready, ports) {
		if slices.ContainsFunc(program.Doors, func(door isolate.Door) bool { return door.Address == address }) {
			continue // it answers there for the same names
		}
		open(address.Addr(), address.Port(), func(listener net.Listener) { gateway.ServeOnward(listener, address.String()) })
	}
	return program, nil
}

// loopbackAddresses are where the platform answers under no name, and the ports
// that somebody wants. An address may come twice.
func loopbackAddresses(ready readyDocument, ports []uint16) []netip.AddrPort {
	candidates := []string{ready.TLS}
	texts := []string{ready.Proxy, ready.Control.URL, ready.Portal, ready.Console, ready.Seed.IdentityEndpoint}
	if ready.Localtest != nil {
		texts = append(texts, ready.Localtest.Platform, ready.Localtest.Front, ready.Localtest.PDF)
	}
	for _, text := range texts {
		address, err := url.Parse(text)
		if err != nil {
			continue
		}
		host := address.Hostname()
		if _, err := netip.ParseAddr(host); err != nil {
			host = "127.0.0.1" // the names there are lead to it
		}
		candidates = append(candidates, net.JoinHostPort(host, address.Port()))
	}
	for _, port := range ports {
		candidates = append(candidates, net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	}
	var addresses []netip.AddrPort
	for _, candidate := range candidates {
		if address, err := netip.ParseAddrPort(candidate); err == nil {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// portList is a flag that can be given several times.
type portList []uint16

func (l *portList) Type() string { return "PORT" }

func (l *portList) String() string {
	var ports []string
	for _, port := range *l {
		ports = append(ports, strconv.Itoa(int(port)))
	}
	return strings.Join(ports, ",")
}

func (l *portList) Set(text string) error {
	port, err := strconv.ParseUint(text, 10, 16)
	switch {
	case err != nil || port == 0:
		return errors.New("a port is a number from 1 to 65535")
	case port == 80 || port == 443:
		return errors.New("the served names answer at 80 and 443")
	}
	*l = append(*l, uint16(port))
	return nil
}
