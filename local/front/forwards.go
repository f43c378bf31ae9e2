package front

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Forwards leads what the platform itself sends to the world, such as events to
// a subscriber, to programs on this machine. A request to a host with a forward
// goes there over plain http on the loopback interface, with the host header as
// it was; any other one goes to the network. It is safe for concurrent use.
type Forwards struct {
	network  *Network
	inside   *http.Transport
	loopback *http.Transport

	mu      sync.Mutex
	targets map[string]url.URL
}

// NewForwards makes a way out of a network; there are no forwards at first.
func NewForwards(network *Network) *Forwards {
	return &Forwards{
		network: network, inside: network.Transport(),
		loopback: &http.Transport{MaxIdleConnsPerHost: 4}, // no proxy, whatever the environment says
		targets:  make(map[string]url.URL),
	}
}

// Set leads a host name to a program, given as http://ADDRESS:PORT with a
// loopback address; another target of the host is forgotten. A name that the
// network serves cannot be led elsewhere.
func (f *Forwards) Set(host, target string) error {
	name := strings.ToLower(host)
	if name == "" || name != hostOnly(name) || strings.ContainsAny(name, "/:*@ ") {
		return fmt.Errorf("forward %q: it is not a host name", printable(host))
	}
	if _, served := f.network.hosts[name]; served {
		return fmt.Errorf("forward %s: the local platform serves the name itself", name)
	}
	address, err := url.Parse(target)
	if err != nil || address.Scheme != "http" || address.Port() == "" || strings.Trim(address.Path, "/") != "" || address.RawQuery != "" || address.User != nil {
		return fmt.Errorf("forward %s: the target is not an address such as http://127.0.0.1:8080", name)
	}
	if ip := net.ParseIP(address.Hostname()); address.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("forward %s to %s: only a loopback address is allowed", name, address.Host)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets[name] = url.URL{Scheme: address.Scheme, Host: address.Host}
	return nil
}

// Remove takes a forward away and reports whether it was there.
func (f *Forwards) Remove(host string) bool {
	name := strings.ToLower(host)
	f.mu.Lock()
	defer f.mu.Unlock()
	_, there := f.targets[name]
	delete(f.targets, name)
	return there
}

// List returns the target of each host that has one.
func (f *Forwards) List() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make(map[string]string, len(f.targets))
	for host, target := range maps.All(f.targets) {
		list[host] = target.String()
	}
	return list
}

// RoundTrip implements [http.RoundTripper].
func (f *Forwards) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	target, ok := f.targets[hostOnly(r.URL.Host)]
	f.mu.Unlock()
	if !ok {
		return f.inside.RoundTrip(r)
	}
	forwarded := r.Clone(r.Context())
	if forwarded.Host == "" {
		forwarded.Host = r.URL.Host
	}
	forwarded.URL.Scheme, forwarded.URL.Host = target.Scheme, target.Host
	return f.loopback.RoundTrip(forwarded)
}

// CloseIdleConnections lets go of connections that nobody uses.
func (f *Forwards) CloseIdleConnections() {
	f.inside.CloseIdleConnections()
	f.loopback.CloseIdleConnections()
}
