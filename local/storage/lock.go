package storage

import (
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

const (
	lockTokenHeader = "Altinn-Storage-Lock-Token" //nolint:gosec // the name of a header
	defaultLockTTL  = 5 * time.Minute
	guidLength      = 36
	secretLength    = 16
)

type lockBody struct {
	TTLSeconds *int32 `json:"ttlSeconds"`
}

// ttl is the life of a lock.
func (b lockBody) ttl() (time.Duration, error) {
	switch {
	case b.TTLSeconds == nil:
		return defaultLockTTL, nil
	case *b.TTLSeconds < 0:
		return 0, refuseProblem(http.StatusBadRequest, "TtlSeconds cannot be negative.")
	default:
		return time.Duration(*b.TTLSeconds) * time.Second, nil
	}
}

// acquireLock gives the caller the instance's lock for a while. The lock keeps
// nobody from writing; it only keeps others from having it.
func (s *Server) acquireLock(c *call) error {
	var body lockBody
	if err := c.body(&body); err != nil {
		return err
	}
	ttl, err := body.ttl()
	if err != nil {
		return err
	}
	if err := s.findForLock(c); err != nil {
		return err
	}
	if err := s.mayProcessNext(c); err != nil {
		return problemOf(err, "Not authorized to acquire instance lock.")
	}
	id, secret := uuid.NewString(), make([]byte, secretLength)
	_, _ = rand.Read(secret) // never fails, see its documentation
	now := s.cfg.Now()
	err = s.db.write(c.ctx(), func(tx *transaction) error {
		var expires int64
		err := queryOne(c.ctx(), tx, `SELECT expires FROM locks WHERE instance=?`, []any{c.seq}, &expires)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read lock: %w", err)
		}
		if err == nil && expires > ticks(now) {
			return refuseProblem(http.StatusConflict, "Lock is already held for this instance.")
		}
		_, err = tx.exec(c.ctx(), `INSERT OR REPLACE INTO locks (instance, id, secret, expires) VALUES (?,?,?,?)`,
			c.seq, id, secret, ticks(now.Add(ttl)))
		if err != nil {
			return fmt.Errorf("write lock: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	token := base64.RawURLEncoding.EncodeToString(append([]byte(id), secret...))
	return c.answerJSON(http.StatusOK, map[string]string{"lockToken": token})
}

// changeLock gives a held lock a new life, counted from now; 0 releases it.
func (s *Server) changeLock(c *call) error {
	var body lockBody
	if err := c.body(&body); err != nil {
		return err
	}
	token, err := base64.RawURLEncoding.DecodeString(c.r.Header.Get(lockTokenHeader))
	if err != nil || len(token) != guidLength+secretLength {
		return refuseProblem(http.StatusBadRequest, "Could not parse lock token.")
	}
	ttl, err := body.ttl()
	if err != nil {
		return err
	}
	if err := s.findForLock(c); err != nil {
		return err
	}
	now := s.cfg.Now()
	err = s.db.write(c.ctx(), func(tx *transaction) error {
		var id string
		var secret []byte
		var expires int64
		err := queryOne(c.ctx(), tx, `SELECT id, secret, expires FROM locks WHERE instance=?`, []any{c.seq}, &id, &secret, &expires)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return refuseProblem(http.StatusNotFound, "Lock not found.")
		case err != nil:
			return fmt.Errorf("read lock: %w", err)
		case id != string(token[:guidLength]) || expires <= ticks(now):
			return refuseProblem(http.StatusUnprocessableEntity, "Lock has expired.")
		case subtle.ConstantTimeCompare(secret, token[guidLength:]) != 1:
			return refuseProblem(http.StatusForbidden, "Lock token is invalid.")
		}
		_, err = tx.exec(c.ctx(), `UPDATE locks SET expires=? WHERE instance=?`,
			ticks(now.Add(ttl)), c.seq)
		if err != nil {
			return fmt.Errorf("write lock: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// findForLock finds the instance; here the party in the path must be its owner.
func (s *Server) findForLock(c *call) error {
	noInstance := func(string, string) error { return refuseProblem(http.StatusNotFound, "Instance not found.") }
	if err := s.find(c, noInstance); err != nil {
		return err
	}
	if c.r.PathValue("party") != c.instance.InstanceOwner.PartyID {
		return noInstance("", "")
	}
	return nil
}

// problemOf gives a refusal a body of the problem type.
func problemOf(err error, detail string) error {
	var refused *refusal
	if errors.As(err, &refused) {
		return refuseProblem(refused.status, detail)
	}
	return err
}
