package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrUnknown says that there is no such client, secret or application; it is
// answered with status 404.
var ErrUnknown = errors.New("it is not known here")

// Stands are the stand-ins as far as their settings and stored dates can be
// changed while they run. What cannot be is refused with an error.
type Stands interface {
	// Age moves stored dates back.
	Age(Aging) (Aged, error)
	// Propagation tells how long a change at Samarbeidsportalen takes to reach
	// Maskinporten.
	Propagation() time.Duration
	// SetPropagation changes it, also for changes that are on their way.
	SetPropagation(time.Duration) error
	// KeyRules tells how Samarbeidsportalen treats keys.
	KeyRules() KeyRules
	// SetKeyRules changes it for what comes after.
	SetKeyRules(KeyRules)
	// VaultPermissions lists what the seeded service principal may do with the
	// vault's secrets, in the words of Azure's access policies: get, list, set, …
	VaultPermissions() []string
	// SetVaultPermissions makes these its permissions, and no others.
	SetVaultPermissions([]string) error
	// VaultSettings tells how the vault behaves.
	VaultSettings() VaultSettings
	// SetVaultSettings changes it for what comes after.
	SetVaultSettings(VaultSettings) error
	// Reload reads the folders of applications anew, none meaning all, or changes
	// nothing. What is not served from a folder is refused with [ErrUnknown].
	Reload(ctx context.Context, ids ...string) (Reading, error)
	// Reset brings parts back to how they were at the start; none means all.
	Reset(ctx context.Context, parts ...Part) error
	// AddSeed adds all that a seed says, or nothing of it.
	AddSeed(ctx context.Context, seed Seed) (Seeded, error)
	// DemandVaultClaims makes the vault refuse the next so many tokens with a
	// claims challenge.
	DemandVaultClaims(tokens int) error
}

// Aging says what becomes older, and by how much. Client or Secret must be
// given.
type Aging struct {
	// Client is the id of a client at Samarbeidsportalen: its own dates, those of
	// its keys, and those of the secrets in the vault that go with it become
	// older. These are the secret that holds the client id and those with the
	// same prefix before the last "--".
	Client string
	// Secret is the name of one secret in the vault.
	Secret string
	// By is how much older.
	By time.Duration
}

// Aged says what an [Aging] has changed.
type Aged struct {
	Keys    []AgedKey    `json:"keys"`
	Secrets []AgedSecret `json:"secrets"`
}

// AgedKey is a registered key with the end of its life, as it is now.
type AgedKey struct {
	KeyID   string    `json:"kid"`
	Expires time.Time `json:"expires"`
}

// AgedSecret is a secret with the expiry of its latest version, as it is now;
// the zero time where it has none.
type AgedSecret struct {
	Name    string    `json:"name"`
	Expires time.Time `json:"expires,omitzero"`
}

// KeyRules are the points on which Digdir's documentation leaves open what the
// real service does with keys.
type KeyRules struct {
	// KeepExpiryOnRepost leaves the end of a key's life where it was when the
	// same key is posted again; otherwise it gets one more year.
	KeepExpiryOnRepost bool `json:"keepExpiryOnRepost"`
	// KeyIDsPerClient lets clients have keys with the same kid; otherwise a kid
	// is unique among all.
	KeyIDsPerClient bool `json:"keyIdsPerClient"`
}

// ParseAge reads a length of time that may have days, such as "370d", "1d12h"
// or "36h". It is positive.
func ParseAge(text string) (time.Duration, error) {
	refused := fmt.Errorf("%q is not a length of time such as 370d or 36h", text)
	var total time.Duration
	rest := text
	if days, hours, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, refused
		}
		total, rest = time.Duration(n)*24*time.Hour, hours
	}
	if rest != "" {
		more, err := time.ParseDuration(rest)
		if err != nil || more < 0 {
			return 0, refused
		}
		total += more
	}
	if total <= 0 {
		return 0, refused
	}
	return total, nil
}

// The bodies of requests and answers.
type (
	agingBody struct {
		Client string `json:"client,omitempty"`
		Secret string `json:"secret,omitempty"`
		By     string `json:"by"`
	}
	propagationBody struct {
		Delay string `json:"delay"`
	}
)

func (s *Server) standHandlers() map[string]http.HandlerFunc {
	stands := s.cfg.Stands
	return map[string]http.HandlerFunc{
		"POST /age": s.age,
		"GET /propagation": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, propagationBody{stands.Propagation().String()})
		},
		"PUT /propagation": s.setPropagation,
		"GET /key-rules": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, stands.KeyRules())
		},
		"PUT /key-rules": change(func(rules KeyRules) error {
			stands.SetKeyRules(rules)
			return nil
		}),
	}
}

// change answers a request that sets something: 204, or 422 with the reason.
func change[Body any](set func(Body) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body Body
		if err := decode(r.Body, &body); err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		if err := set(body); err != nil {
			refuse(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) setPropagation(w http.ResponseWriter, r *http.Request) {
	change(func(body propagationBody) error {
		delay, err := time.ParseDuration(body.Delay)
		if err != nil {
			return fmt.Errorf("%q is not a length of time such as 30s", body.Delay)
		}
		return s.cfg.Stands.SetPropagation(delay)
	})(w, r)
}

func (s *Server) age(w http.ResponseWriter, r *http.Request) {
	var body agingBody
	if err := decode(r.Body, &body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	by, err := ParseAge(body.By)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	aged, err := s.cfg.Stands.Age(Aging{Client: body.Client, Secret: body.Secret, By: by})
	switch {
	case errors.Is(err, ErrUnknown):
		refuse(w, http.StatusNotFound, err.Error())
	case err != nil:
		refuse(w, http.StatusUnprocessableEntity, err.Error())
	default:
		answer(w, http.StatusOK, aged)
	}
}
