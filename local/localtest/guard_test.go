package localtest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stafett/stafett/local/localtest"
)

// What an application behind the guard writes as an address must be one that the
// caller can ask: these ports speak no TLS.
func TestTheGuardTellsOfPlainHTTP(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"localhost:5101": "http", "local.altinn.cloud:8000": "http", "[::1]:5101": "http", "evil.example": ""} {
		var told string
		guarded := localtest.Guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told = r.Header.Get("X-Forwarded-Proto") }))
		request := httptest.NewRequest(http.MethodGet, "http://"+host+"/", nil)
		request.Header.Set("X-Forwarded-Proto", "https")
		if guarded.ServeHTTP(httptest.NewRecorder(), request); told != want {
			t.Errorf("%s: %q, want %q", host, told, want)
		}
	}
}
