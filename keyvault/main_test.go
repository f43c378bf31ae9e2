package keyvault_test

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

// TestMain watches over what leaves: whatever does not go through the client that
// a test gives goes through a client that asks the environment for a proxy, as
// all ready-made ones do. The proxy is a listener here that nobody may connect to.
func TestMain(m *testing.M) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		_ = os.Setenv(name, "http://"+listener.Addr().String())
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		_ = os.Unsetenv(name)
	}
	var strays atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			strays.Add(1)
			_ = conn.Close()
		}
	}()
	code := m.Run()
	_ = listener.Close()
	if n := strays.Load(); n > 0 {
		fmt.Fprintf(os.Stderr, "%d connections were made past the given client\n", n)
		code = 1
	}
	os.Exit(code)
}
