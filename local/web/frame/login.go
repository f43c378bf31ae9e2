package frame

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/secret"
)

// renewBefore is how long before its end a token is replaced.
const renewBefore = time.Minute

// login gets tokens for one person, as anybody can at the test login of Altinn's
// local test environment. It is safe for concurrent use.
type login struct {
	client  *http.Client
	address string
	now     func() time.Time

	mu      sync.Mutex
	current secret.String
	expires time.Time
}

func (c Config) login(userID, level int) *login {
	return &login{
		client:  c.HTTPClient,
		address: c.Login + "/Home/GetTestUserToken/" + strconv.Itoa(userID) + "?authenticationLevel=" + strconv.Itoa(level),
		now:     c.Now,
	}
}

// token returns a token that lives for at least a minute more.
func (l *login) token(ctx context.Context) (secret.String, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now().Add(renewBefore).Before(l.expires) {
		return l.current, nil
	}
	token, err := l.ask(ctx)
	if err != nil {
		return secret.String{}, fmt.Errorf("log in: %w", err)
	}
	l.current, l.expires = secret.New(token), expiry(token)
	return l.current, nil
}

func (l *login) ask(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.address, nil)
	if err != nil {
		return "", err
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the test login answered with status %d", answer.StatusCode)
	}
	return strings.TrimSpace(string(body)), nil
}

// expiry reads when a token ends; the zero time where it does not tell.
func expiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0)
}
