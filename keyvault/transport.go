package keyvault

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxResponse bounds what is read of one response. A page of 25 secrets is some
// kilobytes, a secret at most 25.
const maxResponse = 4 << 20

// transport sends requests for the Azure libraries through the caller's client.
type transport struct {
	client *http.Client
	host   string // the only host that is sent to; "" is any
}

func newTransport(client *http.Client, host string) transport {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return transport{client: &own, host: host}
}

// Do implements policy.Transporter.
func (t transport) Do(r *http.Request) (*http.Response, error) {
	// A list's next page is at an address that the vault gives.
	if t.host != "" && (!strings.EqualFold(r.URL.Hostname(), t.host) || r.URL.Scheme != "https") {
		return nil, &protocolError{fmt.Sprintf("the vault %s sends on to %s", t.host, r.URL.Host)}
	}
	response, err := t.client.Do(r)
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsNotFound {
		return nil, &unknownHostError{err}
	}
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxResponse), response.Body}
	if err := checkChallenge(response); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

var challengeAuthority = regexp.MustCompile(`\bauthorization="?([^",\s]*)`)

// checkChallenge refuses a challenge whose authority has no path, over which the
// Azure library panics.
func checkChallenge(response *http.Response) error {
	if response.StatusCode != http.StatusUnauthorized {
		return nil
	}
	found := challengeAuthority.FindStringSubmatch(response.Header.Get("WWW-Authenticate"))
	if found == nil {
		return nil
	}
	authority, err := url.Parse(found[1])
	if err != nil || authority.Scheme != "https" || authority.Host == "" || len(authority.Path) < len("/t") {
		return &protocolError{fmt.Sprintf("%s asks to authenticate at %q, which names no tenant", response.Request.URL.Host, found[1])}
	}
	return nil
}

// unknownHostError is a name that does not exist: a vault that is misspelt, or
// was deleted.
type unknownHostError struct{ err error }

// Error returns what the look-up said.
func (e *unknownHostError) Error() string { return e.err.Error() }

// Unwrap returns the error of the look-up.
func (e *unknownHostError) Unwrap() error { return e.err }

// NonRetriable tells Azure's retry policy that asking again does not help.
func (*unknownHostError) NonRetriable() {}

// protocolError is an answer that no key vault gives.
type protocolError struct{ problem string }

// Error returns the problem.
func (e *protocolError) Error() string { return "not a key vault: " + e.problem }

// NonRetriable tells Azure's retry policy that asking again does not help.
func (*protocolError) NonRetriable() {}
