package api

import (
	"context"
	"fmt"

	"github.com/stafett/stafett/app/policy"
)

// Policy reads the application's own authorization policy, which is open to all.
func (c *Client) Policy(ctx context.Context, appID string) (*policy.Policy, error) {
	data, err := c.definition(ctx, "policy", appID, nil, "api", "v1", "meta", "authorizationpolicy")
	if err != nil {
		return nil, err
	}
	found, ok, err := parsed(data, "policy", policy.Parse)
	if err == nil && !ok {
		err = fmt.Errorf("read policy: %s has none", appID)
	}
	return found, err
}
