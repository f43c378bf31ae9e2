package authentication

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Verify implements [TokenVerifier] for the tokens that this stand-in signed. A
// Maskinporten token that has not been exchanged is an error.
func (s *Server) Verify(token string) (Principal, error) {
	claims, err := s.key.verified(token)
	if err != nil {
		return Principal{}, err
	}
	if err := checkLifetime(claims, s.cfg.Now(), 0); err != nil {
		return Principal{}, err
	}
	return principal(claims)
}

// checkLifetime demands an exp claim in the future, and nbf, where present, in
// the past, both with the skew.
func checkLifetime(claims map[string]any, now time.Time, skew time.Duration) error {
	exp, ok, err := timeClaim(claims, "exp")
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("verify token: no exp claim")
	}
	if !now.Before(exp.Add(skew)) {
		return fmt.Errorf("verify token: expired at %s", exp.UTC().Format(time.RFC3339))
	}
	nbf, ok, err := timeClaim(claims, "nbf")
	if err != nil {
		return err
	}
	if ok && now.Before(nbf.Add(-skew)) {
		return fmt.Errorf("verify token: not valid before %s", nbf.UTC().Format(time.RFC3339))
	}
	return nil
}

func timeClaim(claims map[string]any, name string) (time.Time, bool, error) {
	v, ok := claims[name]
	if !ok {
		return time.Time{}, false, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false, fmt.Errorf("verify token: claim %s is not a number", name)
	}
	seconds, err := n.Float64()
	if err != nil {
		return time.Time{}, false, fmt.Errorf("verify token: claim %s is not a number", name)
	}
	return time.Unix(int64(seconds), 0), true, nil
}
