package cli

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestThePortsOfADeadPlatformAreNotThePlatform has another program at the proxy of a
// platform that was killed, and a platform that was started before that one.
func TestThePortsOfADeadPlatformAreNotThePlatform(t *testing.T) {
	t.Parallel()
	listen := func() string {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		return "http://" + listener.Addr().String()
	}
	dir := t.TempDir()
	s := &session{lookup: func(string) string { return dir }}
	shared := filepath.Join(dir, sharedState)
	dead := readyDocument{Schema: readySchema, PID: 2, Proxy: listen(), Control: readyControl{URL: "http://127.0.0.1:1"}}
	if err := writeState(shared, dead); err != nil {
		t.Fatal(err)
	}
	if found, err := s.findLocal(t.Context()); !errors.As(err, new(*notRunningError)) {
		t.Errorf("found %s, %v", found.Proxy, err)
	}
	alive := readyDocument{Schema: readySchema, PID: 1, Proxy: listen(), Control: readyControl{URL: listen()}}
	for _, one := range []readyDocument{alive, dead} {
		if err := writeState(shared, one); err != nil {
			t.Fatal(err)
		}
	}
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(ownState(shared, alive.PID), before, before); err != nil {
		t.Fatal(err)
	}
	if found, err := s.findLocal(t.Context()); err != nil || found.PID != alive.PID {
		t.Errorf("found process %d, %v; want %d", found.PID, err, alive.PID)
	}
	if _, err := os.Stat(ownState(shared, dead.PID)); err == nil {
		t.Error("the dead platform's own file is left")
	}
}
