package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// Part is one part of a platform that can be brought back to how it began.
type Part string

// The parts of a platform.
const (
	// Instances are those of all applications with their data and history, the
	// events about them, and the subscriptions to events.
	Instances Part = "instances"
	// Integrations are the clients, keys, scopes and access at Samarbeidsportalen.
	Integrations Part = "integrations"
	// Vault is the secrets, who may do what with them, and how the vault behaves.
	Vault Part = "vault"
	// People are persons, organisations and their roles.
	People Part = "people"
	// Faults are those that wait for requests.
	Faults Part = "faults"
	// Settings are the propagation delay and the rules about keys.
	Settings Part = "settings"
)

// Parts returns all parts of a platform.
func Parts() []Part { return []Part{Instances, Integrations, Vault, People, Faults, Settings} }

// CheckParts says which of the names is not one of [Parts].
func CheckParts(names []Part) error {
	for _, name := range names {
		if !slices.Contains(Parts(), name) {
			return fmt.Errorf("%q is not a part of the platform; there are %q", name, Parts())
		}
	}
	return nil
}

type resetBody struct {
	// Parts are those to reset; none means all.
	Parts []Part `json:"parts"`
}

func (s *Server) stateHandlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{"POST /reset": s.reset, "POST " + seedPath: s.seed, "POST /applications/reload": s.reload}
}

func (s *Server) reset(w http.ResponseWriter, r *http.Request) {
	var body resetBody
	if err := decodeIfAny(r.Body, &body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := CheckParts(body.Parts); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	takeTime(w)
	// Half a reset would leave a platform that nobody knows, so that it goes on to its
	// end, also when the caller has gone.
	if err := s.cfg.Stands.Reset(context.WithoutCancel(r.Context()), body.Parts...); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Reset brings parts of the platform back to how they were when it began, with what
// its seeds had; none means all of them. When the context ends before it is done, it
// goes on without an answer.
func (c *Client) Reset(ctx context.Context, parts ...Part) error {
	return c.callWithin(ctx, seedTimeout, http.MethodPost, "/reset", resetBody{append([]Part{}, parts...)}, nil)
}
