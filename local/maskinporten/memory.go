package maskinporten

import (
	"slices"
	"sync"
	"time"
)

// usedGrants remembers grants until they are too old to be accepted again.
type usedGrants struct {
	mu      sync.Mutex
	until   map[string]time.Time
	sweepAt int // number of grants at which the old ones are dropped
}

const firstSweep = 1024

func newUsedGrants() *usedGrants {
	return &usedGrants{until: make(map[string]time.Time), sweepAt: firstSweep}
}

// add reports whether the grant is new, and remembers it.
func (u *usedGrants) add(id string, until, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, used := u.until[id]; used {
		return false
	}
	if len(u.until) >= u.sweepAt {
		for old, end := range u.until {
			if end.Before(now) {
				delete(u.until, old)
			}
		}
		u.sweepAt = max(firstSweep, 2*len(u.until))
	}
	u.until[id] = until
	return true
}

// IssuedToken tells of one token that was issued, without the token.
type IssuedToken struct {
	Time     time.Time
	ClientID string
	KeyID    string // the kid that signed the grant
	Scope    string // as in the token
	// ConsumerOrg is the number of the organisation for which the token speaks.
	ConsumerOrg string
}

// issuedTokens keeps the latest tokens' descriptions.
type issuedTokens struct {
	mu     sync.Mutex
	oldest int // place of the oldest one once the ring is full
	ring   []IssuedToken
}

const issuedKept = 1000

func newIssuedTokens() *issuedTokens { return &issuedTokens{} }

func (i *issuedTokens) add(t IssuedToken) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.ring) < issuedKept {
		i.ring = append(i.ring, t)
		return
	}
	i.ring[i.oldest] = t
	i.oldest = (i.oldest + 1) % issuedKept
}

func (i *issuedTokens) list() []IssuedToken {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Concat(i.ring[i.oldest:], i.ring[:i.oldest])
}
