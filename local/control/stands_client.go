package control

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Age moves stored dates back; see [Stands]. An [*Error] with status 404 where
// the client or secret is not known.
func (c *Client) Age(ctx context.Context, aging Aging) (Aged, error) {
	var aged Aged
	err := c.call(ctx, http.MethodPost, "/age", agingBody{Client: aging.Client, Secret: aging.Secret, By: aging.By.String()}, &aged)
	return aged, err
}

// Propagation tells how long a change at Samarbeidsportalen takes to reach
// Maskinporten.
func (c *Client) Propagation(ctx context.Context) (time.Duration, error) {
	var body propagationBody
	if err := c.call(ctx, http.MethodGet, "/propagation", nil, &body); err != nil {
		return 0, err
	}
	delay, err := time.ParseDuration(body.Delay)
	if err != nil {
		return 0, fmt.Errorf("steer the local platform: read the answer: %w", err)
	}
	return delay, nil
}

// SetPropagation changes what [Client.Propagation] tells, also for changes that
// are on their way; ten minutes at most.
func (c *Client) SetPropagation(ctx context.Context, delay time.Duration) error {
	return c.call(ctx, http.MethodPut, "/propagation", propagationBody{delay.String()}, nil)
}

// KeyRules tells how Samarbeidsportalen treats keys.
func (c *Client) KeyRules(ctx context.Context) (KeyRules, error) {
	var rules KeyRules
	err := c.call(ctx, http.MethodGet, "/key-rules", nil, &rules)
	return rules, err
}

// SetKeyRules changes how Samarbeidsportalen treats the keys of later requests.
func (c *Client) SetKeyRules(ctx context.Context, rules KeyRules) error {
	return c.call(ctx, http.MethodPut, "/key-rules", rules, nil)
}
