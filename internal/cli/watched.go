package cli

import (
	"net/http"
	"time"

	"github.com/stafett/stafett/internal/term"
)

// slow is when a person begins to wonder what a command is waiting for.
const slow = 2 * time.Second

// watched tells on stderr what the commands' requests are doing: each of them
// with --verbose, and on a terminal those that take long. Queries and headers
// are left out, since they may hold what is nobody's business.
type watched struct {
	http.RoundTripper
	err     *term.Stream
	verbose bool
}

// watch wraps the transport of a command.
func (s *session) watch(transport http.RoundTripper) http.RoundTripper {
	if s.json && !s.verbose || !s.verbose && !s.streams.Err.IsTerminal {
		return transport
	}
	return &watched{RoundTripper: transport, err: s.streams.Err, verbose: s.verbose}
}

func (t *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	timer := time.AfterFunc(slow, func() {
		t.err.Printf("%s waiting for %s (%.0f s)\n", t.err.Mark(term.Pending), r.URL.Host, time.Since(start).Seconds())
	})
	response, err := t.RoundTripper.RoundTrip(r)
	timer.Stop()
	if t.verbose {
		outcome := "no answer"
		if err == nil {
			outcome = response.Status
		}
		t.err.Printf("%s https://%s%s: %s (%s)\n", r.Method, r.URL.Host, r.URL.Path, outcome, time.Since(start).Round(time.Millisecond))
	}
	return response, err
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *watched) CloseIdleConnections() {
	(&http.Client{Transport: t.RoundTripper}).CloseIdleConnections()
}
