package isolate_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stafett/stafett/internal/isolate"
)

// TestMain lets this test binary be the process outside, the one inside, and a
// program that knows of no proxy.
func TestMain(m *testing.M) {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	switch role {
	case "outside":
		os.Exit(outside(os.Args[2:]))
	case "enter":
		_ = isolate.Enter(os.Args[2]) // the process outside tells
		os.Exit(1)
	case "look-around":
		os.Exit(lookAround())
	default:
		// Who runs in the background of a script ignores interrupts, as its children do.
		if signal.Ignored(os.Interrupt) {
			signal.Notify(make(chan os.Signal, 1), os.Interrupt)
		}
		os.Exit(m.Run())
	}
}

// notPermitted is the exit code that tells a test to skip.
const notPermitted = 77

// outside runs a program in a small world.
func outside(command []string) int {
	say := func(words string) func(net.Listener) {
		return func(listener net.Listener) {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, words)
				_ = conn.Close()
			}
		}
	}
	metadata := netip.MustParseAddr("169.254.169.254")
	code, err := isolate.Run(isolate.Program{
		Path: command[0], Args: command, Environ: append(os.Environ(), "HERE=inside"), Enter: []string{"enter"},
		Names: []string{"served.example"}, Addresses: []netip.Addr{metadata}, Trusted: []byte("certificates"),
		Doors: []isolate.Door{
			{Address: netip.MustParseAddrPort("127.0.0.1:443"), Serve: say("a door")},
			{Address: netip.AddrPortFrom(metadata, 80), Serve: say("another door")},
		},
	})
	var start *isolate.StartError
	var unavailable *isolate.UnavailableError
	switch {
	case errors.As(err, &start):
		fmt.Fprintln(os.Stderr, "start:", err)
		return 70
	case errors.As(err, &unavailable):
		fmt.Fprintln(os.Stderr, err, unavailable.Remedy())
		return notPermitted
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 71
	}
	return code
}

// lookAround tells what a program sees.
func lookAround() int {
	dial := func(address string) string {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return "no: " + err.Error()
		}
		said, _ := io.ReadAll(conn)
		return string(said)
	}
	for _, address := range []string{"served.example:443", "127.0.0.1:443", "169.254.169.254:80", "served.example:80", "localhost:22", "192.0.2.1:443", "[2001:db8::1]:443", "www.altinn.no:443"} {
		fmt.Printf("%s: %s\n", address, dial(address))
	}
	bundle, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if errors.Is(err, os.ErrNotExist) {
		bundle = []byte("certificates") // nothing to replace on this system
	}
	fmt.Printf("trusted: %s\nhere: %s\nuser: %d\n", bundle, os.Getenv("HERE"), os.Getuid())
	return 5
}

// run starts the process outside and waits for it.
func run(t *testing.T, command ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"outside"}, command...)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("typed\n"), &out, &errs
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if cmd.ProcessState.ExitCode() == notPermitted {
		t.Skip("this system does not permit it: ", errs.String())
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestThereIsNothingElse(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run(t, self, "look-around")
	if code != 5 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{
		"served.example:443: a door\n",
		"127.0.0.1:443: a door\n",
		"169.254.169.254:80: another door\n",
		"served.example:80: no: dial tcp 127.0.0.1:80: connect: connection refused\n",
		"localhost:22: no: ",
		"192.0.2.1:443: no: dial tcp 192.0.2.1:443: connect: network is unreachable\n",
		"[2001:db8::1]:443: no: ",
		"www.altinn.no:443: no: dial tcp: lookup www.altinn.no",
		"trusted: certificates\n",
		"here: inside\n",
		fmt.Sprintf("user: %d\n", os.Getuid()),
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not see %q in\n%s", want, stdout)
		}
	}
	// Outside, all is as it was.
	if hosts, err := os.ReadFile("/etc/hosts"); err == nil && bytes.Contains(hosts, []byte("served.example")) {
		t.Error("the system's own hosts file was changed")
	}
}

func TestStreamsAndExitCodes(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		command        []string
		stdout, stderr string
		code           int
	}{
		{"streams", []string{"/bin/sh", "-c", "cat; echo told >&2"}, "typed\n", "told\n", 0},
		{"exit code", []string{"/bin/sh", "-c", "exit 9"}, "", "", 9},
		{"signal", []string{"/bin/sh", "-c", "kill -USR1 $$"}, "", "", 128 + int(syscall.SIGUSR1)},
		{"arguments as they are", []string{"/bin/sh", "-c", `printf '%s' "$1"`, "sh", "\xff \n$x\x01"}, "\xff \n$x\x01", "", 0},
		{"long arguments", append([]string{"/bin/sh", "-c", `echo $#`, "sh"}, strings.Split(strings.Repeat("0123456789 ", 60_000), " ")...), "60001\n", "", 0},
		{"no such folder for temporary files", []string{"/usr/bin/env", "TMPDIR=/nowhere", self, "outside", "/bin/echo", "made"}, "made\n", "", 0},
		{"files of the caller's", []string{"/bin/sh", "-c", `exec 3<<end "$0" outside /bin/sh -c 'cat <&3; ls -l /proc/self/fd | grep -c socket: || :'
kept
end
`, self}, "kept\n0\n", "", 0},
		{"no program", []string{"/nowhere/program"}, "", "start: start the program: no such file or directory\n", 70},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if stdout, stderr, code := run(t, c.command...); stdout != c.stdout || stderr != c.stderr || code != c.code {
				t.Errorf("%q, %q, %d; want %q, %q, %d", stdout, stderr, code, c.stdout, c.stderr, c.code)
			}
		})
	}
}

// begin starts a program inside that says so, and returns what it prints next.
func begin(t *testing.T, script string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	if _, _, code := run(t, "/bin/true"); code != 0 {
		t.Fatalf("exit code %d of true", code)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "outside", "/bin/sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := bufio.NewReader(out)
	if line, err := read.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd, read
}

func TestSignalsArePassedOn(t *testing.T) {
	t.Parallel()
	cmd, out := begin(t, `trap 'echo interrupted' INT; trap 'echo ended; exit 3' TERM; echo started; while :; do sleep 0.02; done`)
	for _, step := range []struct {
		signal syscall.Signal
		want   string
	}{{syscall.SIGINT, "interrupted\n"}, {syscall.SIGINT, "interrupted\n"}, {syscall.SIGTERM, "ended\n"}} {
		if err := cmd.Process.Signal(step.signal); err != nil {
			t.Fatal(err)
		}
		if line, err := out.ReadString('\n'); line != step.want {
			t.Errorf("after %v it says %q, %v", step.signal, line, err)
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("ended with %v", err)
	}
}

func TestTheProgramEndsWithTheProcessOutside(t *testing.T) {
	t.Parallel()
	cmd, out := begin(t, "echo started; while :; do sleep 0.02; done")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The program holds the other end of the pipe.
	if rest, err := io.ReadAll(out); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	_ = cmd.Wait()
}
