package maskinporten

import (
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

// ForgetGrants lets grants be used again that were used before.
func (s *Server) ForgetGrants() {
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	clear(s.used.until)
}
