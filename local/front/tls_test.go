package front_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/front"
)

// leading returns a client all of whose connections go to one address, as where
// /etc/hosts has every name.
func leading(t *testing.T, network *front.Network, address string) *http.Client {
	return client(t, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: network.Authority().Pool(), MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
	})
}

// alertOf returns the reason that a server gives for ending a handshake.
func alertOf(t *testing.T, address, serverName string) string {
	t.Helper()
	raw, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	err = tls.Client(raw, &tls.Config{ServerName: serverName, InsecureSkipVerify: true}).HandshakeContext(t.Context())
	if err == nil {
		return "none"
	}
	return err.Error()
}

func TestServeTLS(t *testing.T) {
	t.Parallel()
	network, refused := start(t)
	address, err := network.ServeTLS(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := leading(t, network, address)
	for address, want := range map[string]string{
		"https://test.maskinporten.no/token":            "maskinporten POST /token 100000",
		"https://fts.apps.tt02.altinn.no/fts/x/":        "app POST /fts/x/ 100000",
		"https://LOCAL.altinn.cloud/Home":               "login POST /Home 100000",
		"https://test.maskinporten.no:8443/other/ports": "maskinporten POST /other/ports 100000",
	} {
		status, body, err := fetch(t, c, http.MethodPost, address, strings.NewReader(strings.Repeat("x", 100_000)))
		if err != nil || status != http.StatusOK || body != want {
			t.Errorf("%s = %d %q, %v; want %q", address, status, body, err, want)
		}
	}
	if got := refused.list(); len(got) > 0 {
		t.Errorf("refused: %v", got)
	}

	for name, want := range map[string]string{
		"example.com":          "unrecognized name",
		"ver2.maskinporten.no": "unrecognized name",
		"":                     "missing extension",
		"169.254.169.254":      "missing extension", // an address is never sent as a name
	} {
		if got := alertOf(t, address, name); !strings.Contains(got, want) {
			t.Errorf("a handshake for %q ends with %s; want %s", name, got, want)
		}
	}
	told := refused.list()
	slices.Sort(told)
	want := []string{"a TLS connection without a server name (SNI)", "a TLS connection without a server name (SNI)", "example.com", "ver2.maskinporten.no"}
	if !slices.Equal(told, want) {
		t.Errorf("refusals told: %v, want %v", told, want)
	}

	// What is no TLS gets no answer.
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: test.maskinporten.no\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, _ := io.ReadAll(conn); len(answer) > 0 {
		t.Errorf("a request without TLS gets %q", answer)
	}
}

func TestServeTLSOnLoopbackOnlyAndNotAfterTheEnd(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "10.0.0.1:0", "nonsense"} {
		if _, err := network.ServeTLS(t.Context(), address); err == nil {
			t.Errorf("it listens on %s", address)
		}
	}
	address, err := network.ServeTLS(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// One that has said nothing yet does not keep the network open.
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := network.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := network.ServeTLS(t.Context(), "127.0.0.1:0"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}
