package postgres

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stafett/stafett/secret"
)

// A network that is cut cannot be had in a test, so it looks at what makes the
// system notice.
func TestASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	cfg, err := configure(secret.New("postgres://stafett@database.example/stafett"))
	if err != nil {
		t.Fatal(err)
	}
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": t.TempDir() + "/s"} {
		listener, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		conn, err := cfg.ConnConfig.DialFunc(t.Context(), network, listener.Addr().String())
		if err != nil {
			t.Fatalf("dial %s: %v", network, err)
		}
		defer conn.Close()
		if tcp, ok := conn.(*net.TCPConn); ok {
			for name, option := range map[string]struct{ level, name, want int }{
				"keepalive":           {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
				"first probe":         {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 10},
				"between probes":      {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 5},
				"probes":              {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4},
				"unacknowledged data": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int((30 * time.Second).Milliseconds())},
			} {
				if got := socketOption(t, tcp, option.level, option.name); got != option.want {
					t.Errorf("%s: %d, want %d", name, got, option.want)
				}
			}
		}
	}
}

func socketOption(t *testing.T, conn *net.TCPConn, level, name int) (value int) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, name) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}
