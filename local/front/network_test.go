package front_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/front"
)

// zeros gives a number of bytes without holding them, and notes how large the
// heap was meanwhile.
type zeros struct {
	left int64
	peak *uint64
}

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	read := int(min(z.left, int64(len(p))))
	clear(p[:read])
	z.left -= int64(read)
	if z.left%(4<<20) < int64(read) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		*z.peak = max(*z.peak, memory.HeapInuse)
	}
	return read, nil
}

// A large file passes in both directions and by both ways without being held,
// with a transcript on top. It is not parallel, since it measures the heap.
func TestLargeFilesStream(t *testing.T) {
	const size, allowed = 64 << 20, 16 << 20
	var peak uint64
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n != size {
			t.Errorf("the handler read %d bytes, %v", n, err)
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.Copy(w, &zeros{size, &peak})
	})
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: front.NewTranscript(io.Discard).Wrap(echo)}}})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	throughProxy, _ := proxied(t, network)
	for way, c := range map[string]*http.Client{"in memory": client(t, network.Transport()), "proxy": throughProxy} {
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		peak = 0
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://x.no/", &zeros{size, &peak})
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err != nil || n != size {
			t.Errorf("%s: %d bytes came back, %v", way, n, err)
		}
		if peak == 0 || peak > before.HeapInuse+allowed {
			t.Errorf("%s: the heap went from %d to %d MiB for %d MiB of file", way, before.HeapInuse>>20, peak>>20, size>>20)
		}
	}
}

// Close leaves nothing behind, whatever clients do or do not do: the check for
// goroutines at the end of all tests would find it.
func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/waits": // with a body that is never read, so that nothing tells the server of the client's end
			close(entered)
			<-r.Context().Done()
			ended <- r.Context().Err()
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}
	})}}})
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := network.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, network.Transport())
	if _, _, err := fetch(t, c, http.MethodGet, "https://x.no/", nil); err != nil { // stays, idle
		t.Fatal(err)
	}
	go func() { _, _, _ = fetch(t, c, http.MethodPost, "https://x.no/waits", strings.NewReader("x")) }()
	<-entered
	endless, err := c.Get("https://x.no/endless") // nobody reads the answer
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Body.Close()
	for _, sent := range []string{"", "CONNECT x.no:443 HTTP/1.1\r\n", "CONNECT x.no:443 HTTP/1.1\r\nHost: x.no:443\r\n\r\n", "CONNECT y.no:443 HTTP/1.1\r\nHost: y.no:443\r\n\r\n"} {
		conn := dial(t, proxy)
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	if err := network.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(began); took > 25*time.Second { // of the 30 in which it has to send headers
		t.Errorf("Close took %v: it waited for a client", took)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the handler's context ended with %v", err)
		}
	default:
		t.Error("Close did not wait for the handler")
	}
	if _, _, err := fetch(t, c, http.MethodGet, "https://x.no/", nil); err == nil {
		t.Error("a request was answered after Close")
	}
	if _, err := network.ServeProxy(t.Context(), "127.0.0.1:0"); err == nil {
		t.Error("a proxy was started after Close")
	}
	if err := network.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

// dial connects to the proxy as a program of its own would.
func dial(t *testing.T, proxy *url.URL) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", proxy.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// tunnel is a TLS connection through CONNECT; an empty serverName sends none.
func tunnel(t *testing.T, network *front.Network, proxy *url.URL, host, serverName string) (*tls.Conn, error) {
	t.Helper()
	conn := dial(t, proxy)
	if _, err := fmt.Fprintf(conn, "CONNECT %[1]s:443 HTTP/1.1\r\nHost: %[1]s:443\r\n\r\n", host); err != nil {
		t.Fatal(err)
	}
	const established = "HTTP/1.1 200 Connection established\r\n\r\n"
	answer := make([]byte, len(established))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != established {
		t.Fatalf("CONNECT: %q, %v", answer, err)
	}
	secured := tls.Client(conn, &tls.Config{ServerName: serverName, InsecureSkipVerify: serverName == "", RootCAs: network.Authority().Pool()})
	return secured, secured.HandshakeContext(t.Context())
}

// What is served on a connection is the name that it was made to, whatever the
// handshake leaves out and the Host header says: a filter that looked at the
// name of the CONNECT has not been deceived.
func TestAConnectionIsForOneName(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	_, proxy := proxied(t, network)
	const host, other = "test.maskinporten.no", "fts.apps.tt02.altinn.no"
	if _, err := tunnel(t, network, proxy, host, other); err == nil {
		t.Error("a handshake for another served name succeeded")
	}
	for serverName, hosts := range map[string]map[string]int{
		host: {host: 200, host + ":443": 200, "TEST.maskinporten.no.": 200, other: 421, "example.com": 421},
		"":   {host: 200, other: 421},
	} {
		for header, want := range hosts {
			conn, err := tunnel(t, network, proxy, host, serverName)
			if err != nil {
				t.Fatal(err)
			}
			for _, request := range []string{
				"GET / HTTP/1.1\r\nHost: " + header + "\r\n\r\n",
				"GET https://" + header + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
			} {
				if _, err := io.WriteString(conn, request); err != nil {
					t.Fatal(err)
				}
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				if response.StatusCode != want {
					t.Errorf("SNI %q, %q: status %d, want %d", serverName, request, response.StatusCode, want)
				}
			}
		}
	}
}

// pipelined sends something before what is written first, and takes something
// off what is read first.
type pipelined struct {
	net.Conn
	before, off string
}

func (c *pipelined) Write(p []byte) (int, error) {
	_, err := c.Conn.Write(append([]byte(c.before), p...))
	c.before = ""
	return len(p), err
}

func (c *pipelined) Read(p []byte) (int, error) {
	if c.off != "" {
		if _, err := io.ReadFull(c.Conn, make([]byte, len(c.off))); err != nil {
			return 0, err
		}
		c.off = ""
	}
	return c.Conn.Read(p)
}

// A client need not wait for the answer to CONNECT before it begins its
// handshake.
func TestConnectAndHandshakeInOnePacket(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	_, proxy := proxied(t, network)
	conn := tls.Client(&pipelined{
		Conn: dial(t, proxy), before: "CONNECT test.maskinporten.no:443 HTTP/1.1\r\nHost: test.maskinporten.no:443\r\n\r\n",
		off: "HTTP/1.1 200 Connection established\r\n\r\n",
	}, &tls.Config{ServerName: "test.maskinporten.no", RootCAs: network.Authority().Pool()})
	for range 2 { // the connection is kept
		if _, err := io.WriteString(conn, "GET /token HTTP/1.1\r\nHost: test.maskinporten.no\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if string(body) != "maskinporten GET /token 0" {
			t.Errorf("answer %q, %v", body, err)
		}
	}
}

// curl waits for the interim answer before it sends a large body.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	throughProxy, _ := proxied(t, network)
	for way, c := range map[string]*http.Client{"in memory": client(t, network.Transport()), "proxy": throughProxy} {
		c.Transport.(*http.Transport).ExpectContinueTimeout = 20 * time.Second
		continued := false
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { continued = true }})
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://test.maskinporten.no/token", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Expect", "100-continue")
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if string(body) != "maskinporten POST /token 4" || !continued {
			t.Errorf("%s: %q, %v; continued: %v", way, body, err, continued)
		}
	}
}

// Connections are kept, and a new one to the same name resumes the session.
func TestConnectionsAndSessionsAreKept(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	transport := network.Transport()
	c := client(t, transport)
	var reused, resumed []bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn:          func(info httptrace.GotConnInfo) { reused = append(reused, info.Reused) },
		TLSHandshakeDone: func(state tls.ConnectionState, _ error) { resumed = append(resumed, state.DidResume) },
	})
	for n := range 3 {
		if n == 2 {
			transport.CloseIdleConnections()
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://test.maskinporten.no/", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	if got := fmt.Sprint(reused, resumed); got != "[false true false] [false true]" {
		t.Errorf("reused, resumed: %s", got)
	}
}

// A client that connects and says nothing holds up nobody.
func TestSilentClients(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	throughProxy, proxy := proxied(t, network)
	for range 20 {
		if _, err := io.WriteString(dial(t, proxy), "CONNECT test.maskinporten.no:443 HTTP/1.1\r\nHost: test.maskinporten.no:443\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		dial(t, proxy)
	}
	if status, body, err := fetch(t, throughProxy, http.MethodGet, "https://test.maskinporten.no/token", nil); err != nil || status != 200 {
		t.Errorf("answer %d %q, %v", status, body, err)
	}
}

// Absolute form is for http on its own port, as a connection in memory is.
func TestAbsoluteForm(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	_, proxy := proxied(t, network)
	big := strings.Repeat("x", 700_000)
	for request, want := range map[string]string{
		"GET http://local.altinn.cloud/Home HTTP/1.1\r\nHost: evil.example\r\n\r\n":                                                               "HTTP/1.1 200 OK",
		"GET http://local.altinn.cloud:80/Home HTTP/1.1\r\nHost: local.altinn.cloud\r\n\r\n":                                                      "HTTP/1.1 200 OK",
		"GET http://local.altinn.cloud:8000/Home HTTP/1.1\r\nHost: local.altinn.cloud:8000\r\n\r\n":                                               "HTTP/1.1 502 local.altinn.cloud:8000 is not served",
		"GET https://test.maskinporten.no/ HTTP/1.1\r\nHost: test.maskinporten.no\r\n\r\n":                                                        "HTTP/1.1 400 Bad Request",
		"GET http://169.254.169.254/metadata HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n":                                                           "HTTP/1.1 200 OK",
		"GET http://169.254.169.254:8080/metadata HTTP/1.1\r\nHost: 169.254.169.254:8080\r\n\r\n":                                                 "",
		"POST http://example.com/ HTTP/1.1\r\nHost: example.com\r\nContent-Length: 700000\r\n\r\n" + big:                                          "HTTP/1.1 502 example.com is not served",
		"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n":                                                                                   "HTTP/1.1 502 ::1 is not served",
		"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n":                                                                             "HTTP/1.1 502 127.0.0.1",
		"CONNECT test.maskinporten.no:443 HTTP/1.1\r\nHost: test.maskinporten.no:443\r\nContent-Length: 5\r\n\r\n":                                "HTTP/1.1 200 Connection established",
		"CONNECT a%0d%0aX:443 HTTP/1.1\r\nHost: a%0d%0aX:443\r\n\r\n":                                                                             "HTTP/1.1 400 Bad Request",
		"GET http://local.altinn.cloud/ HTTP/1.1\r\nHost: local.altinn.cloud\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n": "HTTP/1.1 200 OK",
	} {
		conn := dial(t, proxy)
		if _, err := io.WriteString(conn, request); err != nil {
			t.Errorf("%.80q cannot be sent: %v", request, err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if want == "" && line != "" || !strings.HasPrefix(line, want) {
			t.Errorf("%.80q answers %q, %v; want %q", request, line, err, want)
		}
		_ = conn.Close()
	}
}
