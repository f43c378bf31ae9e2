package control

import (
	"context"
	"net/http"
	"time"
)

// servicePatience bounds how long a request waits for the handover service.
const servicePatience = time.Minute

// ServiceState is how the handover service beside a platform stands.
type ServiceState struct {
	// Serving is whether it carries forms, as the project and the applications are now.
	Serving bool `json:"serving"`
	// Reason is what keeps it from that.
	Reason string `json:"reason,omitempty"`
}

func (s *Server) serviceHandlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{"POST /service/start": s.startService}
}

func (s *Server) startService(w http.ResponseWriter, r *http.Request) {
	// The other requests are short; this one waits.
	waits := http.NewResponseController(w)
	_, _ = waits.SetReadDeadline(time.Time{}), waits.SetWriteDeadline(time.Time{}) // the connection is a loopback one of this server, which has both
	ctx, cancel := context.WithTimeout(r.Context(), servicePatience)
	defer cancel()
	state := ServiceState{Serving: true}
	if err := s.cfg.Service(ctx); err != nil {
		state = ServiceState{Reason: err.Error()}
	}
	answer(w, http.StatusOK, state)
}

// StartService lets the handover service beside the platform look at once whether it
// can carry forms, as it does every few seconds by itself, and waits until it does or
// cannot; a minute at most. An [*Error] with status 404 says that there is none.
func (c *Client) StartService(ctx context.Context) (ServiceState, error) {
	var state ServiceState
	err := c.callWithin(ctx, servicePatience+timeout, http.MethodPost, "/service/start", nil, &state)
	return state, err
}
