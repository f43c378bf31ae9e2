package rotate_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare/rotate"
)

// killer stands before all hosts, counts the requests of a child to the systems that
// a rotation is about, and kills it at one of them.
type killer struct {
	mu     sync.Mutex
	kill   func()
	at     int  // the request to kill at, from 1; 0 is none
	late   bool // kill when the request has taken effect and its answer is lost
	count  int
	writes map[int]string // the requests that change something
}

func (k *killer) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var kill func()
		// A request without a token does nothing, but for one that asks for a token.
		if r.Header.Get(roleVariable) != "" && (r.Header.Get("Authorization") != "" || host == local.MaskinportenHost) {
			kill = k.seen(host, r)
		}
		switch {
		case kill == nil:
			next.ServeHTTP(w, r)
		case k.late:
			next.ServeHTTP(httptest.NewRecorder(), r)
			kill()
		default:
			kill()
		}
	})
}

// seen counts a request and returns what kills its sender, if it is time.
func (k *killer) seen(host string, r *http.Request) (kill func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
	if changes := strings.HasSuffix(host, ".vault.azure.net") || host == local.SelfServiceHost; changes && r.Method != http.MethodGet {
		k.writes[k.count] = r.Method + " " + host
	}
	if k.count != k.at {
		return nil
	}
	return k.kill
}

// run starts a rotation in a process, and waits for its end: its own, or the one that
// it is given.
func (k *killer) run(t *testing.T, p *platform, target rotate.Target, at int, late bool) (killed bool) {
	t.Helper()
	k.mu.Lock()
	k.at, k.late, k.count, k.writes = at, late, 0, map[int]string{}
	begun := make(chan struct{})
	var rotator *process
	k.kill = sync.OnceFunc(func() {
		<-begun
		killed = true
		_ = rotator.cmd.Process.Kill() // SIGKILL: nothing in the process gets to clean up
	})
	k.mu.Unlock()
	rotator = p.start(t, roleRotator, 0, target)
	close(begun)
	err := rotator.cmd.Wait()
	_ = rotator.input.Close()
	if (err != nil) != killed {
		t.Fatalf("the process ended with %v: %s", err, rotator.words)
	}
	return killed
}

// A rotation that is killed at any request, before it takes effect or before the
// answer comes back, leaves both keys working for those who have them, and running it
// again comes to its end.
func TestKilledRotationIsContinued(t *testing.T) {
	t.Parallel()
	k := &killer{}
	p := startPlatform(t, k.wrap)
	foreign := secondKey().Public()
	set := ok(p.portal.Keys(t.Context(), p.clientID))(t)
	ok(p.portal.ReplaceKeys(t.Context(), p.clientID, jwk.Set{Keys: append(set.Keys, foreign)}))(t)
	// A rotation from its beginning to its end, with nobody to wait for long.
	target := p.target
	target.Readers = []rotate.Reader{{Name: "stafett serve", Rereads: time.Millisecond}}
	target.Margin, target.Wait = time.Millisecond, time.Minute

	// ends runs it again until it has ended, and asks the systems what they have.
	ends := func(t *testing.T, old *jwk.Key) {
		t.Helper()
		rest := target
		rest.OlderThan = 24 * time.Hour // goes on, and does not begin anew
		ok(rotateOnce(t.Context(), p.systems, rest))(t)
		current := p.key(t)
		if current.KeyID() == old.KeyID() { // killed before it had begun
			if got := p.registered(t); !slices.Equal(got, []string{foreign.KeyID, old.KeyID()}) && !slices.Equal(got, []string{old.KeyID(), foreign.KeyID}) {
				t.Errorf("registered are %v", got)
			}
			return
		}
		if got := p.registered(t); !slices.Equal(got, []string{foreign.KeyID, current.KeyID()}) {
			t.Errorf("registered are %v, and %s is in the vault", got, current.KeyID())
		}
		if plan := ok(rotate.NewRotation(ok(rotate.Read(t.Context(), p.systems, rest))(t)))(t); !plan.IsEmpty() {
			t.Errorf("another run would do:\n%s", plan)
		}
	}
	old := p.key(t)
	if k.run(t, p, target, 0, false) {
		t.Fatal("a process was killed that nobody wanted to kill")
	}
	ends(t, old)
	requests, writes := k.count, k.writes
	if len(writes) != 5 {
		t.Fatalf("the requests that change something are %v; the new key, the set, the secret, the cleared one and the set again are wanted", writes)
	}
	last := 0
	for at := range writes {
		last = max(last, at)
	}

	try := func(title string, at int, late bool) {
		t.Run(title, func(t *testing.T) {
			old := p.key(t)
			if !k.run(t, p, target, at, late) {
				t.Fatal("the process came to its end")
			}
			if gone := at > last || late && at == last; !gone && p.gives(t, old) != nil {
				t.Error("whoever has read the vault before gets no token")
			}
			if err := p.gives(t, p.key(t)); err != nil {
				t.Errorf("whoever reads the vault now gets no token: %v", err)
			}
			ends(t, old)
		})
	}
	for at := 1; at <= requests; at++ {
		try(fmt.Sprintf("before request %d of %d", at, requests), at, false)
		if what, changes := writes[at]; changes {
			try(fmt.Sprintf("after request %d, %s", at, what), at, true)
		}
	}
}
