package events

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/stafett/stafett/local/timeline"
)

const (
	// answerTimeout is how long a subscriber may take.
	answerTimeout = 45 * time.Second
	// maxAtOnce is how many deliveries are under way at a time.
	maxAtOnce = 16
	// maxAnswer is how much of an answer is read, so that its connection can be
	// used again.
	maxAnswer = 64 << 10
)

// retrySchedule is how long to wait after each failure; after the last one the
// event is given up.
var retrySchedule = [...]time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 12 * time.Hour,
}

// delivery is one event on its way to one subscriber.
type delivery struct {
	subscription int
	event        Event
	validation   bool
	cause        timeline.Cause // what the event is part of
	failures     int
	due          time.Time
}

// deliver tries once. An error means that it is worth another try.
func (s *Server) deliver(ctx context.Context, d delivery) error {
	ctx = d.cause.Into(ctx)
	to, ok := s.find(d.subscription)
	if !ok {
		return nil // nobody wants it any more
	}
	err := s.send(ctx, to, d)
	if err == nil {
		if d.validation {
			s.validated(to.ID)
		}
		return nil
	}
	if ctx.Err() != nil {
		return err
	}
	note := s.cfg.Logger.With("subscription", to.ID, "event", d.event.ID, "type", d.event.Type, "attempt", d.failures+1, "reason", err)
	switch {
	case d.validation:
		// The platform asks again when the same subscription is asked for again.
		note.WarnContext(ctx, "subscription not validated")
		return nil
	case d.failures >= len(retrySchedule):
		note.WarnContext(ctx, "event given up")
		return nil
	}
	note.InfoContext(ctx, "event not delivered")
	return err
}

// send posts the event, if the subscriber may read what it is about.
func (s *Server) send(ctx context.Context, to subscription, d delivery) error {
	if !d.validation {
		permitted, err := s.mayRead(ctx, to.caller, d.event)
		if err != nil {
			return err
		}
		if !permitted[0] {
			return nil
		}
	}
	body, err := json.Marshal(d.event)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	ctx, cancel := context.WithTimeout(timeline.Outgoing(ctx, d.fact()), answerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.EndPoint, bytes.NewReader(body))
	if err != nil {
		return withoutAddress(err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	// RoundTrip follows no redirect: one is not the 2xx that counts.
	response, err := s.cfg.Outward.RoundTrip(request)
	if err != nil {
		return withoutAddress(err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the end point answered %d", response.StatusCode)
	}
	return nil
}

// Delivery is attached in the timeline to each attempt to deliver an event.
type Delivery struct {
	EventID, Type string
	Instance      string // {party}/{guid}; empty for an event about none
	Subscription  int
	Attempt       int // from 1
}

// InstanceID returns Instance.
func (d Delivery) InstanceID() string { return d.Instance }

func (d delivery) fact() Delivery {
	return Delivery{
		EventID: d.event.ID, Type: d.event.Type, Instance: d.event.ResourceInstance, Subscription: d.subscription, Attempt: d.failures + 1,
	}
}

// withoutAddress takes the end point out of an error: its path holds a secret.
func withoutAddress(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}

// deliverer does each delivery when it is due, a bounded number at a time.
type deliverer struct {
	try    func(context.Context, delivery) error
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	room   chan struct{} // one token for each delivery under way
	work   sync.WaitGroup

	mu      sync.Mutex
	waiting queue
}

func newDeliverer(try func(context.Context, delivery) error) *deliverer {
	d := &deliverer{try: try, wake: make(chan struct{}, 1), room: make(chan struct{}, maxAtOnce)}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.work.Go(d.run)
	return d
}

func (d *deliverer) close() {
	d.cancel()
	d.work.Wait()
}

// add puts a delivery in line; it is due at once if its time is not set.
func (d *deliverer) add(one delivery) {
	d.mu.Lock()
	heap.Push(&d.waiting, one)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default: // somebody has woken it already
	}
}

func (d *deliverer) run() {
	for {
		next, wait, ok := d.pop()
		if !ok {
			if !d.sleep(wait) {
				return
			}
			continue
		}
		select {
		case d.room <- struct{}{}:
		case <-d.ctx.Done():
			return
		}
		d.work.Go(func() {
			defer func() { <-d.room }()
			if err := d.try(d.ctx, next); err != nil && d.ctx.Err() == nil {
				next.due = time.Now().Add(retrySchedule[next.failures])
				next.failures++
				d.add(next)
			}
		})
	}
}

// pop takes the first delivery if it is due, and else tells how long to wait: 0
// for as long as nothing comes.
func (d *deliverer) pop() (next delivery, wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) == 0 {
		return next, 0, false
	}
	if wait = time.Until(d.waiting[0].due); wait > 0 {
		return next, wait, false
	}
	return heap.Pop(&d.waiting).(delivery), 0, true
}

// sleep waits for the time or for something new; false is the end.
func (d *deliverer) sleep(wait time.Duration) bool {
	var due <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-d.wake:
	case <-d.ctx.Done():
		return false
	}
	return true
}

// queue is a heap of deliveries, the one that is due first on top.
type queue []delivery

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(delivery)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	popped := (*q)[last]
	*q = slices.Delete(*q, last, last+1)
	return popped
}
