package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/stafett/stafett/secret"
)

const (
	// maxAnswer bounds what is read of an answer in JSON, in bytes.
	maxAnswer = 64 << 20
	// maxRefusal bounds what is read of a refusal, in bytes.
	maxRefusal = 4 << 20
)

// Client calls applications and Storage for one person. Set the fields before
// the first call and leave them alone; it is safe for concurrent use then.
//
// Every method returns an [*Error] when the answer is a refusal, and another
// error when there was no answer. Nothing is tried again.
type Client struct {
	// HTTP does the requests; its time-out bounds downloads and uploads too, so
	// it is best left at none and the context used. Redirects are not followed.
	HTTP *http.Client
	// Platform is the base address of the platform, such as
	// https://platform.tt02.altinn.no, with no slash at the end.
	Platform string
	// AppsDomain is the domain below which applications answer, such as
	// apps.tt02.altinn.no: https://{org}.{AppsDomain}/{org}/{app}.
	AppsDomain string
	// Token gives the person's token for each request.
	Token func(context.Context) (secret.String, error)
	// Language is nb, nn or en: of texts, options, and what is made on the way,
	// such as a PDF.
	Language string
}

// request is one call.
type request struct {
	operation string // for errors: "create instance"
	method    string
	address   string
	header    http.Header
	body      io.Reader
	size      int64
}

// appAddress joins the address of an application with parts of a path, which are
// escaped.
func (c *Client) appAddress(appID string, parts ...string) (string, error) {
	org, name, ok := strings.Cut(appID, "/")
	if !ok || !isLabel(org) || !isLabel(name) {
		return "", fmt.Errorf("call application: %q is not of the form org/app", appID)
	}
	return "https://" + org + "." + c.AppsDomain + "/" + appID + joined(parts), nil
}

// instanceAddress is appAddress below an instance, {party id}/{guid}.
func (c *Client) instanceAddress(appID, id string, parts ...string) (string, error) {
	party, guid, _ := strings.Cut(id, "/")
	return c.appAddress(appID, append([]string{"instances", party, guid}, parts...)...)
}

// storageAddress is the address of an instance in Storage.
func (c *Client) storageAddress(id string, parts ...string) string {
	party, guid, _ := strings.Cut(id, "/")
	return c.Platform + "/storage/api/v1" + joined(append([]string{"instances", party, guid}, parts...))
}

func joined(parts []string) string {
	path := ""
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// isLabel tells whether a text can be part of a host name, so that an
// application's id from an address bar leads nowhere else.
func isLabel(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// withQuery adds parameters without an empty value to an address.
func withQuery(address string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return address
	}
	return address + "?" + query.Encode()
}

// open does a request and hands out an answer of 2xx. The caller closes its body.
func (c *Client) open(ctx context.Context, q request) (*http.Response, error) {
	token, err := c.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: get token: %w", q.operation, err)
	}
	r, err := http.NewRequestWithContext(ctx, q.method, q.address, q.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.operation, err)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if q.body != nil {
		r.ContentLength = q.size
	}
	r.Header.Set("Authorization", "Bearer "+token.Reveal())
	own := *c.HTTP
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := own.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.operation, withoutQuery(err))
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(q, resp)
}

// withoutQuery removes the query from the address in an error of the HTTP client.
func withoutQuery(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		failed.URL, _, _ = strings.Cut(failed.URL, "?")
	}
	return err
}

// read does a request and returns the body of its answer; nil for an answer
// without one.
func (c *Client) read(ctx context.Context, q request) ([]byte, error) {
	resp, err := c.open(ctx, q)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: read answer: %w", q.operation, err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("%s: the answer is larger than %d MiB", q.operation, maxAnswer>>20)
	}
	return body, nil
}

// call does a request, with a body in JSON unless it is nil, and decodes the
// answer into out, unless that is nil.
func (c *Client) call(ctx context.Context, q request, in, out any) error {
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s: %w", q.operation, err)
		}
		q.body, q.size = bytes.NewReader(body), int64(len(body))
		q.header = http.Header{"Content-Type": {"application/json"}}
	}
	if q.header == nil {
		q.header = http.Header{}
	}
	q.header.Set("Accept", "application/json")
	body, err := c.read(ctx, q)
	if err != nil || out == nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return fmt.Errorf("%s: read answer: %w", q.operation, err)
	}
	return nil
}
