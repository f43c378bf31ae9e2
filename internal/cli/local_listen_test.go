package cli

import (
	"errors"
	"net"
	"testing"
)

// A port that is taken is nobody's mistake; an address that is none is.
func TestAddressesThatCannotBe(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, isMistake := range map[string]bool{
		taken.Addr().String(): false, "127.0.0.1:65536": true, "127.0.0.1:nothing": true, "127.0.0.1": true,
	} {
		_, err := net.Listen("tcp", address)
		if err == nil {
			t.Fatalf("%s can be listened at", address)
		}
		told := cannotListen("--proxy-listen", "PROXY-PORT", err)
		if got := errors.As(told, new(*usageError)); got != isMistake || explain(told).hint == "" {
			t.Errorf("%v: a mistake %t, hint %q", told, got, explain(told).hint)
		}
	}
}
