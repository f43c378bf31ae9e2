package cli

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// moment is when a command is killed, seen from one of the requests that it
// makes, or that the platform makes of itself to serve it.
type moment string

const (
	// before: the request does not reach its handler. If it is one of the
	// platform's own, no other reaches any until the platform has given up, so that
	// what the command asked for stays half done, and is not cleared away either.
	before moment = "before"
	// after: the handler has done its work, and its answer is not sent.
	after moment = "after"
	// late: the handler does its work when the next run says that it waits, or
	// has ended without a wait.
	late moment = "late"
)

// isBoundary reports whether a command can be killed at a request. Of the
// platform's own requests those count that change what Storage has; and where the
// work comes late, of the command's own those that change something.
func (m moment) isBoundary(own bool, r *http.Request) bool {
	if own {
		return m != late || r.Method != http.MethodGet
	}
	return r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/storage/")
}

// killer stands in front of all handlers of a platform and kills the command
// that runs at its n-th request.
type killer struct {
	mu      sync.Mutex
	quiet   *sync.Cond
	serving int
	armed   bool
	left    int // boundaries until the kill
	moment  moment
	kill    func()        // returns when the command is dead
	resume  chan struct{} // closed when work that comes late may be done
	reached string        // the request at which the command was killed
}

func newKiller() *killer {
	k := &killer{}
	k.quiet = sync.NewCond(&k.mu)
	return k
}

// arm lets the n-th boundary from now on kill a command. What comes late is done
// after resume.
func (k *killer) arm(n int, m moment, kill func()) (resume func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held := make(chan struct{})
	k.armed, k.left, k.moment, k.kill, k.resume, k.reached = true, n, m, kill, held, ""
	return sync.OnceFunc(func() { close(held) })
}

// disarm ends that, and tells at which request the command was killed.
func (k *killer) disarm() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armed = false
	return k.reached
}

// rest waits until no request is being served.
func (k *killer) rest() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.serving > 0 {
		k.quiet.Wait()
	}
}

// fate is what becomes of a request.
type fate int

const (
	goesOn fate = iota
	kills       // the command is killed at it
	isLost
)

// enter counts a request, and tells its fate.
func (k *killer) enter(own bool, r *http.Request) fate {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.serving++
	switch {
	case !k.armed:
		return goesOn
	case k.reached != "":
		if k.moment == before && !own {
			return isLost
		}
		return goesOn
	case !k.moment.isBoundary(own, r):
		return goesOn
	}
	if k.left--; k.left > 0 {
		return goesOn
	}
	k.reached = r.Method + " " + r.Host + r.URL.Path
	return kills
}

func (k *killer) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.serving--; k.serving == 0 {
		k.quiet.Broadcast()
	}
}

func (k *killer) wrap(_ string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own := r.RemoteAddr != "pipe" // the platform's own connections are in memory
		defer k.leave()
		switch k.enter(own, r) {
		case goesOn:
			next.ServeHTTP(w, r)
			return
		case isLost:
			panic(http.ErrAbortHandler)
		case kills:
		}
		switch k.moment {
		case before:
			k.kill()
			panic(http.ErrAbortHandler)
		case after:
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			k.kill()
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes()) // to the platform, if anybody
		case late:
			body, err := io.ReadAll(r.Body)
			k.kill()
			<-k.resume
			if err == nil {
				r = r.WithContext(context.WithoutCancel(r.Context()))
				r.Body = io.NopCloser(bytes.NewReader(body))
				next.ServeHTTP(w, r)
			}
		}
	})
}
