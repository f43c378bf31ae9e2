package front_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stafett/stafett/local/front"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// serve gives a listener to one of a gateway's methods until the test ends.
func serve(t *testing.T, with func(net.Listener)) (address string) {
	listener := listen(t)
	served := make(chan struct{})
	go func() { defer close(served); with(listener) }()
	t.Cleanup(func() {
		_ = listener.Close()
		<-served
	})
	return listener.Addr().String()
}

// A program in a network of its own reaches the same names, and no others.
func TestGateway(t *testing.T) {
	t.Parallel()
	network, refused := start(t)
	proxy, err := network.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gateway := &front.Gateway{Proxy: proxy}
	secured, plain := serve(t, gateway.ServeTLS), serve(t, gateway.ServePlain)
	onward := serve(t, func(l net.Listener) { gateway.ServeOnward(l, proxy.Host) })

	body := strings.Repeat("x", 100_000)
	overTLS, overPlain := leading(t, network, secured), leading(t, network, plain)
	throughProxy := client(t, &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: onward}), TLSClientConfig: &tls.Config{RootCAs: network.Authority().Pool(), MinVersion: tls.VersionTLS12}})
	for _, c := range []struct {
		way           *http.Client
		address, want string
	}{
		{overTLS, "https://test.maskinporten.no/token", "maskinporten POST /token 100000"},
		{overPlain, "http://local.altinn.cloud/Home", "login POST /Home 100000"},
		{overPlain, "http://169.254.169.254/metadata/identity?x=1", "metadata POST /metadata/identity 100000"},
		{throughProxy, "https://fts.apps.tt02.altinn.no/fts/x/", "app POST /fts/x/ 100000"},
	} {
		if status, got, err := fetch(t, c.way, http.MethodPost, c.address, strings.NewReader(body)); err != nil || status != http.StatusOK || got != c.want {
			t.Errorf("%s = %d %q, %v; want %q", c.address, status, got, err, c.want)
		}
	}
	if got := alertOf(t, secured, "example.com"); !strings.Contains(got, "unrecognized name") {
		t.Errorf("a handshake for another name ends with %s", got)
	}
	if got := alertOf(t, secured, ""); !strings.Contains(got, "missing extension") {
		t.Errorf("a handshake without a name ends with %s", got)
	}
	if status, got, err := fetch(t, overPlain, http.MethodGet, "http://example.com/", nil); err != nil || status != http.StatusBadGateway || !strings.Contains(got, "example.com is not served") {
		t.Errorf("a plain request to another name: %d %q, %v", status, got, err)
	}
	if told := refused.list(); !slices.Equal(told, []string{"example.com", "example.com"}) {
		t.Errorf("refusals told: %v", told)
	}
}

// short is a listener that has no file descriptors left, at first.
type short struct {
	net.Listener
	refusals int
}

func (s *short) Accept() (net.Conn, error) {
	if s.refusals--; s.refusals >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return s.Listener.Accept()
}

func TestGatewayOutlivesAShortageOfFiles(t *testing.T) {
	t.Parallel()
	there := httptest.NewServer(answerer("there"))
	t.Cleanup(there.Close)
	address := serve(t, func(l net.Listener) {
		(&front.Gateway{}).ServeOnward(&short{l, 2}, there.Listener.Addr().String())
	})
	c := client(t, &http.Transport{})
	c.Timeout = 10 * time.Second
	if status, got, err := fetch(t, c, http.MethodGet, "http://"+address+"/x", nil); err != nil || status != http.StatusOK || got != "there GET /x 0" {
		t.Errorf("after a shortage: %d %q, %v", status, got, err)
	}
}

func TestGatewayPassesQueriesOnAsTheyAre(t *testing.T) {
	t.Parallel()
	var query string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { query = r.URL.RawQuery }))
	t.Cleanup(proxy.Close)
	way, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, (&front.Gateway{Proxy: way}).ServePlain)
	const want = "a=1;b=%zz&c"
	if _, _, err := fetch(t, client(t, &http.Transport{}), http.MethodGet, "http://"+address+"/?"+want, nil); err != nil || query != want {
		t.Errorf("the query %q arrives as %q, %v", want, query, err)
	}
}

// A platform that has stopped refuses no name; one that hangs keeps nobody from
// ending.
func TestGatewayWithoutAPlatform(t *testing.T) {
	t.Parallel()
	gone := listen(t)
	_ = gone.Close()
	address := serve(t, (&front.Gateway{Proxy: &url.URL{Scheme: "http", Host: gone.Addr().String()}}).ServeTLS)
	if got := alertOf(t, address, "test.maskinporten.no"); strings.Contains(got, "unrecognized name") || got == "none" {
		t.Errorf("a handshake where no platform runs ends with %s", got)
	}

	hanging, door := listen(t), listen(t)
	served := make(chan struct{})
	go func() {
		defer close(served)
		(&front.Gateway{Proxy: &url.URL{Scheme: "http", Host: hanging.Addr().String()}}).ServeTLS(door)
	}()
	handshake := make(chan struct{})
	go func() {
		defer close(handshake)
		alertOf(t, door.Addr().String(), "test.maskinporten.no")
	}()
	asked, err := hanging.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	if _, err := asked.Read(make([]byte, 1)); err != nil { // it waits for the answer now
		t.Fatal(err)
	}
	_ = door.Close()
	_ = asked.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, asked); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the gateway waits for an answer when its door is closed")
	}
	<-served
	<-handshake
}
