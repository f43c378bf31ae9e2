package timeline

import (
	"slices"
	"sync"
)

// Kept is how many values a [Latest] keeps.
const Kept = 1000

// Latest keeps the newest values that a stand-in has told of, such as the tokens
// that it has issued. The zero value is empty and ready for use. It is safe for
// concurrent use.
type Latest[T any] struct {
	mu     sync.Mutex
	oldest int // its place once the ring is full
	ring   []T
}

// Add adds the newest value.
func (l *Latest[T]) Add(value T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < Kept {
		l.ring = append(l.ring, value)
		return
	}
	l.ring[l.oldest] = value
	l.oldest = (l.oldest + 1) % Kept
}

// All returns the values, the oldest first.
func (l *Latest[T]) All() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.ring[l.oldest:], l.ring[:l.oldest])
}

// Find returns the newest value that is the wanted one.
func (l *Latest[T]) Find(wanted func(T) bool) (found T, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.ring {
		// Backwards from the newest, which lies before the oldest.
		value := l.ring[(l.oldest+2*len(l.ring)-1-n)%len(l.ring)]
		if wanted(value) {
			return value, true
		}
	}
	return found, false
}
