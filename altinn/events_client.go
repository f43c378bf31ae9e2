package altinn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stafett/stafett/secret"
)

// EventsConfig is what an [EventsClient] needs.
type EventsConfig struct {
	Environment Environment
	HTTPClient  *http.Client // nil = a plain one
	Tokens      TokenSource
}

// EventsClient keeps subscriptions at Altinn Events. It is safe for concurrent
// use.
type EventsClient struct {
	environment Environment
	transport   *transport
}

// NewEventsClient returns a client that acts with the tokens given. The
// organisation must be permitted to read the events of the applications that it
// subscribes to.
func NewEventsClient(cfg EventsConfig) *EventsClient {
	return &EventsClient{environment: cfg.Environment, transport: newTransport(cfg.HTTPClient, cfg.Tokens)}
}

// Subscription is an order to have events delivered to an end point.
type Subscription struct {
	ID        int       `json:"id"`
	Validated bool      `json:"validated"` // the end point has answered; until it has, nothing is delivered
	Created   time.Time `json:"created"`
}

// Subscribe orders the events of one type that an application publishes, to be
// delivered to an https address (POST events/api/v1/subscriptions). To order the
// same again gives the subscription that is there, so that it may be asked for at
// any time to keep it.
func (c *EventsClient) Subscribe(ctx context.Context, appID, eventType string, endPoint secret.String) (Subscription, error) {
	org, app, err := ParseAppID(appID)
	if err != nil {
		return Subscription{}, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	order := map[string]any{
		"endPoint":       endPoint.Reveal(),
		"sourceFilter":   c.environment.AppURL(appID),
		"resourceFilter": "urn:altinn:resource:app_" + org + "_" + app,
		"typeFilter":     eventType,
	}
	s, err := c.send(ctx, jsonCall(http.MethodPost, c.address(), order))
	if refusal, ok := errors.AsType[*StatusError](err); ok && refusal.Detail != "" && !errors.Is(err, ErrNotSent) {
		// Events' words about an end point quote it, and with it its secret. What kept
		// the request from being sent has not seen it.
		return Subscription{}, &StatusError{Status: refusal.Status, Method: refusal.Method, Path: refusal.Path, Title: refusal.Title, RetryAfter: refusal.RetryAfter}
	}
	return s, err
}

// Subscription reads a subscription.
func (c *EventsClient) Subscription(ctx context.Context, id int) (Subscription, error) {
	return c.send(ctx, call{method: http.MethodGet, url: c.address() + "/" + strconv.Itoa(id), header: acceptJSON()})
}

// Unsubscribe removes a subscription.
func (c *EventsClient) Unsubscribe(ctx context.Context, id int) error {
	return c.transport.discard(ctx, call{method: http.MethodDelete, url: c.address() + "/" + strconv.Itoa(id), header: acceptJSON()})
}

func (c *EventsClient) address() string {
	return c.environment.Platform + "/events/api/v1/subscriptions"
}

func (c *EventsClient) send(ctx context.Context, request call) (Subscription, error) {
	var s Subscription
	if err := c.transport.sendJSON(ctx, request, &s); err != nil {
		return Subscription{}, err
	}
	if s.ID == 0 {
		return Subscription{}, fmt.Errorf("%s /events/api/v1/subscriptions: the answer is no subscription", request.method)
	}
	return s, nil
}
