package altinn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/stafett/stafett/internal/flight"
	"github.com/stafett/stafett/secret"
)

// MaskinportenSource gives Maskinporten access tokens. The source of package
// maskinporten is one.
type MaskinportenSource interface {
	TokenContext(ctx context.Context) (*oauth2.Token, error)
	// Invalidate drops the access token from the source's cache.
	Invalidate(accessToken string)
}

// ExchangeConfig is what an [Exchange] needs.
type ExchangeConfig struct {
	Environment  Environment
	HTTPClient   *http.Client // nil = a plain one
	Maskinporten MaskinportenSource
	// TestOrganisation asks for the test organisation ttd's identity
	// (?test=true). Test environments only, and only for Digdir's own number.
	TestOrganisation bool
	Now              func() time.Time // nil = time.Now
}

// Exchange trades Maskinporten tokens for Altinn tokens (docs.altinn.studio,
// Authentication API: GET exchange/maskinporten). It is a [TokenSource].
//
// A token is kept until a minute before it expires (for short-lived ones, until
// the last quarter of its life). However many callers wait, one exchange is
// under way at a time; it is cancelled when nobody waits any more. It is safe for concurrent use.
type Exchange struct {
	address      string
	http         *http.Client
	maskinporten MaskinportenSource
	now          func() time.Time

	held   atomic.Pointer[heldToken]
	flight flight.Group[secret.String]
}

type heldToken struct {
	token secret.String
	until time.Time // when to fetch another
}

// NewExchange returns a source of Altinn tokens.
func NewExchange(cfg ExchangeConfig) *Exchange {
	e := &Exchange{
		address:      cfg.Environment.Platform + "/authentication/api/v1/exchange/maskinporten",
		http:         withoutRedirects(cfg.HTTPClient),
		maskinporten: cfg.Maskinporten, now: cfg.Now,
	}
	if cfg.TestOrganisation {
		e.address += "?test=true"
	}
	if e.now == nil {
		e.now = time.Now
	}
	return e
}

const (
	tokenMargin     = time.Minute
	exchangeTimeout = 100 * time.Second // of one exchange, when no caller's context ends it
)

// Token returns an Altinn token that is valid for a while yet.
func (e *Exchange) Token(ctx context.Context) (secret.String, error) {
	if held := e.held.Load(); held != nil && e.now().Before(held.until) {
		return held.token, nil
	}
	return e.flight.Do(ctx, func(ctx context.Context) (secret.String, error) {
		ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
		defer cancel()
		return e.fetch(ctx)
	})
}

// Invalidate drops the token if it is the one that is kept.
func (e *Exchange) Invalidate(token secret.String) {
	if held := e.held.Load(); held != nil && held.token.Equal(token) {
		e.held.CompareAndSwap(held, nil)
	}
}

func (e *Exchange) fetch(ctx context.Context) (secret.String, error) {
	if held := e.held.Load(); held != nil && e.now().Before(held.until) {
		return held.token, nil // fetched between the look and the flight
	}
	token, err := e.exchange(ctx)
	if IsStatus(err, http.StatusUnauthorized) {
		// Maskinporten's token was dropped by exchange; another may be accepted.
		token, err = e.exchange(ctx)
	}
	if err != nil {
		return secret.String{}, fmt.Errorf("exchange the Maskinporten token: %w", err)
	}
	claims, err := ParseClaims(token)
	if err != nil {
		return secret.String{}, fmt.Errorf("exchange the Maskinporten token: %w", err)
	}
	now := e.now()
	if !claims.Expires.After(now) {
		return secret.String{}, errors.New("exchange the Maskinporten token: the token that Altinn gave has expired already; is this machine's clock right?")
	}
	margin := min(tokenMargin, claims.Expires.Sub(now)/4)
	e.held.Store(&heldToken{token: token, until: claims.Expires.Add(-margin)})
	return token, nil
}

func (e *Exchange) exchange(ctx context.Context) (secret.String, error) {
	machine, err := e.maskinporten.TokenContext(ctx)
	if err != nil {
		return secret.String{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.address, nil)
	if err != nil {
		return secret.String{}, err
	}
	req.Header.Set("Authorization", "Bearer "+machine.AccessToken)
	resp, err := e.http.Do(req)
	if err != nil {
		return secret.String{}, withoutURL(req, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		if resp.StatusCode == http.StatusUnauthorized {
			e.maskinporten.Invalidate(machine.AccessToken)
		}
		return secret.String{}, readStatusError(resp, e.now())
	}
	data, err := readAll(resp)
	if err != nil {
		return secret.String{}, err
	}
	// The body is the bare token; API gateways have been seen to quote it.
	text := strings.TrimSpace(string(data))
	var unquoted string
	if strings.HasPrefix(text, `"`) && json.Unmarshal([]byte(text), &unquoted) == nil {
		text = strings.TrimSpace(unquoted)
	}
	return secret.New(text), nil
}
