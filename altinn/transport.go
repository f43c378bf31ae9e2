package altinn

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/stafett/stafett/secret"
)

// maxJSON bounds an answer that is read whole. A page of 100 instances is a few
// hundred kilobytes; form data with large groups is a few megabytes.
const maxJSON = 64 << 20

// TokenSource gives the Altinn token that a request carries. [Exchange] is one;
// [StaticToken] another. Implementations are safe for concurrent use.
type TokenSource interface {
	// Token returns a token that is valid now.
	Token(ctx context.Context) (secret.String, error)
	// Invalidate tells that the platform has refused the token, so that the
	// next call of Token returns another one if it can.
	Invalidate(token secret.String)
}

// StaticToken is a [TokenSource] that always gives the same token, such as one
// that a person got by logging in.
func StaticToken(token secret.String) TokenSource { return staticToken{token} }

type staticToken struct{ token secret.String }

func (s staticToken) Token(context.Context) (secret.String, error) { return s.token, nil }
func (s staticToken) Invalidate(secret.String)                     {}

// transport sends requests with a bearer token.
type transport struct {
	http   *http.Client
	tokens TokenSource
	now    func() time.Time
}

func newTransport(client *http.Client, tokens TokenSource) *transport {
	return &transport{http: withoutRedirects(client), tokens: tokens, now: time.Now}
}

// withoutRedirects returns a copy of client that returns a redirect as it came,
// so that neither a token nor a body is sent anywhere else.
func withoutRedirects(client *http.Client) *http.Client {
	c := http.Client{}
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// call is one request. Its body is made anew for each try.
type call struct {
	method, url string
	header      http.Header
	body        func(context.Context) (*body, error) // nil: no body
}

// body is the body of one try. close is called when the answer's header has
// arrived or the try has failed, and returns why the body broke off, if it did.
// After it, what produces the body is released and no longer read, although
// net/http may still be reading the body when a server answers early.
type body struct {
	reader io.Reader
	size   int64 // bytes; -1 if not known
	close  func() error
}

// send sends a call and returns a 2xx answer, whose body the caller closes. On
// 401 it fetches another token and sends the call once more: the check of the
// token comes before everything else, so nothing has been done by then.
func (t *transport) send(ctx context.Context, c call) (*http.Response, error) {
	for again := true; ; again = false {
		token, err := t.tokens.Token(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: get a token: %w", ErrNotSent, err)
		}
		resp, err := t.try(ctx, c, token)
		if err != nil {
			return nil, notSent(err)
		}
		if resp.StatusCode >= 200 && resp.StatusCode < 300 {
			return resp, nil
		}
		failure := readStatusError(resp, t.now())
		if resp.StatusCode != http.StatusUnauthorized {
			return nil, failure
		}
		t.tokens.Invalidate(token)
		if !again {
			return nil, failure
		}
		if next, err := t.tokens.Token(ctx); err != nil || next.Equal(token) {
			return nil, failure
		}
	}
}

func (t *transport) try(ctx context.Context, c call, token secret.String) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, c.method, c.url, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	if c.body == nil {
		resp, err := t.http.Do(req)
		if err != nil {
			return nil, withoutURL(req, err)
		}
		return resp, nil
	}
	b, err := c.body(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	req.Body, req.ContentLength = io.NopCloser(b.reader), b.size
	if b.size == 0 {
		req.Body = http.NoBody
	}
	resp, err := t.http.Do(req)
	cause := b.close()
	switch {
	case err == nil:
		return resp, nil
	case cause != nil: // it says more than the transport's words about it
		return nil, &BodyError{Method: c.method, Path: scrub(req.URL.Path), Err: cause}
	}
	return nil, withoutURL(req, err)
}

// sendJSON sends a call and decodes the answer into result.
func (t *transport) sendJSON(ctx context.Context, c call, result any) error {
	resp, err := t.send(ctx, c)
	if err != nil {
		return err
	}
	data, err := readAll(resp)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, result); err != nil {
		// The decoder's words may quote the answer.
		return fmt.Errorf("%s %s: read the answer: %s", c.method, scrub(resp.Request.URL.Path), clean(err.Error()))
	}
	return nil
}

// discard sends a call and drops the answer.
func (t *transport) discard(ctx context.Context, c call) error {
	resp, err := t.send(ctx, c)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxErrorBody)) // lets the connection be used again
	return resp.Body.Close()
}

func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxJSON+1))
	where := resp.Request.Method + " " + scrub(resp.Request.URL.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w", where, err)
	}
	if len(data) > maxJSON {
		return nil, fmt.Errorf("%s: the answer is longer than %d MiB", where, maxJSON>>20)
	}
	return data, nil
}
