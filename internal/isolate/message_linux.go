package isolate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// setup is what the process inside is told.
type setup struct {
	// What is not UTF-8 stays as it is.
	Path []byte
	Args [][]byte

	Parent    int // process id of the one outside
	Names     []string
	Addresses []netip.Addr
	Doors     []netip.AddrPort
	Trusted   []byte
}

// outcome is what the process inside answers: first that all is made, with the
// listeners of the doors beside it, or why not; then, if it is still there to say
// so, why the program could not be executed.
type outcome struct {
	Failed string     // what was attempted and what the system said; empty: all is made
	Errno  unix.Errno // the system's own number, if it is one
}

// Error makes an outcome an error.
func (o outcome) Error() string { return o.Failed }

// Unwrap returns the system's own error, if there is one.
func (o outcome) Unwrap() error {
	if o.Errno == 0 {
		return nil
	}
	return o.Errno
}

func outcomeOf(err error) outcome {
	o := outcome{Failed: err.Error()}
	_ = errors.As(err, &o.Errno)
	return o
}

// socketPair returns a connection and the file of its other end.
func socketPair() (*net.UnixConn, *os.File, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a pair of sockets: %w", err)
	}
	inside := os.NewFile(uintptr(pair[1]), "inside")
	conn, err := socketOf(os.NewFile(uintptr(pair[0]), "outside"))
	if err != nil {
		return nil, nil, errors.Join(err, inside.Close())
	}
	return conn, inside, nil
}

// socketOf takes over a file that is a Unix socket.
func socketOf(file *os.File) (*net.UnixConn, error) {
	conn, err := net.FileConn(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("use a socket: %w", err)
	}
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(errors.New("use a socket: it is not a Unix socket"), conn.Close())
	}
	return unixConn, nil
}

// Sizes of messages, in bytes, and of file descriptors in one.
const (
	maxMessage = 1 << 16
	maxDoors   = 253 // the most that the system passes on at once
)

// tell gives the process inside its setup, in as many messages as that takes: the
// arguments of a program can be long.
func tell(conn *net.UnixConn, told setup) error {
	content, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("encode what to make: %w", err)
	}
	for part := range slices.Chunk(content, maxMessage) {
		if _, err := conn.Write(part); err != nil {
			return fmt.Errorf("tell what to make: %w", err)
		}
	}
	return nil
}

// learn reads what the process outside tells.
func learn(conn *net.UnixConn) (told setup, err error) {
	// Each read takes a whole message: what does not fit would be lost.
	err = json.NewDecoder(bufio.NewReaderSize(conn, maxMessage)).Decode(&told)
	return told, err
}

// send gives the process outside an outcome, and files beside it.
func send(conn *net.UnixConn, message outcome, files ...*os.File) error {
	content, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	var rights []byte
	if len(files) > 0 {
		descriptors := make([]int, len(files))
		for n, file := range files {
			descriptors[n] = int(file.Fd())
		}
		rights = unix.UnixRights(descriptors...)
	}
	if _, _, err := conn.WriteMsgUnix(content, rights, nil); err != nil {
		return fmt.Errorf("send a message: %w", err)
	}
	return nil
}

// receive reads an outcome and the files beside it; io.EOF when the other end is
// closed.
func receive(conn *net.UnixConn, message *outcome) ([]*os.File, error) {
	content, rights := make([]byte, maxMessage), make([]byte, unix.CmsgSpace(4*maxDoors))
	read, readRights, _, _, err := conn.ReadMsgUnix(content, rights)
	if err != nil {
		return nil, fmt.Errorf("receive a message: %w", err)
	}
	if read == 0 {
		return nil, io.EOF
	}
	var files []*os.File
	control, err := unix.ParseSocketControlMessage(rights[:readRights])
	for _, part := range control {
		descriptors, partErr := unix.ParseUnixRights(&part)
		err = errors.Join(err, partErr)
		for _, descriptor := range descriptors {
			files = append(files, os.NewFile(uintptr(descriptor), "door"))
		}
	}
	if err = errors.Join(err, json.Unmarshal(content[:read], message)); err != nil {
		for _, file := range files {
			_ = file.Close()
		}
		return nil, fmt.Errorf("read a message: %w", err)
	}
	return files, nil
}
