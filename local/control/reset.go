package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
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
	return map[string]http.HandlerFunc{"POST /reset": s.reset, "POST /seed": s.seed, "POST /applications/reload": s.reload}
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
	if err := s.cfg.Stands.Reset(r.Context(), body.Parts...); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) seed(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a seed has at most %d bytes; send it in parts", tooLarge.Limit))
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("read the body: %v", err))
		return
	}
	seed, err := ReadSeed(content)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	seeded, err := s.cfg.Stands.AddSeed(seed)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer(w, http.StatusOK, seeded)
}

// Reset brings parts of the platform back to how they were when it began; none
// means all of them.
func (c *Client) Reset(ctx context.Context, parts ...Part) error {
	return c.call(ctx, http.MethodPost, "/reset", resetBody{append([]Part{}, parts...)}, nil)
}

// AddSeed adds what a seed in JSON or YAML says; see [ReadSeed].
func (c *Client) AddSeed(ctx context.Context, seed []byte) (Seeded, error) {
	var seeded Seeded
	err := c.send(ctx, timeout, http.MethodPost, "/seed", "application/yaml", bytes.NewReader(seed), &seeded)
	return seeded, err
}
