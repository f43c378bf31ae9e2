package serve

import (
	"net/http"
	"strconv"
	"time"
)

// measured counts and traces outgoing requests. Addresses are not told, since
// they hold ids of parties.
type measured struct {
	systems  systems
	measures *measures
	traces   *traces
	now      func() time.Time
	next     http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (m measured) RoundTrip(r *http.Request) (*http.Response, error) {
	system, began := m.systems.of(r.URL.Hostname()), m.now()
	ctx, end := m.traces.request(r.Context(), system, r.Method)
	resp, err := m.next.RoundTrip(r.WithContext(ctx))
	code := "none"
	if err == nil {
		code = strconv.Itoa(resp.StatusCode)
	}
	m.measures.requests.WithLabelValues(system, r.Method, code).Inc()
	m.measures.requestTime.WithLabelValues(system).Observe(m.now().Sub(began).Seconds())
	end(resp, err)
	return resp, err
}
