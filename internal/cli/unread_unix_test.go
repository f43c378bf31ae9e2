//go:build unix

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"
)

// TestAClientThatGoesAwayEndsNothing is the other half of what local.txtar holds of
// a reader that goes away: a browser that leaves in the middle of a page must not
// end the platform, though the system sends it the same signal.
func TestAClientThatGoesAwayEndsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "stafett", "local", "up", "--json", "--no-serve")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "STAFETT_STATE_DIR="+t.TempDir(), "STAFETT_PROJECT=", "LC_ALL=C")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ready struct{ Console string }
	if line, err := bufio.NewReader(out).ReadBytes('\n'); err != nil {
		t.Fatal(err)
	} else if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	console, err := url.Parse(ready.Console)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", console.Host)
		if err != nil {
			t.Fatalf("the platform has ended: %v", err)
		}
		_, err = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", console.Host)
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ready.Console, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("the platform has ended: %v", err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("answered with %s, %v", response.Status, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("the platform has ended: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
