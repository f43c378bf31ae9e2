package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	seedPath = "/seed"
	// maxSeedBody bounds a request with a seed: its files are in base64 there.
	maxSeedBody = maxSeed/3*4 + maxBody
	// seedTimeout bounds such a request with its answer: many instances may have to be
	// made.
	seedTimeout = 10 * time.Minute
)

func (s *Server) seed(w http.ResponseWriter, r *http.Request) {
	takeTime(w)
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
	seeded, err := s.cfg.Stands.AddSeed(r.Context(), seed)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	answer(w, http.StatusOK, seeded)
}

// AddSeed adds what a seed says, or nothing of it: an [*Error] with status 422 tells
// what cannot be.
func (c *Client) AddSeed(ctx context.Context, seed Seed) (Seeded, error) {
	var seeded Seeded
	err := c.callWithin(ctx, seedTimeout, http.MethodPost, seedPath, seed.body(), &seeded)
	return seeded, err
}
