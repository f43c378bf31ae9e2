package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/secret"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

// Client speaks to a control address. It is safe for concurrent use.
type Client struct {
	// URL is the address, and Token what the ready line gives for it.
	URL   string
	Token secret.String
	// HTTPClient makes the connections; nil means one of its own that uses no
	// proxy.
	HTTPClient *http.Client
}

// Error is a refusal.
type Error struct {
	// Status is the HTTP status, and Detail what the platform says.
	Status int
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// AddFault adds a rule and returns its number; see [fault.Set.Add].
func (c *Client) AddFault(ctx context.Context, rule fault.Rule) (int, error) {
	var added addedFault
	err := c.call(ctx, http.MethodPost, "/faults", rule, &added)
	return added.ID, err
}

// Faults returns the rules; see [fault.Set.List].
func (c *Client) Faults(ctx context.Context) ([]fault.Active, error) {
	var list faultList
	err := c.call(ctx, http.MethodGet, "/faults", nil, &list)
	return list.Faults, err
}

// RemoveFault takes a rule away; an [*Error] with status 404 where there is none.
func (c *Client) RemoveFault(ctx context.Context, id int) error {
	return c.call(ctx, http.MethodDelete, "/faults/"+strconv.Itoa(id), nil, nil)
}

// ClearFaults takes all rules away.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.call(ctx, http.MethodDelete, "/faults", nil, nil)
}

// SetForward leads a host name to a program; see [front.Forwards.Set].
//
// [front.Forwards.Set]: https://pkg.go.dev/github.com/stafett/stafett/local/front#Forwards.Set
func (c *Client) SetForward(ctx context.Context, host, target string) error {
	return c.call(ctx, http.MethodPut, "/forwards/"+url.PathEscape(host), forwardTarget{target}, nil)
}

// RemoveForward takes a forward away; an [*Error] with status 404 where there is
// none.
func (c *Client) RemoveForward(ctx context.Context, host string) error {
	return c.call(ctx, http.MethodDelete, "/forwards/"+url.PathEscape(host), nil, nil)
}

// Forwards returns the target of each host that has one.
func (c *Client) Forwards(ctx context.Context) (map[string]string, error) {
	var list forwardList
	err := c.call(ctx, http.MethodGet, "/forwards", nil, &list)
	return list.Forwards, err
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	return c.callWithin(ctx, timeout, method, path, in, out)
}

func (c *Client) callWithin(ctx context.Context, patience time.Duration, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("steer the local platform: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, body)
	if err != nil {
		return fmt.Errorf("steer the local platform: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Token.Reveal())
	request.Header.Set("Content-Type", "application/json")
	client := c.HTTPClient
	if client == nil {
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		client = &http.Client{Transport: transport, Timeout: patience}
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("steer the local platform: %w", err)
	}
	defer response.Body.Close()
	answered := json.NewDecoder(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode/100 != 2 {
		refused := problem{Detail: fmt.Sprintf("the control address answered %d", response.StatusCode)}
		_ = answered.Decode(&refused) // what it says, if it says anything
		return &Error{response.StatusCode, refused.Detail}
	}
	if out == nil {
		return nil
	}
	if err := answered.Decode(out); err != nil {
		return fmt.Errorf("steer the local platform: read the answer: %w", err)
	}
	return nil
}
