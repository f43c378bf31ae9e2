package serve

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/handover"
)

const (
	healthLasts = 5 * time.Second  // how long an answer is given again
	healthTime  = 10 * time.Second // that a check may take
)

// Words for a check's outcome. They say nothing that a stranger should not know;
// the cause is in the log.
const (
	healthOK      = "ok"
	healthFailing = "failing"
)

// health answers whether the service can do its work. It asks the parts at most
// every five seconds, however often it is asked.
type health struct {
	// checks are what the answer depends on.
	checks map[string]func(context.Context) error
	// remarks are told, and do not make the service unready.
	remarks  map[string]func() string
	log      *slog.Logger
	now      func() time.Time
	stopping atomic.Bool

	mu     sync.Mutex
	answer healthAnswer
	asked  time.Time
}

// healthAnswer is the body of GET /readyz.
type healthAnswer struct {
	Status  string            `json:"status"`
	Checks  map[string]string `json:"checks"`
	Remarks map[string]string `json:"remarks,omitempty"`
}

// ServeHTTP implements [http.Handler]: 200 when the service is ready, else 503.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := h.ask(r.Context())
	status := http.StatusOK
	if h.stopping.Load() {
		answer.Status = "stopping"
	}
	if answer.Status != "ready" {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, answer)
}

func (h *health) ask(ctx context.Context) healthAnswer {
	h.mu.Lock() // whoever comes meanwhile wants the same answer
	defer h.mu.Unlock()
	if now := h.now(); h.asked.IsZero() || now.Sub(h.asked) >= healthLasts {
		h.answer, h.asked = h.examine(context.WithoutCancel(ctx)), now
	}
	return h.answer
}

func (h *health) examine(ctx context.Context) healthAnswer {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	answer := healthAnswer{Status: "ready", Checks: map[string]string{}, Remarks: map[string]string{}}
	for name, check := range h.checks {
		answer.Checks[name] = healthOK
		if err := check(ctx); err != nil {
			answer.Status, answer.Checks[name] = "unready", healthFailing
			h.log.Warn("the service is not ready", "check", name, "reason", handover.Reason(err))
		}
	}
	for name, remark := range h.remarks {
		answer.Remarks[name] = remark()
	}
	return answer
}
