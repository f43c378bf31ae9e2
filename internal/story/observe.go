package story

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// write is one request that changes something in a system.
type write struct{ host, method, path string }

// observer notes the writes in the order in which they arrive. The story asks
// it what was written first; it asks nothing that a system can answer itself.
type observer struct {
	mu     sync.Mutex
	writes []write
}

// tokenHosts answer POSTs that change nothing.
var tokenHosts = []string{"test.maskinporten.no", "login.microsoftonline.com"}

func (o *observer) wrap(host string, next http.Handler) http.Handler {
	if slices.Contains(tokenHosts, host) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The first request of an Azure client asks for the challenge: it
		// carries no credentials and writes nothing.
		challenge := r.Header.Get("Authorization") == ""
		question := strings.HasPrefix(r.URL.Path, "/authorization/") || strings.HasSuffix(r.URL.Path, "/lookup")
		if r.Method != http.MethodGet && !challenge && !question {
			o.mu.Lock()
			o.writes = append(o.writes, write{host, r.Method, r.URL.Path})
			o.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

func (o *observer) all() []write {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.writes)
}
