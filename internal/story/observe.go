package story

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// write is one request that changed something in a system, or tried to.
type write struct{ host, method, path string }

// observer notes the writes in the order in which they were answered. The story
// asks it what was written first; it asks nothing that a system can answer itself.
type observer struct {
	vault  string // host name
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
		asked := write{host, r.Method, r.URL.Path}
		question := strings.HasPrefix(r.URL.Path, "/authorization/") || strings.HasSuffix(r.URL.Path, "/lookup")
		if r.Method == http.MethodGet || question {
			next.ServeHTTP(w, r)
			return
		}
		answer := &statusRecorder{ResponseWriter: w}
		defer func() {
			// An Azure client's first request has no credentials: it asks for the
			// challenge, and writes nothing.
			if host == o.vault && answer.status == http.StatusUnauthorized {
				return
			}
			o.mu.Lock()
			o.writes = append(o.writes, asked)
			o.mu.Unlock()
		}()
		next.ServeHTTP(answer, r)
	})
}

func (o *observer) all() []write {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.writes)
}

// onlyTheVault checks that the vault is all that has been written.
func onlyTheVault(writes []write, vault string) error {
	if len(writes) == 0 {
		return fmt.Errorf("nothing was written, not even the vault")
	}
	for _, write := range writes {
		if write.host != vault {
			return fmt.Errorf("%s %s%s was written before the vault was all that had to be", write.method, write.host, write.path)
		}
	}
	return nil
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
