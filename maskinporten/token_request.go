package maskinporten

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer" //nolint:gosec // G101: a name, not a credential

	// attemptTimeout bounds one request, answer included.
	attemptTimeout = 30 * time.Second
	// maximumAttempts bounds the requests of one call.
	maximumAttempts = 4
	// firstDelay is the wait after the first failed attempt; each wait is twice
	// the one before.
	firstDelay = 250 * time.Millisecond
	// maximumDelay bounds what a Retry-After header may ask for.
	maximumDelay = 10 * time.Second
	// maximumAnswer bounds an answer's body, in bytes.
	maximumAnswer = 1 << 20
)

// issued is a token with the time to get the next one.
type issued struct {
	token     *oauth2.Token
	refreshAt time.Time
}

// request gets a new token. It asks again, with a new assertion each time, when
// the server is unavailable or does not answer; a refusal is final.
func (c *Client) request(ctx context.Context, grant normalGrant) (*issued, error) {
	delay := firstDelay
	for attempt := 1; ; attempt++ {
		got, retryAfter, err := c.attempt(ctx, grant)
		if err == nil {
			return got, nil
		}
		if attempt == maximumAttempts || !mayRetry(ctx, err) {
			return nil, fmt.Errorf("get token at %s: %w", c.tokenURL, err)
		}
		if err := wait(ctx, min(max(delay, retryAfter), maximumDelay)); err != nil {
			return nil, fmt.Errorf("get token at %s: %w", c.tokenURL, err)
		}
		delay *= 2
	}
}

// attempt sends one assertion. The duration is what a Retry-After header of a
// refusal asks for, in whole seconds.
func (c *Client) attempt(ctx context.Context, grant normalGrant) (*issued, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()

	sentAt := c.now()
	assertion, err := c.assertion(grant, sentAt)
	if err != nil {
		return nil, 0, err
	}
	form := url.Values{"grant_type": {jwtBearer}, "assertion": {assertion}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.tokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, 0, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maximumAnswer+1))
	if err != nil {
		return nil, 0, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, time.Duration(seconds) * time.Second, decodeError(response.StatusCode, body)
	}
	got, err := decodeToken(body, sentAt)
	return got, 0, err
}

// decodeToken reads a success. The token's life is counted from before the
// request was sent, so that it is never thought to be longer than it is.
func decodeToken(body []byte, sentAt time.Time) (*issued, error) {
	if len(body) > maximumAnswer {
		return nil, &answerError{"it is over 1 MiB"}
	}
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		Scope       string `json:"scope"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(body), &answer); err != nil {
		return nil, &answerError{"it is not the JSON of a token"}
	}
	if answer.AccessToken == "" {
		return nil, &answerError{"it has no access_token"}
	}
	if answer.TokenType != "" && !strings.EqualFold(answer.TokenType, "Bearer") {
		return nil, &answerError{"its token_type is not Bearer"}
	}
	lifetime := time.Duration(min(max(answer.ExpiresIn, 0), int64(maximumLifetime/time.Second))) * time.Second
	token := &oauth2.Token{AccessToken: answer.AccessToken, TokenType: "Bearer", Expiry: sentAt.Add(lifetime), ExpiresIn: answer.ExpiresIn}
	return &issued{
		token:     token.WithExtra(map[string]any{"scope": answer.Scope}),
		refreshAt: sentAt.Add(lifetime - min(maximumMargin, lifetime/4)),
	}, nil
}

const (
	// maximumMargin is how long before its end a token is replaced, at most. A
	// short-lived token is replaced when a quarter of its life is left.
	maximumMargin = 30 * time.Second
	// maximumLifetime is how long a token is kept at most, whatever the server
	// says; real ones live for two minutes to two hours.
	maximumLifetime = 24 * time.Hour
)

// answerError is a success that holds no token.
type answerError struct{ why string }

func (e *answerError) Error() string { return "the answer cannot be used: " + e.why }

// mayRetry reports whether another attempt may go better: the server is
// overloaded or down, or there was no answer. A name that does not exist and a
// certificate that is not trusted do not change within seconds.
func mayRetry(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Temporary()
	}
	if _, ok := errors.AsType[*answerError](err); ok {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	return true
}

// withoutURL drops the layer that repeats method and URL.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

func wait(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
