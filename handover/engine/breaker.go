package engine

import (
	"cmp"
	"sync"
	"time"
)

// BreakerState says whether requests to an application are held back.
type BreakerState string

// The states of a breaker.
const (
	// Closed: work goes on.
	Closed BreakerState = "closed"
	// Open: nothing is begun.
	Open BreakerState = "open"
	// HalfOpen: one handover at a time finds out whether the application answers
	// again.
	HalfOpen BreakerState = "half-open"
)

// BreakerConfig says when breakers open, and for how long.
type BreakerConfig struct {
	Failures int           // in a row, that open one; default 5
	Open     time.Duration // how long it stays open first; default 30 seconds
	Longest  time.Duration // doubled by each failure after that, up to this; default 5 minutes

	Now func() time.Time // nil = time.Now
}

// Breakers hold back from receiving applications that do not answer, so that
// they can recover, and nobody waits for them. They learn of it from the requests
// that go through their Transport. No answer, 5xx and 429 are failures; every
// other answer shows that the application works, refusals included. An answer
// with Retry-After opens the breaker at once and for that long. Each process has
// its own. They are safe for concurrent use.
type Breakers struct {
	cfg BreakerConfig

	mu    sync.Mutex
	byApp map[string]*breaker
}

// NewBreakers returns breakers for the applications of an [Engine].
func NewBreakers(cfg BreakerConfig) *Breakers {
	cfg.Failures = cmp.Or(cfg.Failures, 5)
	cfg.Open = cmp.Or(cfg.Open, 30*time.Second)
	cfg.Longest = max(cmp.Or(cfg.Longest, 5*time.Minute), cfg.Open)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Breakers{cfg: cfg, byApp: map[string]*breaker{}}
}

// watch returns the breaker of an application, "org/app", whose requests are
// watched from now on.
func (b *Breakers) watch(application string) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byApp[application] == nil {
		b.byApp[application] = &breaker{cfg: b.cfg, state: Closed, since: b.cfg.Now(), period: b.cfg.Open}
	}
	return b.byApp[application]
}

// of returns the breaker of an application, or nil if it is not watched.
func (b *Breakers) of(application string) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byApp[application]
}

// BreakerStatus tells how a breaker stands.
type BreakerStatus struct {
	State BreakerState
	Since time.Time
	Until time.Time // when an open one becomes half-open
	Cause string    // of the failure that opened it; empty when closed
}

// breaker is that of one application.
type breaker struct {
	cfg BreakerConfig

	mu       sync.Mutex
	state    BreakerState
	since    time.Time
	until    time.Time
	cause    string
	failures int           // in a row, while closed
	period   time.Duration // how long the next opening lasts
	probing  bool          // a handover is under way while half-open
}

// failed notes a request without a useful answer. retryAfter is what the answer
// asked for, or 0.
func (b *breaker) failed(cause string, retryAfter time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	b.failures++
	period := retryAfter
	switch {
	case b.state == HalfOpen, b.state == Closed && b.failures >= b.cfg.Failures:
		period = max(period, b.period)
		b.period = min(2*b.period, b.cfg.Longest)
	case period == 0:
		return
	}
	until := b.cfg.Now().Add(period)
	if b.state != Open {
		b.become(Open)
	}
	if until.After(b.until) {
		b.until, b.cause = until, cause
	}
}

// answered notes an answer that shows that the application works.
func (b *breaker) answered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	b.failures = 0
	if b.state == HalfOpen {
		b.become(Closed)
		b.period, b.cause, b.until = b.cfg.Open, "", time.Time{}
	}
}

// enter asks whether a handover may be worked on, and if so returns what is to
// be called after it.
func (b *breaker) enter() (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	switch {
	case b.state == Closed:
		return func() {}, true
	case b.state == HalfOpen && !b.probing:
		b.probing = true
		return func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.probing = false
		}, true
	}
	return nil, false
}

// wanted is how many handovers should be in the queue at most; -1 for as many
// as there is room for.
func (b *breaker) wanted() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	switch {
	case b.state == Closed:
		return -1
	case b.state == HalfOpen && !b.probing:
		return 1
	}
	return 0
}

func (b *breaker) status() BreakerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	return BreakerStatus{State: b.state, Since: b.since, Until: b.until, Cause: b.cause}
}

// turn makes an open breaker half-open when its time has come.
func (b *breaker) turn() {
	if b.state == Open && !b.cfg.Now().Before(b.until) {
		b.become(HalfOpen)
	}
}

func (b *breaker) become(s BreakerState) {
	b.state, b.since, b.failures = s, b.cfg.Now(), 0
}
