package control

import (
	"context"
	"net/http"
	"time"
)

// servicePatience bounds how long a request waits for the handover service.
const servicePatience = time.Minute

// Service is a handover service beside a platform. Its methods return when it carries
// forms, or with what keeps it from that; and when the context ends. They are safe for
// concurrent use.
type Service interface {
	// Start lets it look at once whether it can carry forms.
	Start(ctx context.Context) error
	// Restart lets it begin anew, and so read its secrets again.
	Restart(ctx context.Context) error
}

// ServiceState is how the handover service beside a platform stands.
type ServiceState struct {
	// Serving is whether it carries forms, as the project and the applications are now.
	Serving bool `json:"serving"`
	// Reason is what keeps it from that.
	Reason string `json:"reason,omitempty"`
}

func (s *Server) serviceHandlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /service/start":   func(w http.ResponseWriter, r *http.Request) { awaitService(w, r, s.cfg.Service.Start) },
		"POST /service/restart": func(w http.ResponseWriter, r *http.Request) { awaitService(w, r, s.cfg.Service.Restart) },
	}
}

func awaitService(w http.ResponseWriter, r *http.Request, act func(context.Context) error) {
	// The other requests are short; this one waits.
	waits := http.NewResponseController(w)
	_, _ = waits.SetReadDeadline(time.Time{}), waits.SetWriteDeadline(time.Time{}) // the connection is a loopback one of this server, which has both
	ctx, cancel := context.WithTimeout(r.Context(), servicePatience)
	defer cancel()
	state := ServiceState{Serving: true}
	if err := act(ctx); err != nil {
		state = ServiceState{Reason: err.Error()}
	}
	answer(w, http.StatusOK, state)
}

// StartService lets the handover service beside the platform look at once whether it
// can carry forms, as it does every few seconds by itself, and waits until it does or
// cannot; a minute at most. An [*Error] with status 404 says that there is none.
func (c *Client) StartService(ctx context.Context) (ServiceState, error) {
	return c.awaitService(ctx, "/service/start")
}

// RestartService lets the handover service beside the platform begin anew, and so read
// its secrets again, and waits as [Client.StartService] does.
func (c *Client) RestartService(ctx context.Context) (ServiceState, error) {
	return c.awaitService(ctx, "/service/restart")
}

func (c *Client) awaitService(ctx context.Context, path string) (state ServiceState, err error) {
	err = c.callWithin(ctx, servicePatience+timeout, http.MethodPost, path, nil, &state)
	return state, err
}
