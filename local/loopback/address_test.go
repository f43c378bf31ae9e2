package loopback_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/loopback"
)

func TestOnlyThisMachineByItsOwnName(t *testing.T) {
	t.Parallel()
	address, err := loopback.Serve(t.Context(), "localhost:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := address.Close(); err != nil {
			t.Error(err)
		}
	}()
	for host, want := range map[string]int{
		address.URL().Host:                       http.StatusOK,
		"localhost:" + address.URL().Port():      http.StatusOK,
		"evil.example":                           http.StatusMisdirectedRequest,
		"evil.example:" + address.URL().Port():   http.StatusMisdirectedRequest,
		"127.0.0.1":                              http.StatusMisdirectedRequest,
		"localhost.evil:" + address.URL().Port(): http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address.URL().String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", host, got.StatusCode, want)
		}
	}
}

func TestAddressesThatOthersCanReachAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"0.0.0.0:0": "only a loopback address", "[::]:0": "only a loopback address", ":0": "only a loopback address",
		"localhost:99999": "invalid port", "example.com:0": "only a loopback address", "nonsense": "read address",
	} {
		if got, err := loopback.Serve(t.Context(), address, http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), want) {
			if got != nil {
				_ = got.Close()
			}
			t.Errorf("%s: %v", address, err)
		}
	}
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if _, err := loopback.Serve(t.Context(), taken.Addr().String(), http.NotFoundHandler()); !errors.As(err, new(*net.OpError)) {
		t.Errorf("a port that is taken: %v", err)
	}
}

// TestCloseEndsWhatIsAnswered: a request that would never end does not keep a
// server of two listeners open.
func TestCloseEndsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	under := make(chan struct{}, 2)
	server := loopback.NewServer(t.Context(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		under <- struct{}{}
		<-r.Context().Done()
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	var clients []net.Conn
	for range 2 {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server.Serve(listener)
		client, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Close() }()
		if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-under
		clients = append(clients, client)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	for _, client := range clients {
		answer, err := io.ReadAll(client)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
			t.Errorf("what was answered is cut off: %q, %v", answer, err)
		}
	}
}
