package front_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/local/front"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type refusals struct {
	mu    sync.Mutex
	names []string
}

func (r *refusals) add(err *front.NotServedError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, err.Name)
}

func (r *refusals) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.names...)
}

func answerer(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %d", text, r.Method, r.URL.Path, len(body))
	})
}

func start(t *testing.T) (*front.Network, *refusals) {
	t.Helper()
	refused := &refusals{}
	network, err := front.New(front.Config{
		Hosts: []front.Host{
			{Name: "test.maskinporten.no", Handler: answerer("maskinporten")},
			{Name: "fts.apps.tt02.altinn.no", Handler: answerer("app")},
			{Name: "local.altinn.cloud", Handler: answerer("login"), Plain: true},
			{Name: "169.254.169.254", Handler: answerer("metadata"), PlainOnly: true},
		},
		Refused: refused.add,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := network.Close(); err != nil {
			t.Error(err)
		}
	})
	return network, refused
}

func client(t *testing.T, transport *http.Transport) *http.Client {
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func proxied(t *testing.T, network *front.Network) (*http.Client, *url.URL) {
	t.Helper()
	proxy, err := network.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(network.Authority().PEM()) {
		t.Fatal("the authority's PEM holds no certificate")
	}
	return client(t, &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}}), proxy
}

func fetch(t *testing.T, c *http.Client, method, address string, body io.Reader) (int, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content), nil
}

// Both ways in must reach the same handlers for the same names.
func TestServedNames(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	throughProxy, _ := proxied(t, network)
	ways := map[string]*http.Client{
		"in memory": client(t, network.Transport()),
		"proxy":     throughProxy,
	}
	for way, c := range ways {
		for address, want := range map[string]string{
			"https://test.maskinporten.no/token":                  "maskinporten POST /token 100000",
			"https://fts.apps.tt02.altinn.no/fts/saksmottak/":     "app POST /fts/saksmottak/ 100000",
			"https://local.altinn.cloud/Home":                     "login POST /Home 100000",
			"http://local.altinn.cloud/Home":                      "login POST /Home 100000",
			"http://169.254.169.254/metadata/identity?x=1":        "metadata POST /metadata/identity 100000",
			"https://TEST.maskinporten.no/token":                  "maskinporten POST /token 100000",
			"https://test.maskinporten.no:443/with/explicit/port": "maskinporten POST /with/explicit/port 100000",
		} {
			status, body, err := fetch(t, c, http.MethodPost, address, strings.NewReader(strings.Repeat("x", 100_000)))
			if err != nil || status != http.StatusOK || body != want {
				t.Errorf("%s: %s = %d %q, %v; want %q", way, address, status, body, err, want)
			}
		}
	}
}

func TestNamesNotServedAreRefusedInMemory(t *testing.T) {
	t.Parallel()
	network, refused := start(t)
	c := client(t, network.Transport())
	for address, want := range map[string]string{
		"https://example.com/":                    "example.com is not served by the local platform",
		"https://ver2.maskinporten.no/token":      `closed on 10 June 2024; set "Environment": "test"`,
		"https://maskinporten.no/token":           "it belongs to production",
		"https://fts.apps.altinn.no/":             "it belongs to production",
		"https://integrasjon-ver2.difi.no/":       "use api.test.samarbeid.digdir.no/api/v1",
		"https://test.maskinporten.no:8443/token": "test.maskinporten.no:8443 is not served",
		"http://test.maskinporten.no/token":       "test.maskinporten.no:80 is not served",
		"https://169.254.169.254/":                "169.254.169.254:443 is not served",
	} {
		_, _, err := fetch(t, c, http.MethodGet, address, nil)
		var notServed *front.NotServedError
		if !errors.As(err, &notServed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want a NotServedError with %q", address, err, want)
		}
	}
	if got := len(refused.list()); got != 8 {
		t.Errorf("%d refusals were told, want 8", got)
	}
}

// The status line is what curl and most libraries show of a failed CONNECT.
func TestProxyRefusesWithTheNameInTheReasonPhrase(t *testing.T) {
	t.Parallel()
	network, refused := start(t)
	_, proxy := proxied(t, network)
	for request, want := range map[string]string{
		"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n":                     "HTTP/1.1 502 example.com is not served by the local platform",
		"CONNECT ver2.maskinporten.no:443 HTTP/1.1\r\nHost: ver2.maskinporten.no:443\r\n\r\n":   "HTTP/1.1 502 ver2.maskinporten.no is not served by the local platform: it closed on 10 June 2024",
		"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n":                         "HTTP/1.1 502 example.com is not served",
		"CONNECT test.maskinporten.no:8443 HTTP/1.1\r\nHost: test.maskinporten.no:8443\r\n\r\n": "HTTP/1.1 502 test.maskinporten.no:8443 is not served",
		"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n":                                             "HTTP/1.1 400 Bad Request",
		"GET http://test.maskinporten.no/token HTTP/1.1\r\nHost: test.maskinporten.no\r\n\r\n":  "HTTP/1.1 502 test.maskinporten.no:80 is not served",
	} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", proxy.Host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%q answers %q, %v; want %q", request, line, err, want)
		}
		_ = conn.Close()
	}
	if got := refused.list(); len(got) != 5 {
		t.Errorf("refusals told: %v, want 5", got)
	}
}

// Azure's SDKs take any HTTP answer from the metadata address as a managed
// identity, so there must be none where there is no such service.
func TestProxyGivesNoAnswerOnOtherPortsOfTheMetadataAddress(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	_, proxy := proxied(t, network)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", proxy.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "CONNECT 169.254.169.254:443 HTTP/1.1\r\nHost: 169.254.169.254:443\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || len(answer) != 0 {
		t.Errorf("answer %q, %v; want none", answer, err)
	}
}

func TestAHandshakeForAnotherNameFails(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	transport := network.Transport()
	transport.TLSClientConfig.ServerName = "example.com"
	_, _, err := fetch(t, client(t, transport), http.MethodGet, "https://test.maskinporten.no/", nil)
	if err == nil {
		t.Error("a certificate was given for a name that is not served")
	}
}

func TestTheAuthorityIsConstrainedToItsNames(t *testing.T) {
	t.Parallel()
	constrained, err := front.NewAuthority([]string{"test.maskinporten.no"})
	if err != nil {
		t.Fatal(err)
	}
	certificate := constrained.Certificate()
	if !certificate.PermittedDNSDomainsCritical || len(certificate.PermittedDNSDomains) != 1 || len(certificate.ExcludedIPRanges) != 2 {
		t.Errorf("constraints: %v (critical %v), excluded addresses %v", certificate.PermittedDNSDomains, certificate.PermittedDNSDomainsCritical, certificate.ExcludedIPRanges)
	}
	if life := certificate.NotAfter.Sub(certificate.NotBefore); life > 8*24*3600e9 {
		t.Errorf("the authority lives %v, not days", life)
	}
	if strings.Contains(string(constrained.PEM()), "PRIVATE") {
		t.Error("the PEM holds a private key")
	}
}

func TestProxyListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	network, _ := start(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "10.0.0.1:0", "example.com:0"} {
		if _, err := network.ServeProxy(context.Background(), address); err == nil {
			t.Errorf("the proxy listens on %s", address)
		}
	}
	taken, err := network.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := network.ServeProxy(t.Context(), taken.Host); err == nil {
		t.Error("a second proxy got the same port")
	}
}
