package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Payment is how the payment of an instance stands.
type Payment struct {
	Status string `json:"status"` // Uninitialized, Created, Paid, Failed, Cancelled or Skipped
	Order  struct {
		Provider string      `json:"paymentProcessorId"`
		Currency string      `json:"currency"`
		Total    json.Number `json:"totalPriceIncVat"`
	} `json:"orderDetails"`
	// Details are nil before a payment is started.
	Details *struct {
		RedirectURL string `json:"redirectUrl"` // where the person pays
	} `json:"paymentDetails"`
}

// AtStandIn tells that the local platform stands in for the payment provider.
func (p Payment) AtStandIn() bool { return p.Order.Provider == "Stafett" }

// Done tells that nothing is left to be paid.
func (p Payment) Done() bool { return p.Status == "Paid" || p.Status == "Skipped" }

// Payment asks how the payment of the current task stands.
func (c *Client) Payment(ctx context.Context, appID, id string) (Payment, error) {
	address, err := c.instanceAddress(appID, id, "payment")
	if err != nil {
		return Payment{}, err
	}
	var payment Payment
	err = c.call(ctx, request{operation: "read payment", method: http.MethodGet, address: withQuery(address, "language", c.Language)}, nil, &payment)
	return payment, err
}

// StartPayment begins the payment of the current task and returns where the person
// pays; empty if nothing has to be paid.
func (c *Client) StartPayment(ctx context.Context, appID, id string) (string, error) {
	address, err := c.instanceAddress(appID, id, "actions")
	if err != nil {
		return "", err
	}
	var answer struct {
		RedirectURL string `json:"redirectUrl"`
	}
	err = c.call(ctx, request{operation: "start payment", method: http.MethodPost, address: withQuery(address, "language", c.Language)},
		map[string]string{"action": "pay"}, &answer)
	return answer.RedirectURL, err
}

// PayAtStandIn pays at the page that stands in for a payment provider, which is
// the application's own. At another address it does nothing.
func (c *Client) PayAtStandIn(ctx context.Context, appID, address string) error {
	own, err := c.appAddress(appID, "stand-in-payment")
	if err != nil || !strings.HasPrefix(address, own+"/") {
		return err
	}
	form := url.Values{"decision": {"pay"}}.Encode()
	err = c.call(ctx, request{
		operation: "pay", method: http.MethodPost, address: address,
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: strings.NewReader(form), size: int64(len(form)),
	}, nil, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusSeeOther {
		err = nil // paid; where the provider leads to is not followed
	}
	return err
}
