package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/secret"
)

const (
	subscriptionEvery = time.Hour
	subscriptionAgain = time.Minute // after a failure
)

// The looks at a subscription that Altinn has not validated yet.
var validationLooks = [...]time.Duration{200 * time.Millisecond, time.Second, 4 * time.Second, 15 * time.Second, 40 * time.Second}

// subscriber keeps subscriptions to the forms' events. Events only shorten the
// wait for the sweep, so what fails is told and tried again, and stops nothing.
type subscriber struct {
	client  *altinn.EventsClient
	apps    []string // original applications
	address string   // of the service, as Altinn reaches it
	webhook *webhook
	active  func(bool)
	log     *slog.Logger

	state atomic.Value // a word for people
	// held are the subscriptions that were made with the present secret.
	held map[string]int
	with secret.String
}

// The words for how the subscriptions are.
const (
	subscriptionPending  = "pending"
	subscriptionActive   = "active"
	subscriptionInactive = "inactive"
)

// errNotValidated reports that Altinn has not got an answer from the service.
var errNotValidated = errors.New("altinn has not reached the service at the address that service.events names")

// remark says how the subscriptions are.
func (s *subscriber) remark() string {
	if word, ok := s.state.Load().(string); ok {
		return word
	}
	return subscriptionPending
}

// keep asks for the subscriptions at the start, each hour, and when the secret
// has changed, until the context ends.
func (s *subscriber) keep(ctx context.Context) {
	for {
		wait, word := subscriptionEvery, subscriptionActive
		if !s.ensureAll(ctx) {
			wait, word = subscriptionAgain, subscriptionInactive
		}
		if ctx.Err() != nil {
			return
		}
		s.state.Store(word)
		s.active(word == subscriptionActive)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-s.webhook.changed:
			timer.Stop()
		}
	}
}

// ensureAll reports whether all subscriptions are in place.
func (s *subscriber) ensureAll(ctx context.Context) bool {
	held := *s.webhook.secret.Load()
	if !held.Equal(s.with) {
		s.drop(ctx)
		s.held, s.with = map[string]int{}, held
	}
	endPoint := secret.New(s.address + "/events/" + url.PathEscape(held.Reveal()))
	all := true
	for _, app := range s.apps {
		if err := s.ensure(ctx, app, endPoint); err != nil {
			all = false
			if ctx.Err() == nil {
				s.log.Warn("no events of this application are delivered; its forms are found by the sweep", "application", app, "reason", handover.Reason(err))
			}
		}
	}
	return all
}

// drop removes subscriptions with a secret that is not valid any more.
func (s *subscriber) drop(ctx context.Context) {
	for app, id := range s.held {
		if err := s.client.Unsubscribe(ctx, id); err != nil && !altinn.IsStatus(err, http.StatusNotFound) {
			s.log.Warn("could not remove a subscription with an old secret", "application", app, "subscription", id, "reason", handover.Reason(err))
		}
	}
}

func (s *subscriber) ensure(ctx context.Context, app string, endPoint secret.String) error {
	subscription, err := s.client.Subscribe(ctx, app, altinn.EventProcessCompleted, endPoint)
	if err != nil {
		return err
	}
	s.held[app] = subscription.ID
	for _, wait := range validationLooks {
		if subscription.Validated {
			return nil
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
		if subscription, err = s.client.Subscription(ctx, subscription.ID); err != nil {
			return err
		}
	}
	if subscription.Validated {
		return nil
	}
	// One that is there is only validated anew if it is made anew.
	if err := s.client.Unsubscribe(ctx, subscription.ID); err != nil {
		return err
	}
	return errNotValidated
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
