// Package flight lets many callers share one call: whoever asks while it is
// under way waits for its outcome instead of making another.
package flight

import (
	"context"
	"sync"
)

// Group shares calls of one function. The zero value is ready for use. It is
// safe for concurrent use.
type Group[T any] struct {
	mu      sync.Mutex
	current *call[T]
}

type call[T any] struct {
	waiting int // guarded by Group.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed when value and err are set
	value   T
	err     error
}

// Do returns the outcome of the call that is under way, or of a new call of fn.
//
// When ctx ends, the caller leaves with its cause, and the call goes on for the
// others. The context that fn gets keeps the values of the first caller's, such
// as a trace, and ends only when nobody waits any more; whoever comes next then
// starts another call.
func (g *Group[T]) Do(ctx context.Context, fn func(context.Context) (T, error)) (T, error) {
	g.mu.Lock()
	c := g.current
	if c == nil {
		c = g.start(ctx, fn)
	}
	c.waiting++
	g.mu.Unlock()

	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		g.leave(c)
		var none T
		return none, context.Cause(ctx)
	}
}

// start begins a call. The caller holds g.mu.
func (g *Group[T]) start(ctx context.Context, fn func(context.Context) (T, error)) *call[T] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &call[T]{cancel: cancel, done: make(chan struct{})}
	g.current = c
	go func() {
		defer cancel()
		c.value, c.err = fn(ctx)
		g.mu.Lock()
		g.forget(c)
		g.mu.Unlock()
		close(c.done)
	}()
	return c
}

// leave takes one waiter off a call; the last one to leave cancels it.
func (g *Group[T]) leave(c *call[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.waiting--; c.waiting == 0 {
		c.cancel()
		g.forget(c)
	}
}

// forget makes the next caller start anew. The caller holds g.mu.
func (g *Group[T]) forget(c *call[T]) {
	if g.current == c {
		g.current = nil
	}
}
