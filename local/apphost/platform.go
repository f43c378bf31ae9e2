package apphost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/secret"
)

const (
	// platformTimeout is the time-out of the application's HTTP clients.
	platformTimeout = 100 * time.Second
	// maxPlatformJSON bounds what is read of a JSON answer.
	maxPlatformJSON = 64 << 20
	// maxPlatformError bounds what is kept of the body of a refusal.
	maxPlatformError = 64 << 10
)

// platform calls the platform's services. There is no retry, as in the
// application library.
type platform struct {
	base   string
	client *http.Client
}

func newPlatform(base string, client *http.Client) *platform {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &platform{base: base, client: &own}
}

// platformError is an answer other than 2xx of a platform service.
type platformError struct {
	Operation string // what was tried
	Status    int
	Reason    string // reason phrase
	Content   string // body; may hold identity numbers
}

// Error implements error. It leaves Content out.
func (e *platformError) Error() string {
	return fmt.Sprintf("%s: the platform answered %d %s", e.Operation, e.Status, e.Reason)
}

// isStatus tells whether err is an answer with one of the statuses.
func isStatus(err error, statuses ...int) bool {
	var upstream *platformError
	if !errors.As(err, &upstream) {
		return false
	}
	for _, s := range statuses {
		if upstream.Status == s {
			return true
		}
	}
	return false
}

// request is one call to the platform on behalf of a caller.
type request struct {
	operation string // for errors: "create instance"
	method    string
	path      string // below the platform's address, with leading slash
	query     url.Values
	header    http.Header
	token     secret.String
	body      io.Reader
	size      int64 // of body
	// application says that the application shows who it is itself, with a token
	// of its own, as Register, Profile and Events ask of it.
	application bool
}

// platformAccessToken is a word in place of a token: the local platform does not
// look at signatures, since applications sign with keys of their own.
const platformAccessToken = "application"

// open sends the request and hands out the answer if it is 2xx. The caller
// closes its body; ctx must live until then.
func (p *platform) open(ctx context.Context, q request) (*http.Response, error) {
	address := p.base + q.path
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, address, q.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.operation, err)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if q.body != nil {
		r.ContentLength = q.size
	}
	r.Header.Set("Authorization", "Bearer "+q.token.Reveal())
	if q.application {
		r.Header.Set(authentication.PlatformTokenHeader, platformAccessToken)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.operation, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	content, _ := io.ReadAll(io.LimitReader(resp.Body, maxPlatformError)) // what could be read is enough
	return nil, &platformError{
		Operation: q.operation, Status: resp.StatusCode,
		Reason: http.StatusText(resp.StatusCode), Content: string(content),
	}
}

// call sends the request and decodes the JSON answer into out, unless out is nil.
func (p *platform) call(ctx context.Context, q request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, platformTimeout)
	defer cancel()
	resp, err := p.open(ctx, q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		// Read to the end, so that the connection can be used again.
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxPlatformError))
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPlatformJSON)).Decode(out); err != nil {
		return fmt.Errorf("%s: read answer: %w", q.operation, err)
	}
	return nil
}

// withJSON puts a JSON body into the request.
func (q request) withJSON(body any) (request, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return q, fmt.Errorf("%s: %w", q.operation, err)
	}
	q.body, q.size = bytes.NewReader(encoded), int64(len(encoded))
	q.header = http.Header{"Content-Type": {"application/json"}}
	return q, nil
}

// callJSON is call with a JSON body.
func (p *platform) callJSON(ctx context.Context, q request, in, out any) error {
	q, err := q.withJSON(in)
	if err != nil {
		return err
	}
	return p.call(ctx, q, out)
}
