package selfservice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// The addresses of the API in Digdir's two environments.
const (
	TestBaseURL = "https://api.test.samarbeid.digdir.no/api/v1"
	ProdBaseURL = "https://api.samarbeid.digdir.no/api/v1"
)

// hosts are the only ones to which a self-service call goes: its token may
// change or remove any integration of the organisation.
var hosts = map[string]bool{"api.test.samarbeid.digdir.no": true, "api.samarbeid.digdir.no": true}

const (
	// requestTimeout bounds one request, answer included.
	requestTimeout = 30 * time.Second
	// maximumAnswer bounds an answer's body, in bytes. A list of integrations
	// takes about a kilobyte for each.
	maximumAnswer = 32 << 20
)

// TokenSource gives the token that authorises the calls. When it also has a
// method Invalidate(accessToken string), as *maskinporten.Source does, a token
// that is answered with 401 is dropped and the call made once more.
type TokenSource interface {
	TokenContext(ctx context.Context) (*oauth2.Token, error)
}

// Config is what a [Client] needs.
type Config struct {
	// BaseURL is [TestBaseURL] or [ProdBaseURL]. Another path is accepted, another
	// host is not.
	BaseURL string
	// HTTPClient sends the requests; nil means a new http.Client. Redirects are
	// never followed, whatever it says.
	HTTPClient *http.Client
	// Tokens authorises the calls.
	Tokens TokenSource
}

// Client calls the self-service API as one organisation. It is safe for
// concurrent use.
type Client struct {
	base   string
	http   *http.Client
	tokens TokenSource
}

// New checks the configuration and returns its client. It sends nothing.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Scheme != "https" || !hosts[base.Host] || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("configure self-service: no self-service call leaves for %q, which is not Digdir's; use %s or %s", cfg.BaseURL, TestBaseURL, ProdBaseURL)
	}
	if cfg.Tokens == nil {
		return nil, errors.New("configure self-service: there is no source of tokens")
	}
	client := &http.Client{}
	if cfg.HTTPClient != nil {
		*client = *cfg.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: strings.TrimSuffix(cfg.BaseURL, "/"), http: client, tokens: cfg.Tokens}, nil
}

// call sends one request and returns the body of a 2xx answer. A nil body sends
// none. The operation is what an error says has failed.
func (c *Client) call(ctx context.Context, operation, method, path string, body any) ([]byte, error) {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("%s: %w", operation, err)
		}
	}
	for attempt := 1; ; attempt++ {
		token, err := c.tokens.TokenContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operation, err)
		}
		answer, err := c.send(ctx, method, path, token.AccessToken, encoded)
		if err == nil {
			return answer, nil
		}
		refusal, refused := errors.AsType[*Error](err)
		invalidator, canInvalidate := c.tokens.(interface{ Invalidate(accessToken string) })
		if attempt > 1 || !refused || refusal.Status != http.StatusUnauthorized || !canInvalidate {
			return nil, fmt.Errorf("%s: %w", operation, err)
		}
		invalidator.Invalidate(token.AccessToken)
	}
}

func (c *Client) send(ctx context.Context, method, path, accessToken string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	var reader io.Reader = http.NoBody
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, reader)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json;charset=UTF-8")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+accessToken)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maximumAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, decodeError(response.StatusCode, answer)
	}
	if len(answer) > maximumAnswer {
		return nil, fmt.Errorf("the answer is over %d bytes", maximumAnswer)
	}
	return answer, nil
}

var validID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._:-]*$`)

// clientPath returns the path of an integration, or of something below it. An
// id that would lead to another path is refused.
func clientPath(operation, id, below string) (string, error) {
	if !validID.MatchString(id) {
		return "", fmt.Errorf("%s: %q is not a client id", operation, id)
	}
	return "/clients/" + url.PathEscape(id) + below, nil
}
