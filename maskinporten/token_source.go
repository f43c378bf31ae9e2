package maskinporten

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/stafett/stafett/internal/flight"
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
	flight  flight.Group[*issued]
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

// join waits for the request that is under way, or makes one.
func (s *Source) join(ctx context.Context) (*oauth2.Token, error) {
	got, err := s.flight.Do(ctx, func(ctx context.Context) (*issued, error) {
		// Another request may have ended since the cache was looked at.
		if current := s.current.Load(); current != nil && s.client.now().Before(current.refreshAt) {
			return current, nil
		}
		got, err := s.client.request(ctx, s.grant)
		if err == nil {
			s.current.Store(got)
		}
		return got, err
	})
	switch {
	case err == nil:
		return got.token, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("get token: %w", context.Cause(ctx))
	default:
		return nil, err
	}
}
