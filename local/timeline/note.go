package timeline

import (
	"context"
	"slices"
	"sync"
)

// live is an exchange that has not ended.
type live struct {
	id    int64
	trace string
	tree  *tree // guarded by the recorder
	root  bool  // of its tree

	mu     sync.Mutex
	caller Caller
	facts  []any
}

type liveKey struct{}

func exchangeOf(ctx context.Context) *live {
	l, _ := ctx.Value(liveKey{}).(*live)
	return l
}

// Note attaches a fact to the exchange in ctx. A fact is a value of an exported
// type, holds nothing secret and is not changed afterwards; one with a method
// InstanceID() string tells the instance that it is about. Without an exchange
// in ctx, or after it has ended, nothing happens.
func Note(ctx context.Context, fact any) {
	if l := exchangeOf(ctx); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.facts = append(l.facts, fact)
	}
}

// Identify tells who has made the request in ctx. The last one counts.
func Identify(ctx context.Context, caller Caller) {
	if l := exchangeOf(ctx); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.caller = caller
	}
}

// Cause is the exchange that some later work is part of. The zero value is none.
type Cause struct{ live *live }

// CauseOf returns the exchange in ctx as a cause.
func CauseOf(ctx context.Context) Cause { return Cause{exchangeOf(ctx)} }

// Into returns ctx with the cause, so that requests made with it are children of
// the exchange, also when that has ended.
func (c Cause) Into(ctx context.Context) context.Context {
	return context.WithValue(ctx, liveKey{}, c.live)
}

// told returns what has been noted so far.
func (l *live) told() (Caller, []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.caller, slices.Clip(l.facts)
}
