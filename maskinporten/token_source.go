package maskinporten

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/oauth2"
)

// Source gives the token for one grant and keeps it until it is nearly over:
// until 30 seconds, or a quarter of its life if that is less, are left. However
// many callers wait, one request is under way. A Source is safe for concurrent
// use and satisfies [oauth2.TokenSource].
type Source struct {
	client  *Client
	grant   normalGrant
	invalid error // what is wrong with the grant

	current atomic.Pointer[issued]

	mu     sync.Mutex
	flight *flight
}

// flight is a request under way for all who wait for it.
type flight struct {
	waiting int // guarded by Source.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed when got and err are set
	got     *issued
	err     error
}

// Source returns the source for the grant, always the same one for the same
// set of scopes, resource and consumer. A grant that cannot be asked for is
// reported by its TokenContext.
func (c *Client) Source(g Grant) *Source {
	grant, err := g.normalise()
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.sources[grant]; ok {
		return known
	}
	source := &Source{client: c, grant: grant, invalid: err}
	c.sources[grant] = source
	return source
}

// TokenContext returns a token that is valid for some time yet, from the cache
// or by a new request. The token is shared: do not change it. Nor print it: its
// AccessToken is a plain text, as [oauth2.Token] has it, and no secret.String, so
// that fmt, JSON and a log show it. When ctx ends,
// the caller leaves with its cause while the request goes on for the others who
// wait; it is cancelled when nobody does. A refusal by Maskinporten is an
// [*Error].
func (s *Source) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	if current := s.current.Load(); current != nil && s.client.now().Before(current.refreshAt) {
		return current.token, nil
	}
	if s.invalid != nil {
		return nil, fmt.Errorf("get token: %w", s.invalid)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("get token: %w", context.Cause(ctx))
	}
	return s.join(ctx)
}

// Token is [Source.TokenContext] without an end; the request itself is bounded.
func (s *Source) Token() (*oauth2.Token, error) { return s.TokenContext(context.Background()) }

// Invalidate drops the cached token if it is this one, so that the next call
// gets another. Call it when an API has answered 401 to the token.
func (s *Source) Invalidate(accessToken string) {
	if current := s.current.Load(); current != nil && current.token.AccessToken == accessToken {
		s.current.CompareAndSwap(current, nil)
	}
}

func (s *Source) join(ctx context.Context) (*oauth2.Token, error) {
	s.mu.Lock()
	// Another flight may have landed since the cache was looked at.
	if current := s.current.Load(); current != nil && s.client.now().Before(current.refreshAt) {
		s.mu.Unlock()
		return current.token, nil
	}
	f := s.flight
	if f == nil {
		f = s.depart(ctx)
	}
	f.waiting++
	s.mu.Unlock()

	select {
	case <-f.done:
		if f.err != nil {
			return nil, f.err
		}
		return f.got.token, nil
	case <-ctx.Done():
		s.leave(f)
		return nil, fmt.Errorf("get token: %w", context.Cause(ctx))
	}
}

// depart starts a request that outlives the caller but keeps the values of its
// context, such as a trace. The caller holds s.mu.
func (s *Source) depart(ctx context.Context) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{cancel: cancel, done: make(chan struct{})}
	s.flight = f
	go func() {
		defer cancel()
		f.got, f.err = s.client.request(ctx, s.grant)
		s.mu.Lock()
		if f.err == nil {
			s.current.Store(f.got)
		}
		if s.flight == f {
			s.flight = nil
		}
		s.mu.Unlock()
		close(f.done)
	}()
	return f
}

// leave takes one waiter off the flight. The last one to leave cancels it, and
// whoever comes next starts another.
func (s *Source) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiting--
	if f.waiting == 0 {
		f.cancel()
		if s.flight == f {
			s.flight = nil
		}
	}
}
