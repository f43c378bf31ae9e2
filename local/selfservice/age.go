package selfservice

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Age moves the stored dates of a client back, as if it and its keys had been
// made that much earlier: when the client was made and changed, when its keys
// were registered, and when they end. No clock is moved, and Maskinporten knows
// it at once. It returns the client as it stands after; the error wraps
// [ErrNotFound] where there is no such client.
func (r *Registry) Age(clientID string, by time.Duration) (*Registration, error) {
	if by <= 0 {
		return nil, errors.New("age a client: the time must be positive")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	latest, ok := r.clients[clientID].latest()
	if !ok {
		return nil, fmt.Errorf("age client %s: %w", clientID, ErrNotFound)
	}
	next := *latest
	next.Client.Created = next.Client.Created.earlier(by)
	next.Client.LastUpdated = next.Client.LastUpdated.earlier(by)
	for _, date := range []**Timestamp{&next.Keys.Created, &next.Keys.LastUpdated} {
		if *date != nil {
			moved := (*date).earlier(by)
			*date = &moved
		}
	}
	next.Keys.Keys = slices.Clone(next.Keys.Keys)
	for i := range next.Keys.Keys {
		next.Keys.Keys[i].Expires -= int64(by / time.Second)
	}
	r.clients[clientID] = always(&next)
	return &next, nil
}

func (t Timestamp) earlier(by time.Duration) Timestamp { return Timestamp{t.Add(-by)} }
